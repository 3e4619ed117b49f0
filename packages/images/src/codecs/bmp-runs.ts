/** Unpacks the runs of a BMP file (RLE8 and RLE4). */
import type { BmpHeader } from './bmp-header';

/** What the second byte says after a first byte of 0; larger ones are numbers of pixels that follow one by one. */
const END_OF_ROW = 0;
const END = 1;
const MOVE = 2;

/**
 * Returns a color of the palette for each pixel `[H, W]`, top row first: 0 for what no run covers, as in OpenCV. Undefined if the file ends
 * before its end marker or its last pixel.
 */
export function unpackRuns(file: Uint8Array, { first, height, width, bits }: BmpHeader): Uint8Array | undefined {
  const out = new Uint8Array(height * width);
  let [x, y] = [0, 0];
  const put = (byte: number, i: number) => {
    if (x < width && y < height) out[(height - 1 - y) * width + x] = bits === 8 ? byte : i % 2 ? byte & 15 : byte >> 4;
    x++;
  };
  for (let at = first; y < height; ) {
    if (at + 2 > file.length) return y === height - 1 && x >= width ? out : undefined;
    const [count, value] = [file[at], file[at + 1]];
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(value, i);
    } else if (value === END_OF_ROW) {
      [x, y] = [0, y + 1];
    } else if (value === END) {
      return out;
    } else if (value === MOVE) {
      if (at + 2 > file.length) return undefined;
      [x, y, at] = [x + file[at], y + file[at + 1], at + 2];
    } else {
      const bytes = Math.ceil((value * bits) / 8);
      if (at + bytes > file.length) return undefined;
      for (let i = 0; i < value; i++) put(file[at + Math.floor((i * bits) / 8)], i);
      at += bytes + (bytes % 2);
    }
  }
  return out;
}
