/**
 * Opens files that must be regular ones, without ever blocking: a pipe without a writer, a device or a link to one would hang a reader
 * forever, even on signals.
 */
import fs from 'node:fs';
import { describeSystemError } from '@ae/ground/system-errors';

/** A path in the file system. Bytes if its name is not UTF-8. */
export type FilePath = string | Uint8Array;

/** A path as text for display. */
export function pathText(file: FilePath): string {
  return typeof file === 'string' ? file : Buffer.from(file).toString();
}

/** What is at the path is not a regular file, or is larger than allowed. Its message is phrased to follow the path: "is a pipe". */
export class NotOrdinaryError extends Error {}

/** Opens a file for reading; the caller closes it. @throws NotOrdinaryError, or the operating system's error. */
export function openRegularFile(file: FilePath): number {
  const fd = openAtOnce(file);
  try {
    // Checks what was opened, not what is at the path, which may be another file by then and takes five times as long.
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
 * Runs `use` with whatever is at a path, open, and closes it: for callers that read only a little and can tell from that whether they need
 * more. To read on, they call `ordinaryBytes` first.
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

/** Returns the size of an open file, which takes as long as reading a small one. @throws NotOrdinaryError */
export function ordinaryBytes(fd: number): number {
  const stats = fs.fstatSync(fd);
  assertOrdinary(stats);
  return stats.size;
}

const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants;

/** Opens whatever is there without blocking. What cannot be opened at all, such as a socket, is reported by its kind. */
function openAtOnce(file: FilePath): number {
  try {
    return fs.openSync(file as string, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENXIO' || code === 'EISDIR' || code === 'EPERM') assertOrdinary(fs.statSync(file as string));
    throw error;
  }
}

/** Reads a whole file of at most `mostBytes`. @throws the errors of `withRegularFile`. */
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

/** Reads on from the current position, usually `expected` bytes; the file may have grown, or report no size, like those in /proc. */
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

/** The part of Node.js's `fs.Stats` that is used: programs without Node.js's types read this package's types, too. */
export type FileKind = Record<'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket' | 'isSymbolicLink', () => boolean>;

/** Names what is not a regular file: "a folder", "a pipe". */
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

/** Describes the operating system's error for a path, phrased to follow it: "does not exist". */
export function sayOf(error: unknown): string {
  if (error instanceof NotOrdinaryError) return error.message;
  const { code, path } = error as NodeJS.ErrnoException;
  const isLost = code === 'ENOENT' && typeof path === 'string' && path.includes('\ufffd');
  return `${describeSystemError(error)}${isLost ? ', or its name is not UTF-8, which a pattern loses' : ''}`;
}
