/** Creates folders. Node's own recursive mkdir never ends if a folder is visible but cannot be created, as in /proc. */
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Creates a folder and its missing parents.
 *
 * @returns The topmost folder that was created, or undefined if nothing had to be created.
 * @throws the operating system's error.
 */
export function makeFolders(folder: string): string | undefined {
  const missing: string[] = [];
  for (let current = path.resolve(folder); !isFolder(current); current = path.dirname(current)) {
    missing.push(current);
    // A drive that does not exist has no parent.
    if (path.dirname(current) === current) break;
  }
  let topmost: string | undefined;
  for (const name of missing.reverse()) {
    try {
      mkdirSync(name);
      topmost ??= name;
    } catch (error) {
      // Another process may have created it in the meantime.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isFolder(name)) throw error;
    }
  }
  return topmost;
}

/** @throws the operating system's error, unless nothing has that name. */
function isFolder(name: string): boolean {
  try {
    return statSync(name).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
