/** Writes PNG files (RFC 2083) without sharp. */
import { checkPixels } from '../pixels/checks';
import type { RgbImage } from '../pixels/pixels';
import { compress, crc32 } from './zlib';

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** PNG's color types by the number of channels. */
const colorTypes: Readonly<Record<number, number>> = { 1: 0, 2: 4, 3: 2, 4: 6 };

/**
 * Encodes interleaved pixels as a PNG file; they are RGB unless their number of channels is given. @throws InvalidOptionError
 * INVALID_OPTION
 */
export function encodePng(image: RgbImage & { readonly channels?: number }): Uint8Array<ArrayBuffer> {
  checkPixels('encodePng', { ...image, channels: image?.channels ?? 3 });
  const { width, height, data, channels = 3 } = image;
  const rows = compress(filterRows(channels * width, height, data));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits per channel; the rest is 0: deflate, filters by row, not interlaced.
  header.set([8, colorTypes[channels]], 8);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', new Uint8Array())]);
}

/** Replaces each row by its differences from the row above, which compresses photographs better; each is preceded by filter type 2. */
function filterRows(stride: number, height: number, data: Uint8Array): Uint8Array {
  const rows = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const out = y * (stride + 1);
    rows[out] = 2;
    for (let i = 0; i < stride; i++) {
      const at = y * stride + i;
      rows[out + 1 + i] = data[at] - (y > 0 ? data[at - stride] : 0);
    }
  }
  return rows;
}

function chunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(content.length, 0);
  out.set(body, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}
