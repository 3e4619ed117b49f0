/** Resizing: which part of an image goes where, by sharp (antialiased) or as OpenCV's plain bilinear does it. */
import { loadSharp, type Pixels } from './image.js';

/** 'squash' ignores the aspect ratio (Caffe), 'crop' cuts what sticks out, 'fill' adds black borders. */
export type FitMode = 'squash' | 'crop' | 'fill';

/** 'antialiased' averages all pixels under the target's (triangle filter); 'bilinear' is cv::resize's default, as Caffe uses. */
export type Resampler = 'antialiased' | 'bilinear';

export interface Size {
  height: number;
  width: number;
}

interface Box extends Size {
  top: number;
  left: number;
}

/** Resizes interleaved pixels to `height` x `width`. */
export async function resizePixels(pixels: Pixels, target: Size, fit: FitMode, resampler: Resampler): Promise<Pixels> {
  if (pixels.height === target.height && pixels.width === target.width) return pixels;
  const { source, placed } = planResize(pixels, target, fit);
  const part = cut(pixels, source);
  const resized = resampler === 'bilinear' ? resizeBilinear(part, placed) : await resizeAntialiased(part, placed);
  return place(resized, placed, target);
}

/** Chooses the part of the image to take and where it comes to lie in the target. */
export function planResize(image: Size, target: Size, fit: FitMode): { source: Box; placed: Box } {
  const whole = { top: 0, left: 0, height: image.height, width: image.width };
  const all = { top: 0, left: 0, ...target };
  const scaleY = target.height / image.height;
  const scaleX = target.width / image.width;
  if (fit === 'crop') {
    const scale = Math.max(scaleX, scaleY);
    const height = Math.max(1, Math.min(image.height, Math.round(target.height / scale)));
    const width = Math.max(1, Math.min(image.width, Math.round(target.width / scale)));
    return { source: centered(height, width, image), placed: all };
  }
  if (fit === 'fill') {
    const scale = Math.min(scaleX, scaleY);
    const height = Math.max(1, Math.min(target.height, Math.round(image.height * scale)));
    const width = Math.max(1, Math.min(target.width, Math.round(image.width * scale)));
    return { source: whole, placed: centered(height, width, target) };
  }
  return { source: whole, placed: all };
}

function centered(height: number, width: number, within: Size): Box {
  return { top: (within.height - height) >> 1, left: (within.width - width) >> 1, height, width };
}

function cut(pixels: Pixels, box: Box): Pixels {
  if (box.height === pixels.height && box.width === pixels.width) return pixels;
  const rowBytes = box.width * pixels.channels;
  const data = new Uint8Array(box.height * rowBytes);
  for (let y = 0; y < box.height; y++) {
    const from = ((box.top + y) * pixels.width + box.left) * pixels.channels;
    data.set(pixels.data.subarray(from, from + rowBytes), y * rowBytes);
  }
  return { data, channels: pixels.channels, height: box.height, width: box.width };
}

function place(pixels: Pixels, box: Box, target: Size): Pixels {
  if (box.height === target.height && box.width === target.width) return pixels;
  const rowBytes = box.width * pixels.channels;
  const data = new Uint8Array(target.height * target.width * pixels.channels);
  for (let y = 0; y < box.height; y++) {
    const to = ((box.top + y) * target.width + box.left) * pixels.channels;
    data.set(pixels.data.subarray(y * rowBytes, (y + 1) * rowBytes), to);
  }
  return { data, channels: pixels.channels, ...target };
}

async function resizeAntialiased(pixels: Pixels, { height, width }: Size): Promise<Pixels> {
  const sharp = await loadSharp();
  const { channels } = pixels;
  const raw = { width: pixels.width, height: pixels.height, channels: channels as 1 | 2 | 3 | 4 };
  const image = sharp(pixels.data, { raw }).resize({ width, height, fit: 'fill', kernel: 'linear' });
  // sharp turns grey input into RGB unless told otherwise.
  const { data } = await (channels < 3 ? image.toColourspace('b-w') : image)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, channels, height, width };
}

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
