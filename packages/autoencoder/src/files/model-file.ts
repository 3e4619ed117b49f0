/** Files of models, written by this library or another program. */
import { describeSystemError } from '@ae/ground/system-errors';
import { AutoencoderError } from '../errors/errors';
import { readRegularFile, UnfitFile } from './regular-file';

/**
 * Reads a whole file. Throws MODEL_NOT_FOUND, with advice, if it cannot be read, and MODEL_INVALID if it is not a file or is larger than
 * `maxBytes`.
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

/** Makes the MODEL_INVALID error for what is wrong with a file. */
export function invalidFile(file: string, problem: string, todo?: string, cause?: unknown): AutoencoderError {
  return new AutoencoderError('MODEL_INVALID', { state: `${file}: ${problem}`, ...(todo && { todo }) }, { cause });
}
