/**
 * Opens files that must be ordinary ones, and never waits for them: a pipe without a writer, a device or a link to one would keep a
 * reader for ever, deaf to signals.
 */
import fs from 'node:fs';
import { describeSystemError } from '@ae/ground/system-errors';

/** A path of the file system. Bytes where a name is no UTF-8. */
export type FilePath = string | Uint8Array;

/** A path for people. */
export function pathText(file: FilePath): string {
  return typeof file === 'string' ? file : Buffer.from(file).toString();
}

/** What is at the path is no ordinary file, or a larger one than may be read. Its message goes on from the path: "is a pipe". */
export class NotOrdinaryError extends Error {}

/** Opens a file for reading, for the caller to close. @throws NotOrdinaryError, or the operating system's error. */
export function openRegularFile(file: FilePath): number {
  const fd = openAtOnce(file);
  try {
    // What was opened, not what is at the path: that is another file by then, perhaps, and takes five times as long.
    ordinaryBytes(fd);
    return fd;
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

/** Runs `use` with an open file and its size, and closes it. @throws NotOrdinaryError, or the operating system's error. */
export function withRegularFile<T>(file: FilePath, use: (fd: number, bytes: number) => T): T {
  return withOpenFile(file, (fd) => use(fd, ordinaryBytes(fd)));
}

/**
 * Runs `use` with whatever is at a path, open, and closes it: for who reads a little and can tell from that alone that it is all he wants. Who
 * reads on calls `ordinaryBytes` first.
 *
 * @throws NotOrdinaryError, or the operating system's error.
 */
export function withOpenFile<T>(file: FilePath, use: (fd: number) => T): T {
  const fd = openAtOnce(file);
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Returns the size of an open file, which takes as long as to read a small one. @throws NotOrdinaryError */
export function ordinaryBytes(fd: number): number {
  const stats = fs.fstatSync(fd);
  assertOrdinary(stats);
  return stats.size;
}

const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants;

/** Opens whatever is there without waiting for it. What cannot be opened at all, such as a socket, is named by its kind. */
function openAtOnce(file: FilePath): number {
  try {
    return fs.openSync(file as string, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENXIO' || code === 'EISDIR' || code === 'EPERM') assertOrdinary(fs.statSync(file as string));
    throw error;
  }
}

/** Reads a whole file of at most `mostBytes`. @throws as `withRegularFile`. */
export function readRegularFile(file: FilePath, mostBytes: number): Uint8Array {
  return withRegularFile(file, (fd, bytes) => {
    assertSize(bytes, mostBytes);
    return readRest(fd, bytes, mostBytes);
  });
}

/** Throws NotOrdinaryError if a file has more than `mostBytes` bytes. */
export function assertSize(bytes: number, mostBytes: number): void {
  if (bytes > mostBytes) throw new NotOrdinaryError(`has ${bytes} bytes, more than the limit of ${mostBytes}`);
}

/** Reads on from where a file is, `expected` bytes as a rule; it may have grown, or tell no size, as files of /proc do. */
export function readRest(fd: number, expected: number, mostBytes: number): Uint8Array {
  const parts: Buffer[] = [];
  let total = 0;
  for (let room = expected + 1; ; room = 1 << 16) {
    const part = Buffer.allocUnsafeSlow(room);
    const count = fs.readSync(fd, part, 0, room, null);
    if (count === 0) break;
    total += count;
    assertSize(total, mostBytes);
    parts.push(part.subarray(0, count));
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}

/** What Node.js' `fs.Stats` tells of a kind of file: programs without Node.js' types read this package's, too. */
export type FileKind = Record<'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket' | 'isSymbolicLink', () => boolean>;

/** Names what isn't an ordinary file: "a folder", "a pipe". */
export function kindOf(stats: FileKind): string {
  if (stats.isFile()) return 'a file';
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return stats.isSymbolicLink() ? 'a link' : 'a device';
}

function assertOrdinary(stats: fs.Stats): void {
  if (!stats.isFile()) throw new NotOrdinaryError(`is ${kindOf(stats)}`);
}

/** What the operating system's error says of a path, in words that go on from it: "does not exist". */
export function sayOf(error: unknown): string {
  return error instanceof NotOrdinaryError ? error.message : describeSystemError(error);
}
