/** Makes folders. Node's own recursive mkdir never ends where a folder can be seen but not made, as below /proc. */
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder with all folders above it that are missing.
 *
 * @returns The topmost folder that was made, or undefined if there was nothing to make.
 * @throws the operating system's error.
 */
export function makeFolders(folder: string): string | undefined {
  const missing: string[] = [];
  for (let current = path.resolve(folder); !isFolder(current); current = path.dirname(current)) {
    missing.push(current);
    // A drive that isn't there has nothing above it.
    if (path.dirname(current) === current) break;
  }
  let topmost: string | undefined;
  for (const name of missing.reverse()) {
    try {
      mkdirSync(name);
      topmost ??= name;
    } catch (error) {
      // Another process may have made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isFolder(name)) throw error;
    }
  }
  return topmost;
}

/** @throws the operating system's error, unless there is nothing of that name. */
function isFolder(name: string): boolean {
  try {
    return statSync(name).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
