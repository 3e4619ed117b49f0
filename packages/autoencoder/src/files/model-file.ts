/** Files of models, which this library or another program wrote. */
import { describeSystemError } from '@ae/ground/system-errors';
import { AutoencoderError } from '../errors/errors';
import { readRegularFile, UnfitFile } from './regular-file';

/**
 * Reads a whole file. Throws MODEL_NOT_FOUND, with what to do, where it is not to be read, MODEL_INVALID where it is no file or larger
 * than `maxBytes`.
 */
export async function readModelFile(file: string, maxBytes: number, todo = 'check the path'): Promise<Uint8Array> {
  try {
    return await readRegularFile(file, maxBytes);
  } catch (cause) {
    if (cause instanceof UnfitFile) {
      const more = cause.size === undefined ? '' : `, more than the limit of ${maxBytes}`;
      throw invalidFile(file, `${cause.message}${more}`, undefined, cause);
    }
    throw new AutoencoderError('MODEL_NOT_FOUND', { state: `${file} ${describeSystemError(cause)}`, todo }, { cause });
  }
}

/** Makes MODEL_INVALID of what is wrong with a file. */
export function invalidFile(file: string, problem: string, todo?: string, cause?: unknown): AutoencoderError {
  return new AutoencoderError('MODEL_INVALID', { state: `${file}: ${problem}`, ...(todo && { todo }) }, { cause });
}
