import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a folder and those above it that are missing; returns the topmost one that was made. Node's recursive mkdir never
 * ends where the system says of a folder that exists that it does not, as Linux does below /proc.
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  const target = path.resolve(folder);
  const made = await tryToMake(target);
  if (made !== 'no parent') return made ? target : undefined;
  const above = await makeFolder(path.dirname(target));
  // Once more and never again: a second ENOENT is what the user is to see.
  await mkdir(target).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return above ?? target;
}

/** Returns whether the folder was made now; throws where it neither exists nor can be made. */
async function tryToMake(folder: string): Promise<boolean | 'no parent'> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && path.dirname(folder) !== folder) return 'no parent';
    // A read-only disk and Windows' drives have other codes for what exists.
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory()) return false;
    throw error;
  }
}
