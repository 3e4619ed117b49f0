/** Files that appear when they are complete: until then they have the name of their output with `.partial` added, beside a lock. */
import fs from 'node:fs';
import path from 'node:path';
import { makeFolders } from '@ae/ground/make-folders';
import { adviceOn, assertFree, moveIntoPlace, partialName } from '../convert/output-folder';
import { OutputExistsError, reasonOf, WriteError } from '../errors/errors';
import { LockedError, takeLock } from '../files/lock-file';

/**
 * Keeps other processes from an output while it is being created. Returns a function that ends that. @throws OutputExistsError, WriteError
 */
export function claimOutput(output: string): () => void {
  assertFree(output);
  return writing(output, () => {
    makeFolders(path.dirname(path.resolve(output)));
    return takeLock(`${partialName(output)}-lock`);
  });
}

/** Opens the file that will become an output; what a killed process left of it is overwritten. @throws OutputExistsError, WriteError */
export function openPartial(output: string): number {
  assertFree(output);
  return writing(output, () => fs.openSync(partialName(output), 'w'));
}

/** Gives a complete file its name. @throws WriteError */
export function completeFile(output: string): void {
  moveIntoPlace(partialName(output), output);
}

/** Adds to the operating system's error where it occurred. */
export function writing<T>(output: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw writeErrorOf(output, cause);
  }
}

export function writeErrorOf(output: string, cause: unknown): unknown {
  if (cause instanceof LockedError) return new OutputExistsError(`${output}: ${cause.message}.`, { path: output });
  if (!(cause instanceof Error) || !('syscall' in cause)) return cause;
  const isFull = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
  const state = isFull
    ? `${output} cannot be written: the disk is full`
    : `${output} cannot be written (${reasonOf(cause)})`;
  return new WriteError({ state, todo: adviceOn(cause) }, { path: output, cause });
}
