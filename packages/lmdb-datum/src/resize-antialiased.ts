/** Resizing that averages all pixels under a target pixel (triangle filter): Pillow's BILINEAR, bit by bit. */
import type { Pixels } from './image.js';
import type { Size } from './resize.js';

/** Bits behind the point of a weight, as in Pillow. Sums of 255 times all weights stay below 2^31. */
const WEIGHT_BITS = 22;
const HALF = 1 << (WEIGHT_BITS - 1);

/** For each target pixel: the first source pixel, how many, and their weights, `most` apart. */
interface Windows {
  first: Int32Array;
  count: Int32Array;
  weights: Int32Array;
  most: number;
}

/**
 * Resizes interleaved uint8 pixels, first along the rows and then along the columns. The triangle is two target pixels wide when
 * shrinking and two source pixels when enlarging.
 */
export function resizeAntialiased(pixels: Pixels, { height, width }: Size): Pixels {
  const { channels } = pixels;
  const wide = pixels.width === width ? pixels.data : alongRows(pixels, windows(pixels.width, width), width);
  if (pixels.height === height) return { data: wide, channels, height, width };
  const data = alongColumns(wide, windows(pixels.height, height), height, width * channels);
  return { data, channels, height, width };
}

function windows(from: number, to: number): Windows {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const most = Math.ceil(support) * 2 + 1;
  const result = { first: new Int32Array(to), count: new Int32Array(to), weights: new Int32Array(to * most), most };
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    const exact = Array.from({ length: end - first }, (_, k) =>
      Math.max(0, 1 - Math.abs((first + k - center + 0.5) / support)),
    );
    const sum = exact.reduce((total, weight) => total + weight, 0);
    exact.forEach((weight, k) => {
      result.weights[i * most + k] = Math.trunc(0.5 + (weight / sum) * (1 << WEIGHT_BITS));
    });
    result.first[i] = first;
    result.count[i] = end - first;
  }
  return result;
}

function alongRows(
  { data, channels, height, width }: Pixels,
  { first, count, weights, most }: Windows,
  to: number,
): Uint8Array {
  const out = new Uint8Array(height * to * channels);
  for (let y = 0, t = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      const start = (y * width + first[x]!) * channels;
      for (let c = 0; c < channels; c++) {
        let sum = HALF;
        for (let k = 0, s = start + c, w = x * most; k < count[x]!; k++, s += channels)
          sum += data[s]! * weights[w + k]!;
        out[t++] = sum >> WEIGHT_BITS;
      }
    }
  }
  return out;
}

function alongColumns(
  data: Uint8Array,
  { first, count, weights, most }: Windows,
  to: number,
  rowBytes: number,
): Uint8Array {
  const out = new Uint8Array(to * rowBytes);
  const sums = new Int32Array(rowBytes);
  for (let y = 0, t = 0; y < to; y++) {
    sums.fill(HALF);
    for (let k = 0; k < count[y]!; k++) {
      const weight = weights[y * most + k]!;
      const row = (first[y]! + k) * rowBytes;
      for (let i = 0; i < rowBytes; i++) sums[i]! += data[row + i]! * weight;
    }
    for (let i = 0; i < rowBytes; i++) out[t++] = sums[i]! >> WEIGHT_BITS;
  }
  return out;
}
