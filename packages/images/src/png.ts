/** Writes PNG files (RFC 2083) without sharp: for grids, reports and the images of a run. Also alone, as `@ae/images/png`. */
import zlib, { deflateSync } from 'node:zlib';

import type { RgbImage } from './pixels';

export { drawGrid, type GridOptions, toRgbImage } from './grid';
export type { PlanarImage, RgbImage } from './pixels';

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Encodes RGB pixels as a PNG file. */
export function encodePng({ width, height, data }: RgbImage): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits per channel, color type 2 (RGB); the rest is 0: deflate, filters by row, not interlaced.
  header.set([8, 2], 8);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filterRows(width, height, data))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Each row becomes its differences from the row above, which photographs compress better by; filter type 2 stands before it. */
function filterRows(width: number, height: number, data: Uint8Array): Uint8Array {
  const stride = 3 * width;
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

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(content.length, 0);
  out.set(body, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** Computes the check of a chunk. zlib has it since Node.js 20.15, several times faster. */
function crc32(bytes: Uint8Array): number {
  if (zlib.crc32) return zlib.crc32(bytes);
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
