/** Creates a database that appears under its name when it is complete, and leaves nothing behind if anything fails. */
import { assertNothingKept } from './journal';
import { moveIntoPlace, partialName } from './output-folder';
import { claimWorkFolder, removeTraces, removeWorkFolder } from './work-folder';

/**
 * Calls `write` with an empty folder, which is then renamed to the output. What a killed process left there is removed first.
 *
 * @throws OutputExistsError, WriteError, and the errors of `write`.
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

/** What such work leaves behind is useless, but an import's may not be. */
function beginAnew(partial: string): boolean {
  assertNothingKept(partial);
  return false;
}
