/** Opens only regular files: opening a pipe waits for its other end, and a device may have no end. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';

/** Says why a file is not read: it is not a regular file, or it is too large. */
export class UnfitFile extends Error {
  /** What it is instead of a file: "a pipe". */
  readonly kind?: string;
  /** The size of a file that is too large, in bytes. */
  readonly size?: number;

  constructor({ kind, size }: { readonly kind?: string; readonly size?: number }, options?: ErrorOptions) {
    super(kind ? `this is ${kind}, not a file` : `the file has ${size} bytes`, options);
    Object.assign(this, { kind, size });
  }
}

/** Opens a regular file, for reading unless `flags` of open(2) are given. Throws UnfitFile, or the operating system's error. */
export async function openRegularFile(file: string, flags: number = constants.O_RDONLY): Promise<FileHandle> {
  const handle = await open(file, flags | (constants.O_NONBLOCK ?? 0)).catch((error: NodeJS.ErrnoException) => {
    // The operating system's errors for a pipe without a reader and for a socket.
    throw error.code === 'ENXIO' ? new UnfitFile({ kind: 'a pipe or socket' }, { cause: error }) : error;
  });
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new UnfitFile({ kind: kindOf(found) });
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Reads a whole regular file of at most `maxBytes`. Throws UnfitFile, or the operating system's error. */
export async function readRegularFile(file: string, maxBytes: number): Promise<Uint8Array> {
  // In a browser, files are fetched, and there are no other kinds.
  if (constants.O_RDONLY === undefined) return readFile(file);
  const handle = await openRegularFile(file);
  try {
    const { size } = await handle.stat();
    if (size > maxBytes) throw new UnfitFile({ size });
    return await readBytes(handle, size);
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

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  if (found.isSocket()) return 'a socket';
  return 'a device';
}
