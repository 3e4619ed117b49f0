/** cv::resize with INTER_LINEAR, bit by bit. */
import type { Pixels } from './image';
import { runKernel } from './pixel-kernel';
import type { Size } from './resize';
import { bySizes } from './size-cache';

const COEF_BITS = 11;
const COEF_ONE = 1 << COEF_BITS;

/**
 * cv::resize with INTER_LINEAR on uint8, in its fixed-point arithmetic: pixel centres at half, two taps each way, no
 * antialiasing, and at exactly half size the mean of 2x2 pixels, which OpenCV puts in its place.
 */
export function resizeBilinear(pixels: Pixels, target: Size): Pixels {
  const { channels, height, width } = pixels;
  const result = { channels, height: target.height, width: target.width };
  if (height === 2 * target.height && width === 2 * target.width) return halve(pixels, target);
  const { columns, rows, scratchBytes } = bilinearTaps(pixels, target, channels);
  const rowLength = target.width * channels;
  const blocks = [pixels.data, { bytes: target.height * rowLength }, columns, rows, { bytes: scratchBytes }];
  const data = runKernel(blocks, 1, (kernels, [src, dst, x, y, scratch]) =>
    kernels.bilinear(src!, width, channels, dst!, target.width, target.height, x!, y!, scratch!),
  );
  return { data: data ?? resizePlainly(pixels, target, columnTaps(width, target.width), rows), ...result };
}

/** The same in plain JavaScript. */
export function resizePlainly(
  { data, channels, width }: Pixels,
  target: Size,
  xs: Int32Array,
  ys: Int32Array,
): Uint8Array {
  const rowLength = target.width * channels;
  const out = new Uint8Array(target.height * rowLength);
  const upper = new Int32Array(rowLength);
  const lower = new Int32Array(rowLength);
  for (let y = 0, t = 0; y < target.height; y++) {
    const [first, second, weightUpper, weightLower] = ys.subarray(4 * y, 4 * y + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    blendRow(data, first * width * channels, channels, xs, upper);
    blendRow(data, second * width * channels, channels, xs, lower);
    for (let i = 0; i < rowLength; i++) {
      const sum = ((weightUpper * (upper[i]! >> 4)) >> 16) + ((weightLower * (lower[i]! >> 4)) >> 16);
      out[t++] = (sum + 2) >> 2;
    }
  }
  return out;
}

/**
 * For each target column or row: first and second source index, and their weights. OpenCV drops the second tap outside of the image
 * across a row, but down a column takes the edge twice, which rounds differently.
 */
export function taps(from: number, to: number, dropOutside: boolean): Int32Array {
  const result = new Int32Array(4 * to);
  const scale = 1 / (to / from);
  for (let i = 0; i < to; i++) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    const index = Math.floor(position);
    const isOutside = index < 0 || index >= from - 1;
    const fraction = dropOutside && isOutside ? 0 : Math.fround(position - index);
    result[4 * i] = Math.min(Math.max(index, 0), from - 1);
    result[4 * i + 1] = Math.min(Math.max(index + 1, 0), from - 1);
    result[4 * i + 2] = roundHalfEven(Math.fround(1 - fraction) * COEF_ONE);
    result[4 * i + 3] = roundHalfEven(fraction * COEF_ONE);
  }
  return result;
}

const columnTaps = bySizes((from, to) => taps(from, to, true));
const rowTaps = bySizes((from, to) => taps(from, to, false));

/**
 * The taps of target columns for pixels of four bytes: place of the first source pixel in bytes, and the weights of this one and the
 * next as two int16. Where `taps` doesn't take the next one, it has no weight.
 */
const pixelTaps = bySizes((from, to) => {
  const all = taps(from, to, true);
  return Int32Array.from({ length: 2 * to }, (_, i) => {
    const tap = (i >> 1) * 4;
    return i % 2 === 0 ? 4 * all[tap]! : all[tap + 2]! | (all[tap + 3]! << 16);
  });
});

/** What the kernel takes: the taps of all target columns and rows, and room for its work. */
export function bilinearTaps(
  image: Size,
  target: Size,
  channels: number,
): { columns: Int32Array; rows: Int32Array; scratchBytes: number } {
  return {
    columns: (channels === 4 ? pixelTaps : columnTaps)(image.width, target.width),
    rows: rowTaps(image.height, target.height),
    scratchBytes: 8 * channels * (target.width + 2),
  };
}

function blendRow(data: Uint8Array, row: number, channels: number, xs: Int32Array, out: Int32Array): void {
  for (let x = 0, t = 0; x < xs.length; x += 4) {
    const first = row + xs[x]! * channels;
    const second = row + xs[x + 1]! * channels;
    for (let c = 0; c < channels; c++) out[t++] = data[first + c]! * xs[x + 2]! + data[second + c]! * xs[x + 3]!;
  }
}

function halve({ data, channels, width }: Pixels, target: Size): Pixels {
  const rowBytes = width * channels;
  const result = { data: new Uint8Array(target.height * target.width * channels), channels, ...target };
  for (let y = 0, t = 0; y < result.height; y++) {
    for (let x = 0; x < result.width; x++) {
      for (let c = 0; c < channels; c++) {
        const s = 2 * y * rowBytes + 2 * x * channels + c;
        const sum = data[s]! + data[s + channels]! + data[s + rowBytes]! + data[s + rowBytes + channels]!;
        result.data[t++] = (sum + 2) >> 2;
      }
    }
  }
  return result;
}

/** C's rint, which OpenCV rounds with. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
