import * as tf from '@tensorflow/tfjs-core';
import { checkChoice, checkNumber, checkObject, checkObjects, invalidOption } from '../errors/errors';
import { checkOptions, withDefaults } from '../errors/option-kinds';
import { pixelOptions } from './pixel-options';
import { checkSample, checkShape, type ImageShape, type Sample } from './samples';

/** How bytes are converted to network inputs, and outputs to bytes. */
export interface PixelFormat {
  /** Factor that bytes are multiplied by before they enter the network. Default 1/256, as in the Torch original. */
  readonly scale: number;
  /** Channel order of the network for samples of 3 or 4 channels. Default 'rgb'; samples are stored as 'bgr'. */
  readonly channelOrder: 'rgb' | 'bgr';
}

/** The default conversion: divided by 256; red, green, blue. */
export const defaultPixels: PixelFormat = withDefaults(pixelOptions, {});

/** Fills in the defaults of missing options; throws INVALID_OPTION for values out of range. */
export function resolvePixels(pixels: Partial<PixelFormat> = {}): PixelFormat {
  checkOptions('pixels', pixelOptions, pixels);
  return withDefaults(pixelOptions, pixels);
}

/** Tells whether samples with this many channels are color images: blue, green, red, and possibly alpha. */
export function isColored(channels: number): boolean {
  return channels === 3 || channels === 4;
}

/** Maps a network channel to the plane of a sample that contains it. */
function planeOf(channel: number, channels: number, format: PixelFormat): number {
  return isColored(channels) && channel < 3 && format.channelOrder === 'rgb' ? 2 - channel : channel;
}

/** Throws INVALID_OPTION unless `pixels` is a complete pixel format. */
function checkPixelFormat(where: string, pixels: unknown): asserts pixels is PixelFormat {
  checkObject(where, pixels, "{ scale: 1 / 256, channelOrder: 'rgb' }");
  const { scale, channelOrder } = pixels as Partial<PixelFormat>;
  checkNumber(`${where}.scale`, scale, { min: 0, exclusiveMin: true });
  checkChoice(`${where}.channelOrder`, channelOrder, ['rgb', 'bgr']);
}

/** Throws INVALID_OPTION unless `format` says how a network takes images. */
export function checkFormat(where: string, format: { readonly inputShape: ImageShape; readonly pixels: PixelFormat }) {
  checkObject(where, format, '{ inputShape: [height, width, channels], pixels: defaultPixels }');
  checkShape(`${where}, inputShape`, format.inputShape);
  checkPixelFormat(`${where}, pixels`, format.pixels);
}

/** Converts planar bytes to a float32 tensor `[N, H, W, C]`, which belongs to the caller. */
export function samplesToTensor(samples: readonly Sample[], shape: ImageShape, format: PixelFormat): tf.Tensor4D {
  checkObjects('samplesToTensor', samples, 'samples');
  checkShape('samplesToTensor, shape', shape);
  checkPixelFormat('samplesToTensor, format', format);
  for (const [i, sample] of samples.entries()) checkSample(sample, i, shape);
  return tf.tensor4d(samplesToValues(samples, shape, format), [samples.length, ...shape]);
}

/** Converts planar bytes to flat values `[N, H, W, C]`. */
export function samplesToValues(samples: readonly Sample[], shape: ImageShape, format: PixelFormat): Float32Array {
  const [height, width, channels] = shape;
  const area = height * width;
  const values = new Float32Array(samples.length * area * channels);
  for (let n = 0; n < samples.length; n++) {
    const { data } = samples[n];
    const image = n * area * channels;
    for (let c = 0; c < channels; c++) {
      const plane = planeOf(c, channels, format) * area;
      let out = image + c;
      for (let i = plane; i < plane + area; i++, out += channels) values[out] = data[i] * format.scale;
    }
  }
  return values;
}

/** Converts flat network values `[N, H, W, C]` to planar bytes, clamped to 0 to 255 and rounded. */
export function valuesToSamples(
  values: ArrayLike<number>,
  shape: ImageShape,
  format: PixelFormat,
): Sample<Uint8Array>[] {
  checkShape('valuesToSamples, shape', shape);
  checkPixelFormat('valuesToSamples, format', format);
  if (!(values?.length >= 0)) throw invalidOption('valuesToSamples', 'the values of images', values);
  const [height, width, channels] = shape;
  const area = height * width;
  const samples: Sample<Uint8Array>[] = [];
  for (let image = 0; image < values.length; image += area * channels) {
    // Uint8ClampedArray clamps and rounds to nearest, which is what is needed here; NaN becomes 0.
    const data = new Uint8ClampedArray(area * channels);
    for (let c = 0; c < channels; c++) {
      const plane = planeOf(c, channels, format) * area;
      for (let i = 0; i < area; i++) data[plane + i] = values[image + i * channels + c] / format.scale;
    }
    samples.push({ channels, height, width, data: new Uint8Array(data.buffer) });
  }
  return samples;
}
