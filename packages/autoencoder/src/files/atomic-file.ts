import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { rename } from '@ae/ground/rename';
import { syncFile, syncFolder } from '@ae/ground/sync';

/** Suffix of the names of files that are still being written. */
export const temporarySuffix = '.tmp';

/**
 * Writes a file through a temporary one beside it: the file with the final name is always complete, whenever the process or the machine
 * stops. Leaves nothing behind if `write` fails. `flags` of open(2) are added to those for writing.
 */
export async function writeFileAtomically(
  file: string,
  write: (handle: FileHandle) => Promise<void>,
  flags = 0,
): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const temporary = `${file}${temporarySuffix}`;
  try {
    // Never into an existing file: it may be a pipe, which would block, or a link.
    await rm(temporary, { force: true });
    const handle = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | flags);
    try {
      await write(handle);
      await syncFile(handle);
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw withPath(error, file);
  }
  await syncFolder(path.dirname(file));
}

/** Adds the name of the file to an error of the operating system, which is missing in errors of writing to an open file. */
export function withPath(error: unknown, file: string): unknown {
  const { code, path: known } = error as NodeJS.ErrnoException;
  return code !== undefined && known === undefined ? Object.assign(error as Error, { path: file }) : error;
}

/** Writes text as `writeFileAtomically` does. */
export function writeTextAtomically(file: string, text: string): Promise<void> {
  return writeFileAtomically(file, (handle) => handle.writeFile(text));
}
