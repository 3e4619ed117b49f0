/** Replaces zlib.ts in browsers, which compress only with streams. */
import { PlatformError } from '../errors';

export function compress(): never {
  throw new PlatformError({
    state: 'encodePng() only works in Node.js',
    todo: 'in a browser use toPng() of a RawImage',
  });
}

export const crc32 = compress;
