/** What PNG files need of zlib. */
import zlib, { deflateSync } from 'node:zlib';

/** Compresses bytes to zlib's format. */
export function compress(bytes: Uint8Array): Uint8Array {
  return deflateSync(bytes);
}

/** Computes the check of a chunk. zlib has it since Node.js 20.15, several times faster. */
export function crc32(bytes: Uint8Array): number {
  if (zlib.crc32) return zlib.crc32(bytes);
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
