/** Opens files of a run, which must be plain files: to open a pipe waits for its other end, and a device may have no end. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { AutoencoderError } from '../errors';

/** Larger ones are not read whole: no text that training writes comes near. */
const maxTextBytes = 256 * 2 ** 20;

/** Opens a plain file, to be read if `flags` (those of open(2)) are not given. Throws NOT_READABLE for all but a plain file. */
export async function openRegularFile(file: string, flags: number = constants.O_RDONLY): Promise<FileHandle> {
  const handle = await open(file, flags | (constants.O_NONBLOCK ?? 0)).catch((error: NodeJS.ErrnoException) => {
    // What the system says of a pipe that nobody reads, and of a socket.
    throw error.code === 'ENXIO' ? notRegular(file, 'a pipe or socket', error) : error;
  });
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw notRegular(file, kindOf(found));
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Reads a plain file of text; undefined where there is none. Throws NOT_READABLE with the cause for whatever else keeps it from being
 * read, and for more than `maxBytes`.
 */
export async function readTextFile(file: string, maxBytes: number = maxTextBytes): Promise<string | undefined> {
  return (await readRegularFile(file, maxBytes))?.toString('utf8');
}

/** Reads a plain file as `readTextFile` does. */
export async function readRegularFile(file: string, maxBytes: number = maxTextBytes): Promise<Buffer | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await openRegularFile(file);
    const { size } = await handle.stat();
    if (size > maxBytes) throw new Error(`it has ${size} bytes, where at most ${maxBytes} make sense`);
    return await handle.readFile();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw notReadable(file, error);
  } finally {
    await handle?.close();
  }
}

/** Says whether an error means that there is no such file, and nothing else. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Makes NOT_READABLE of an error of the operating system. Nothing is known of the content then: it is not called damaged. */
export function notReadable(file: string, cause: unknown): unknown {
  if (cause instanceof AutoencoderError) return cause;
  const message = `${file} could not be read: ${(cause as Error).message}.`;
  return new AutoencoderError('NOT_READABLE', message, { cause });
}

function notRegular(file: string, kind: string, cause?: unknown): AutoencoderError {
  return new AutoencoderError('NOT_READABLE', `${file} is ${kind}, not a file; remove it or put the file back.`, {
    cause,
  });
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  if (found.isSocket()) return 'a socket';
  return 'a device';
}
