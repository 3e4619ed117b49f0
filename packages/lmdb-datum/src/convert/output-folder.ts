/** A database appears under its name when it is complete: until then it is called `output` + '.partial'. */
import fs from 'node:fs';
import { renameAtOnce } from '@ae/ground/rename-at-once';
import { OutputExistsError, reasonOf, WriteError } from '../errors/errors';
import { sayOf } from '../files/regular-file';

/** Returns the name of the database until it is complete. */
export function partialName(output: string): string {
  return `${output.replace(/[/\\]+$/, '')}.partial`;
}

/** Says what to do if the operating system refuses to write an output. */
export function adviceOn(cause: Error): string {
  const isOutOfSpace = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '');
  return isOutOfSpace ? 'free some space' : 'check the path and its permissions';
}

/** @throws OutputExistsError if the name is taken, even by a dangling link; WriteError if that cannot be determined. */
export function assertFree(output: string): void {
  let stats: fs.Stats | undefined;
  try {
    stats = fs.lstatSync(output, { throwIfNoEntry: false });
  } catch (cause) {
    throw new WriteError(
      { state: `${output} cannot be created: it ${sayOf(cause)}`, todo: 'check the path' },
      { path: output, cause },
    );
  }
  if (!stats) return;
  throw new OutputExistsError(
    { state: `${output} already exists`, todo: 'delete it, or choose another output' },
    { path: output },
  );
}

/** @throws WriteError */
export function moveIntoPlace(partial: string, output: string): void {
  try {
    renameAtOnce(partial, output);
  } catch (cause) {
    throw new WriteError(
      {
        state: `${partial} is complete, but cannot be renamed to ${output} (${reasonOf(cause)})`,
        todo: 'check its permissions, and that no other program uses it',
      },
      { path: output, cause },
    );
  }
}
