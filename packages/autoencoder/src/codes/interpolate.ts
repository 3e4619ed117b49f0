import * as tf from '@tensorflow/tfjs-core';
import { samplesToTensor, valuesToSamples } from '../data/pixels';
import { type Sample, shapeOf } from '../data/samples';
import { AutoencoderError, checkKeys, checkNumber, invalidOption } from '../errors/errors';
import { fixedMasks } from '../network/masks';
import type { Network } from '../network/network';
import { type CodeZones, inZonesOf, zonesOf } from './zoned-codes';

/**
 * The masks that the decoder gets for all steps: those of the first image, those of the second, or fixed ones, with every maximum in the
 * top left of its window. Masks cannot be interpolated, so one of these must be chosen.
 */
export type InterpolationMasks = 'first' | 'second' | 'fixed';

/** The masks and the number of steps of `interpolate`. */
export interface InterpolateOptions {
  readonly masks: InterpolationMasks;
  /** Number of images to make, including both ends, at least 2. Default 8. */
  readonly steps?: number;
}

/** Decodes codes on the straight line from one image's code to another's; the ends are reconstructions of the two images. */
export async function interpolateImages(
  network: Network,
  first: Sample,
  second: Sample,
  options: InterpolateOptions,
): Promise<Sample<Uint8Array>[]> {
  const { pixels } = network;
  checkKeys('interpolate', options, ['masks', 'steps']);
  const { masks: whose, steps = 8 } = options;
  checkNumber('steps', steps, { min: 2, integer: true });
  if (!['first', 'second', 'fixed'].includes(whose)) {
    throw invalidOption('masks', 'one of first, second, fixed', whose, 'say whose masks to decode with');
  }
  const ends = [first, second].map((sample, i) => network.checkSample(sample, i));
  const shapes = ends.map(shapeOf);
  if (String(shapes[0]) !== String(shapes[1])) throw differentSizes(shapes);
  const [shape] = shapes;
  const images = samplesToTensor(ends, shape, pixels);
  const { code: codes, masks: own } = network.encode(images);
  const between = line((await codes.data()) as Float32Array, steps, await zonesOf(network));
  const output = tf.tidy(() => {
    const masks = whose === 'fixed' ? fixedMasks(network, steps) : own.map((mask) => repeat(mask, whose));
    const code = tf.tensor<tf.Rank>(between, [steps, ...(codes.shape as number[]).slice(1)]) as tf.Tensor2D;
    return network.decode(code, masks, [shape[0], shape[1]]);
  });
  tf.dispose([images, codes, own]);
  const values = await output.data();
  output.dispose();
  return valuesToSamples(values, shape, pixels);

  function repeat(mask: tf.Tensor4D, end: 'first' | 'second'): tf.Tensor4D {
    const row = tf.slice(mask, end === 'first' ? 0 : 1, 1);
    return tf.tile(row, [steps, 1, 1, 1]);
  }
}

/**
 * Returns codes on the line between two. There is nothing between two zones: up to the middle, the second image's code is expressed in the
 * zones of the first, and from there on the other way around.
 */
function line(codes: Float32Array, steps: number, zones?: CodeZones): Float32Array {
  const size = codes.length / 2;
  const [first, second] = [codes.subarray(0, size), codes.subarray(size)];
  const [firstAsSecond, secondAsFirst] = zones
    ? [inZonesOf(second, first, zones), inZonesOf(first, second, zones)]
    : [first, second];
  const result = new Float32Array(steps * size);
  for (let step = 0; step < steps; step++) {
    const t = step / (steps - 1);
    const [from, to] = t < 0.5 ? [first, secondAsFirst] : [firstAsSecond, second];
    for (let i = 0; i < size; i++) result[step * size + i] = (1 - t) * from[i] + t * to[i];
  }
  return result;
}

function differentSizes(shapes: readonly (readonly number[])[]): AutoencoderError {
  const [expected, received] = shapes.map((shape) => shape.slice(0, 2).join('x'));
  return new AutoencoderError(
    'INVALID_SAMPLE',
    `interpolate: expected the second image to be ${expected} (height x width), like the first, received ${received}.`,
  );
}
