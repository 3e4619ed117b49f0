/** Opens files of a run, which must be plain files. */
import type { FileHandle } from 'node:fs/promises';
import { AutoencoderError } from '../errors/errors';
import { openRegularFile, readRegularFile, UnfitFile } from '../files/regular-file';

/** Larger ones are not read whole: no text that training writes comes near. */
const maxTextBytes = 256 * 2 ** 20;

/** Opens a plain file, to be read if `flags` (those of open(2)) are not given. Throws NOT_READABLE for all but a plain file. */
export async function openRunFile(file: string, flags?: number): Promise<FileHandle> {
  return openRegularFile(file, flags).catch((error) => {
    throw error instanceof UnfitFile ? notReadable(file, error) : error;
  });
}

/**
 * Reads a plain file of text; undefined where there is none. Throws NOT_READABLE with the cause for whatever else keeps it from being
 * read, and for more than `maxBytes`.
 */
export async function readTextFile(file: string, maxBytes?: number): Promise<string | undefined> {
  return (await readRunFile(file, maxBytes))?.toString('utf8');
}

/** Reads a plain file as `readTextFile` does. */
export async function readRunFile(file: string, maxBytes: number = maxTextBytes): Promise<Buffer | undefined> {
  try {
    const { buffer, byteOffset, length } = await readRegularFile(file, maxBytes);
    return Buffer.from(buffer, byteOffset, length);
  } catch (error) {
    if (isMissing(error)) return undefined;
    const isTooLarge = error instanceof UnfitFile && error.size !== undefined;
    throw notReadable(
      file,
      isTooLarge ? new Error(`it has ${error.size} bytes, but at most ${maxBytes} make sense`) : error,
    );
  }
}

/** Says whether an error means that there is no such file, and nothing else. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Makes NOT_READABLE of what kept a file from being read. Nothing is known of the content then: it is not called damaged. */
export function notReadable(file: string, cause: unknown): unknown {
  if (cause instanceof AutoencoderError) return cause;
  const message =
    cause instanceof UnfitFile && cause.kind
      ? `${file} is ${cause.kind}, not a file; remove it or put the file back.`
      : `${file} could not be read: ${(cause as Error).message}.`;
  return new AutoencoderError('NOT_READABLE', message, { cause });
}
