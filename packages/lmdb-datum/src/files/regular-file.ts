/** Ordinary files, opened without waiting for them: as @ae/images opens those of images. */
import { type FilePath, readRegularFile as readOrdinary } from '@ae/images/files';

export * from '@ae/images/files';

/** Reads a whole file of at most `mostBytes`, as bytes that know text. @throws as `withRegularFile`. */
export function readRegularFile(file: FilePath, mostBytes: number): Buffer {
  const { buffer, byteOffset, byteLength } = readOrdinary(file, mostBytes);
  return Buffer.from(buffer, byteOffset, byteLength);
}
