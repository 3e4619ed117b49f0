import * as tf from '@tensorflow/tfjs-core';
import { samplesToTensor, valuesToSamples } from '../data/pixels';
import { type Sample, shapeOf } from '../data/samples';
import { AutoencoderError, checkKeys, checkNumber, invalidOption } from '../errors/errors';
import { fixedMasks } from '../network/masks';
import type { Network } from '../network/network';

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
  const output = tf.tidy(() => {
    const images = samplesToTensor(ends, shape, pixels);
    const { code: codes, masks: own } = network.encode(images);
    const masks = whose === 'fixed' ? fixedMasks(network, steps) : own.map((mask) => repeat(mask, whose));
    const codeShape = codes.shape.slice(1);
    const [from, to] = tf.split(tf.reshape(codes, [2, -1]), 2);
    const t = tf.reshape(tf.linspace(0, 1, steps), [steps, 1]);
    const between = tf.reshape(tf.add(tf.mul(from, tf.sub(1, t)), tf.mul(to, t)), [steps, ...codeShape]);
    return network.decode(between as tf.Tensor2D, masks, [shape[0], shape[1]]);
  });
  const values = await output.data();
  output.dispose();
  return valuesToSamples(values, shape, pixels);

  function repeat(mask: tf.Tensor4D, end: 'first' | 'second'): tf.Tensor4D {
    const row = tf.slice(mask, end === 'first' ? 0 : 1, 1);
    return tf.tile(row, [steps, 1, 1, 1]);
  }
}

function differentSizes(shapes: readonly (readonly number[])[]): AutoencoderError {
  const [expected, received] = shapes.map((shape) => shape.slice(0, 2).join('x'));
  return new AutoencoderError(
    'INVALID_SAMPLE',
    `interpolate: expected the second image to be ${expected} (height x width), like the first, received ${received}.`,
  );
}
