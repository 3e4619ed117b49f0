/** Files inside a larger one: in a tar, in a zip, or in what an archive was unpacked to. */
import fs from 'node:fs';
import zlib from 'node:zlib';
import { assertSize, NotOrdinaryError } from './regular-file';

/** The position of such a file. Plain data, for worker threads, which read files that their process has open. */
export interface PackedFile {
  /** The larger file, open. */
  readonly fd: number;
  readonly offset: number;
  /** Its size as stored. */
  readonly bytes: number;
  /** Its own size, if it is deflated, as in a zip. */
  readonly inflatedBytes?: number;
}

/** Bytes of stored data that suffice to recognize an image and its size. */
const startBytes = 1 << 16;

/** Incompressible data is stored with a few more bytes. */
const slackBytes = 1 << 20;

/** Reads a packed file of at most `mostBytes`. @throws NotOrdinaryError, or the operating system's error. */
export function readPackedFile({ fd, offset, bytes, inflatedBytes }: PackedFile, mostBytes: number): Uint8Array {
  assertSize(inflatedBytes ?? bytes, mostBytes);
  assertSize(bytes, mostBytes + slackBytes);
  const stored = readAt(fd, offset, Buffer.allocUnsafeSlow(bytes));
  if (inflatedBytes === undefined) return stored;
  const file = inflate(stored, { maxOutputLength: Math.max(1, inflatedBytes) });
  if (file.length !== inflatedBytes)
    throw new NotOrdinaryError('is damaged: its size differs from what its archive says');
  return file;
}

/** Reads the first bytes of a packed file into `room`, or returns more of them if they must be inflated. */
export function readPackedStart({ fd, offset, bytes, inflatedBytes }: PackedFile, room: Uint8Array): Uint8Array {
  if (inflatedBytes === undefined) return readAt(fd, offset, room.subarray(0, bytes));
  const stored = readAt(fd, offset, Buffer.allocUnsafeSlow(Math.min(bytes, startBytes)));
  // Inflates a part of the stored bytes.
  return inflate(stored, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
}

function inflate(stored: Uint8Array, options: zlib.ZlibOptions): Buffer {
  try {
    return zlib.inflateRawSync(stored, options);
  } catch {
    throw new NotOrdinaryError('is damaged: its data in the archive does not decompress');
  }
}

/** Fills bytes from a position in a file. @throws NotOrdinaryError if the file ends before that. */
export function readAt<T extends Uint8Array>(fd: number, offset: number, into: T): T {
  for (let done = 0; done < into.length; ) {
    const count = fs.readSync(fd, into, done, into.length - done, offset + done);
    if (count === 0) throw new NotOrdinaryError('is truncated: its archive ends before it');
    done += count;
  }
  return into;
}
