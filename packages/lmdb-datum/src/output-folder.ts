/** A database appears under its name when it is complete: until then it is called `output` + '.partial'. */
import fs from 'node:fs';
import { OutputExistsError, reasonOf, WriteError } from './errors';

/** What the database is called until it is complete. */
export function partialName(output: string): string {
  return `${output.replace(/[/\\]+$/, '')}.partial`;
}

/** @throws OutputExistsError */
export function assertFree(name: string, todo = 'remove it or choose another output'): void {
  if (!fs.existsSync(name)) return;
  throw new OutputExistsError(`${name}: expected a name that is free, received one that exists; ${todo}.`, {
    path: name,
  });
}

/** @throws WriteError */
export function moveIntoPlace(partial: string, output: string): void {
  try {
    fs.renameSync(partial, output);
  } catch (cause) {
    throw new WriteError(
      `${output}: expected to rename ${partial} to it, received ${reasonOf(cause)}; check permissions, and that nothing uses it.`,
      { path: output, cause },
    );
  }
}
