/** cv::resize with INTER_LINEAR, bit by bit. */
import type { Pixels } from './image.js';
import type { Size } from './resize.js';

const COEF_BITS = 11;
const COEF_ONE = 1 << COEF_BITS;

/**
 * cv::resize with INTER_LINEAR on uint8, in its fixed-point arithmetic: pixel centres at half, two taps each way, no
 * antialiasing, and at exactly half size the mean of 2x2 pixels, which OpenCV puts in its place.
 */
export function resizeBilinear(pixels: Pixels, target: Size): Pixels {
  const { data, channels, height, width } = pixels;
  const out = new Uint8Array(target.height * target.width * channels);
  const result = { data: out, channels, height: target.height, width: target.width };
  if (height === 2 * target.height && width === 2 * target.width) return halve(pixels, result);
  const xs = taps(width, target.width, true);
  const ys = taps(height, target.height, false);
  const upper = new Int32Array(target.width * channels);
  const lower = new Int32Array(target.width * channels);
  for (let y = 0, t = 0; y < target.height; y++) {
    blendRow(data, ys.first[y]! * width * channels, channels, xs, upper);
    blendRow(data, ys.second[y]! * width * channels, channels, xs, lower);
    const weightUpper = ys.weightFirst[y]!;
    const weightLower = ys.weightSecond[y]!;
    for (let i = 0; i < upper.length; i++) {
      const sum = ((weightUpper * (upper[i]! >> 4)) >> 16) + ((weightLower * (lower[i]! >> 4)) >> 16);
      out[t++] = (sum + 2) >> 2;
    }
  }
  return result;
}

interface Taps {
  first: Int32Array;
  second: Int32Array;
  weightFirst: Int32Array;
  weightSecond: Int32Array;
}

/** OpenCV drops the second tap outside of the image across a row, but down a column takes the edge twice, which rounds differently. */
function taps(from: number, to: number, dropOutside: boolean): Taps {
  const result = {
    first: new Int32Array(to),
    second: new Int32Array(to),
    weightFirst: new Int32Array(to),
    weightSecond: new Int32Array(to),
  };
  const scale = 1 / (to / from);
  for (let i = 0; i < to; i++) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    const index = Math.floor(position);
    const isOutside = index < 0 || index >= from - 1;
    const fraction = dropOutside && isOutside ? 0 : Math.fround(position - index);
    result.first[i] = Math.min(Math.max(index, 0), from - 1);
    result.second[i] = Math.min(Math.max(index + 1, 0), from - 1);
    result.weightFirst[i] = roundHalfEven(Math.fround(1 - fraction) * COEF_ONE);
    result.weightSecond[i] = roundHalfEven(fraction * COEF_ONE);
  }
  return result;
}

function blendRow(data: Uint8Array, row: number, channels: number, xs: Taps, out: Int32Array): void {
  for (let x = 0, t = 0; x < xs.first.length; x++) {
    const first = row + xs.first[x]! * channels;
    const second = row + xs.second[x]! * channels;
    for (let c = 0; c < channels; c++) {
      out[t++] = data[first + c]! * xs.weightFirst[x]! + data[second + c]! * xs.weightSecond[x]!;
    }
  }
}

function halve({ data, channels, width }: Pixels, result: Pixels): Pixels {
  const rowBytes = width * channels;
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
