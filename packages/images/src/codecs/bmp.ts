/** Decodes BMP files, which sharp does not: with a palette, also in runs, or 16, 24 or 32 bits per pixel. Ignores alpha, like OpenCV. */
import type { Pixels } from '../pixels/pixels';
import { type BmpHeader, readBmpHeader } from './bmp-header';
import { unpackRuns } from './bmp-runs';

/** Decodes to RGB, or to gray if all colors of the palette are gray; returns a string that says why it cannot. */
export function decodeBmp(file: Uint8Array): Pixels | string {
  const header = readBmpHeader(file);
  if (typeof header === 'string') return header;
  if (header.masks) return takeBits(file, header, header.masks);
  if (header.bits > 8) return takePixels(file, header);
  const colors = header.hasRuns ? unpackRuns(file, header) : unpackRows(file, header);
  return colors ? takeColors(colors, header) : 'a truncated BMP file';
}

/** Converts pixels of a byte of each color, blue first. */
function takePixels(file: Uint8Array, { start, step, height, width, bits }: BmpHeader): Pixels {
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

/** Converts pixels by the masks of their colors, whose highest bits become those of bytes, as in OpenCV. */
function takeBits(file: Uint8Array, { start, step, height, width, bits }: BmpHeader, masks: readonly number[]): Pixels {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const data = new Uint8Array(height * width * 3);
  const shifts = masks.map((mask) => 24 - Math.clz32(mask));
  for (let y = 0, t = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = start + y * step + x * (bits / 8);
      const pixel = bits === 16 ? view.getUint16(at, true) : view.getUint32(at, true);
      for (let c = 0; c < 3; c++) {
        const color = pixel & masks[c];
        data[t++] = shifts[c] < 0 ? color << -shifts[c] : color >>> shifts[c];
      }
    }
  }
  return { data, channels: 3, height, width };
}

/** Returns a color of the palette for each pixel, `[H, W]`. */
function unpackRows(file: Uint8Array, { start, step, height, width, bits }: BmpHeader): Uint8Array {
  const colors = new Uint8Array(height * width);
  const perByte = 8 / bits;
  for (let y = 0, t = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = file[start + y * step + Math.floor(x / perByte)];
      colors[t++] = (byte >> (8 - bits * ((x % perByte) + 1))) & (2 ** bits - 1);
    }
  }
  return colors;
}

function takeColors(colors: Uint8Array, { height, width, palette }: BmpHeader): Pixels {
  const isGray = palette.every((value, i) => i % 4 === 3 || value === palette[i - (i % 4)]);
  const channels = isGray ? 1 : 3;
  const data = new Uint8Array(height * width * channels);
  for (let s = 0, t = 0; s < colors.length; s++) {
    // A color missing in the palette is black.
    for (let c = channels - 1; c >= 0; c--) data[t++] = palette[4 * colors[s] + c] ?? 0;
  }
  return { data, channels, height, width };
}
