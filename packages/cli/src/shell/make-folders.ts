/** Makes folders. Node's own recursive mkdir never ends where a folder can be seen but not made, as below /proc. */
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** Makes a folder with all missing folders above it. Returns the topmost one that was made; undefined if there was nothing to make. */
export async function makeFolders(folder: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let current = path.resolve(folder); !(await isFolder(current)); current = path.dirname(current)) {
    missing.push(current);
    // A drive that isn't there has nothing above it.
    if (path.dirname(current) === current) break;
  }
  let topmost: string | undefined;
  for (const name of missing.reverse()) {
    try {
      await mkdir(name);
      topmost ??= name;
    } catch (error) {
      // Another process may have made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await isFolder(name))) throw error;
    }
  }
  return topmost;
}

/** Throws unless there is nothing of that name, or something that can be looked at. */
async function isFolder(name: string): Promise<boolean> {
  try {
    return (await stat(name)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
