/** Files that other programs wrote. */
import { stat } from 'node:fs/promises';
import { AutoencoderError } from '../errors';
import { readRegularFile, UnfitFile } from '../files/regular-file';

/** Reads a whole file. Throws MODEL_NOT_FOUND where it is not to be read, MODEL_INVALID where it is no file or too large. */
export async function readForeignFile(file: string, maxBytes: number): Promise<Uint8Array> {
  try {
    return await readRegularFile(file, maxBytes);
  } catch (cause) {
    if (cause instanceof UnfitFile) {
      const more = cause.size === undefined ? '' : `, more than the ${maxBytes} that are read`;
      throw invalidFile(file, `${cause.message}${more}`, undefined, cause);
    }
    const code = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new AutoencoderError('MODEL_NOT_FOUND', { state: `${file} could not be read (${code})` }, { cause });
  }
}

/** Makes MODEL_INVALID of what is wrong with a file. */
export function invalidFile(file: string, problem: string, todo?: string, cause?: unknown): AutoencoderError {
  return new AutoencoderError('MODEL_INVALID', { state: `${file}: ${problem}`, ...(todo && { todo }) }, { cause });
}

/** Throws OUTPUT_EXISTS where there is something already. */
export async function assertFree(file: string): Promise<void> {
  if (!(await stat(file).catch(() => undefined))) return;
  throw new AutoencoderError('OUTPUT_EXISTS', `${file} already exists; name another file, or set overwrite.`);
}
