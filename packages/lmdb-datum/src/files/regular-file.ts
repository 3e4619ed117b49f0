/** Regular files, opened without blocking, in the same way as @ae/images opens images. */
import { type FilePath, readRegularFile as readOrdinary } from '@ae/images/files';

// By name: tsup loses the names of `export *` when it splits CommonJS.
export {
  assertSize,
  type FilePath,
  kindOf,
  NotOrdinaryError,
  openRegularFile,
  ordinaryBytes,
  pathText,
  readPackedFile,
  readPackedStart,
  readRest,
  sayOf,
  withOpenFile,
  withRegularFile,
} from '@ae/images/files';

/** Reads a complete file of at most `mostBytes`, as a Buffer. @throws the errors of `withRegularFile`. */
export function readRegularFile(file: FilePath, mostBytes: number): Buffer {
  const { buffer, byteOffset, byteLength } = readOrdinary(file, mostBytes);
  return Buffer.from(buffer, byteOffset, byteLength);
}
