/** Opens files of a run, which must be regular files. */
import type { FileHandle } from 'node:fs/promises';
import { AutoencoderError } from '../errors/errors';
import { openRegularFile, readRegularFile, UnfitFile } from '../files/regular-file';

/** Larger files are not read completely: no text that training writes is nearly as large. */
const maxTextBytes = 256 * 2 ** 20;

/** Opens a regular file, for reading unless `flags` of open(2) are given. Throws NOT_READABLE for anything else. */
export async function openRunFile(file: string, flags?: number): Promise<FileHandle> {
  return openRegularFile(file, flags).catch((error) => {
    throw error instanceof UnfitFile ? notReadable(file, error) : error;
  });
}

/**
 * Reads a regular text file; undefined if it does not exist. Throws NOT_READABLE with the cause for anything else that keeps it from being
 * read, and for more than `maxBytes`.
 */
export async function readTextFile(file: string, maxBytes?: number): Promise<string | undefined> {
  return (await readRunFile(file, maxBytes))?.toString('utf8');
}

/** Reads a regular file as `readTextFile` does. */
export async function readRunFile(file: string, maxBytes: number = maxTextBytes): Promise<Buffer | undefined> {
  try {
    const { buffer, byteOffset, length } = await readRegularFile(file, maxBytes);
    return Buffer.from(buffer, byteOffset, length);
  } catch (error) {
    if (isMissing(error)) return undefined;
    const isTooLarge = error instanceof UnfitFile && error.size !== undefined;
    throw notReadable(
      file,
      isTooLarge ? new Error(`it has ${error.size} bytes, more than the limit of ${maxBytes}`) : error,
    );
  }
}

/** Tells whether an error means that the file does not exist, and nothing else. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Makes the NOT_READABLE error for what kept a file from being read. Its contents are unknown then, so it is not called damaged. */
export function notReadable(file: string, cause: unknown): unknown {
  if (cause instanceof AutoencoderError) return cause;
  const message =
    cause instanceof UnfitFile && cause.kind
      ? `${file} is ${cause.kind}, not a file; remove it or put the file back.`
      : `${file} could not be read: ${(cause as Error).message}.`;
  return new AutoencoderError('NOT_READABLE', message, { cause });
}
