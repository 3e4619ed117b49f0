/**
 * Decodes BMP files, which sharp does not: uncompressed, with a palette or 24 or 32 bits per pixel. Ignores alpha, like OpenCV. All numbers
 * are little-endian:
 *
 *     0 "BM"            10 u32 start of the rows   14 u32 bytes of the header from here on, followed by the palette
 *     18 i32 width      22 i32 height, negative if the top row is the first
 *     28 u16 bits per pixel   30 u32 compression   46 u32 colors of the palette, 0 for all   54 u32 masks of red, green and blue
 */
import type { Pixels } from '../pixels/pixels';

const UNCOMPRESSED = 0;
const BY_MASKS = 3;
/** Blue, green, red and an unused byte: the masks of all common 32-bit files. */
const masks = [0xff0000, 0xff00, 0xff];
const leastHeaderBytes = 40;

interface Header {
  /** Rows, top row first: the first byte of row y is at `start + y * step`. */
  start: number;
  step: number;
  height: number;
  width: number;
  bits: number;
  /** Four bytes per color: blue, green, red and an unused one. */
  palette: Uint8Array;
}

/** Decodes to RGB, or to gray if all colors of the palette are gray; returns a string that says why it cannot. */
export function decodeBmp(file: Uint8Array): Pixels | string {
  const header = readHeader(file);
  if (typeof header === 'string') return header;
  const { bits, palette } = header;
  if (bits > 8) return takePixels(file, header);
  const isGray = palette.every((value, i) => i % 4 === 3 || value === palette[i - (i % 4)]);
  return takeColors(file, header, isGray ? 1 : 3);
}

function readHeader(file: Uint8Array): Header | string {
  if (file.length < 14 + leastHeaderBytes) return 'a truncated BMP file';
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const headerBytes = view.getUint32(14, true);
  if (headerBytes < leastHeaderBytes) return 'an OS/2 BMP file';
  const [bits, compression] = [view.getUint16(28, true), view.getUint32(30, true)];
  if (![1, 4, 8, 24, 32].includes(bits)) return `a BMP file of ${bits} bits per pixel`;
  const isUsual =
    bits === 32 && file.length >= 66 && masks.every((mask, i) => view.getUint32(54 + 4 * i, true) === mask);
  if (compression !== UNCOMPRESSED && !(compression === BY_MASKS && isUsual)) return 'a compressed BMP file';
  const [first, width, rows] = [view.getUint32(10, true), view.getInt32(18, true), view.getInt32(22, true)];
  const height = Math.abs(rows);
  if (width < 1 || height < 1) return `a BMP file of ${width}x${rows} pixels`;
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (first + height * rowBytes > file.length) return 'a truncated BMP file';
  const colors = bits > 8 ? 0 : Math.min(view.getUint32(46, true) || 256, 2 ** bits);
  const palette = file.subarray(14 + headerBytes, 14 + headerBytes + 4 * colors);
  const [start, step] = rows < 0 ? [first, rowBytes] : [first + (height - 1) * rowBytes, -rowBytes];
  return { start, step, height, width, bits, palette };
}

function takePixels(file: Uint8Array, { start, step, height, width, bits }: Header): Pixels {
  const data = new Uint8Array(height * width * 3);
  const bytes = bits / 8;
  for (let y = 0, t = 0; y < height; y++) {
    for (let x = 0, s = start + y * step; x < width; x++, s += bytes, t += 3) {
      data[t] = file[s + 2];
      data[t + 1] = file[s + 1];
      data[t + 2] = file[s];
    }
  }
  return { data, channels: 3, height, width };
}

function takeColors(file: Uint8Array, { start, step, height, width, bits, palette }: Header, channels: 1 | 3): Pixels {
  const data = new Uint8Array(height * width * channels);
  const perByte = 8 / bits;
  for (let y = 0, t = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = file[start + y * step + Math.floor(x / perByte)];
      const color = 4 * ((byte >> (8 - bits * ((x % perByte) + 1))) & (2 ** bits - 1));
      // A color missing in the palette is black.
      for (let c = channels - 1; c >= 0; c--) data[t++] = palette[color + c] ?? 0;
    }
  }
  return { data, channels, height, width };
}
