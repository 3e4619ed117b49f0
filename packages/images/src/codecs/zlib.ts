/** The part of zlib that PNG files need. */
import { deflateSync } from 'node:zlib';

export { crc32 } from '@ae/ground/crc';

/** Compresses bytes to zlib's format. */
export function compress(bytes: Uint8Array): Uint8Array {
  return deflateSync(bytes);
}
