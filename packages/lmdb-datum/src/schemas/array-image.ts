/** Converts arrays of pixels to planar Datums. */
import { kindOfImage } from '@ae/images/kind';
import { type Datum, imageFileDatum, noBytes } from '../datum/datum';
import { copyOf, type NdArray } from './python/nd-array';
import type { Variants } from './schema';

/** Channel order of an array. OpenCV's is the default in TensorPack and Caffe2. */
export type ColorOrder = 'bgr' | 'rgb';

/** The channel order as a choice, because arrays do not say. */
export const colorOrders: Variants = {
  choices: ['bgr', 'rgb'],
  chosen: 'bgr',
  say: (order) =>
    order === 'rgb'
      ? 'arrays in the order red, green, blue, as in Pillow'
      : 'arrays in the order blue, green, red, as in OpenCV',
};

type Pixels = NdArray['data'];

/**
 * Returns the Datum of an array of `[H, W]`, `[H, W, C]` or `[C, H, W]` (with or without a leading 1), or of one that contains an image
 * file; undefined if it is not an image. If both the first and the last dimension could be channels, bytes are `[H, W, C]` and floats `[C,
 * H, W]`.
 */
export function datumOfArray(array: NdArray, order: ColorOrder = 'bgr'): Datum | undefined {
  const { data } = array;
  const shape = array.shape.length === 4 && array.shape[0] === 1 ? array.shape.slice(1) : array.shape;
  if (shape.length === 1 && data instanceof Uint8Array && kindOfImage(data)) return imageFileDatum(data);
  if (shape.length < 2 || shape.length > 3 || !shape.every((size) => size > 0)) return undefined;
  const [first, second, third = 1] = shape;
  const isLast = shape.length === 2 || isChannelsLast(first, third, data);
  const [channels, height, width] = isLast ? [third, first, second] : [first, second, third];
  const planar = isLast && channels > 1 ? toPlanar(data, channels) : data;
  const stored = order === 'rgb' && channels >= 3 && channels <= 4 ? swapColors(planar, height * width) : planar;
  return planarDatum(channels, height, width, stored);
}

/** Makes a Datum from planes in stored order. */
function planarDatum(channels: number, height: number, width: number, data: Pixels): Datum {
  const size = { channels, height, width, encoded: false };
  if (data instanceof Uint8Array) return { ...size, data };
  return { ...size, data: noBytes, floatData: Float32Array.from(data) };
}

function isChannelsLast(first: number, last: number, data: Pixels): boolean {
  const [isFirst, isLast] = [first, last].map((count) => count === 1 || count === 3 || count === 4);
  if (isFirst !== isLast) return isLast;
  return isFirst ? data instanceof Uint8Array : last <= first;
}

function toPlanar<T extends Pixels>(data: T, channels: number): T {
  const out = copyOf(data);
  const count = data.length / channels;
  for (let c = 0; c < channels; c++) for (let i = 0; i < count; i++) out[c * count + i] = data[i * channels + c];
  return out;
}

function swapColors<T extends Pixels>(data: T, count: number): T {
  const out = copyOf(data);
  out.set(data.subarray(2 * count, 3 * count), 0);
  out.set(data.subarray(0, count), 2 * count);
  return out;
}
