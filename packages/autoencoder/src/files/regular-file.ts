import { constants } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';

/** Says why a file was not read: it is of another kind, or too large. */
export class UnfitFile extends Error {}

/**
 * Reads a whole file of at most `maxBytes`. What is no regular file is refused without waiting for it, as a pipe would make one do.
 * Throws UnfitFile, or what the operating system says.
 */
export async function readRegularFile(file: string, maxBytes: number): Promise<Uint8Array> {
  // In a browser files are fetched, and there are no others.
  if (constants.O_RDONLY === undefined) return readFile(file);
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new UnfitFile(`this is ${kindOf(stats)}, not a file`);
    if (stats.size > maxBytes) {
      throw new UnfitFile(`the file has ${stats.size} bytes, more than the ${maxBytes} that are read`);
    }
    return await readBytes(handle, stats.size);
  } finally {
    await handle.close();
  }
}

async function readBytes(handle: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await handle.read(bytes, at, size - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

function kindOf(stats: Awaited<ReturnType<FileHandle['stat']>>): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}
