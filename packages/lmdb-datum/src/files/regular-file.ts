/** Ordinary files, opened without waiting for them: as @ae/images opens those of images. */
import { type FilePath, readRegularFile as readOrdinary } from '@ae/images/files';

// By name: tsup loses what `export *` stands for where it splits CommonJS.
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

/** Reads a whole file of at most `mostBytes`, as bytes that know text. @throws as `withRegularFile`. */
export function readRegularFile(file: FilePath, mostBytes: number): Buffer {
  const { buffer, byteOffset, byteLength } = readOrdinary(file, mostBytes);
  return Buffer.from(buffer, byteOffset, byteLength);
}
