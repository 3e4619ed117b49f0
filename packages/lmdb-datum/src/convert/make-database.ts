/** Makes a database that appears under its name when it is complete, and of which nothing stays when anything fails. */
import { assertNothingKept } from './journal';
import { moveIntoPlace, partialName } from './output-folder';
import { claimWorkFolder, removeTraces, removeWorkFolder } from './work-folder';

/**
 * Calls `write` with an empty folder, which then gets the output's name. What a process left there that was killed is removed before.
 *
 * @throws OutputExistsError, WriteError, and what `write` throws.
 */
export async function makeDatabase<T>(output: string, write: (folder: string) => Promise<T>): Promise<T> {
  const partial = partialName(output);
  const folder = claimWorkFolder(output, () => beginAnew(partial));
  try {
    const result = await write(partial);
    moveIntoPlace(partial, output);
    removeTraces(output);
    return result;
  } catch (error) {
    removeWorkFolder(partial);
    throw error;
  } finally {
    folder.release();
  }
}

/** What such work left is of no use, but an import's may be. */
function beginAnew(partial: string): boolean {
  assertNothingKept(partial);
  return false;
}
