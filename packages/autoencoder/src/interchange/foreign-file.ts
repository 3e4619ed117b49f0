/** Files that other programs read. */
import { stat } from 'node:fs/promises';
import { AutoencoderError } from '../errors/errors';

/** Throws OUTPUT_EXISTS if the file already exists. */
export async function assertFree(file: string): Promise<void> {
  if (!(await stat(file).catch(() => undefined))) return;
  throw new AutoencoderError('OUTPUT_EXISTS', `${file} already exists; choose another file, or set overwrite.`);
}
