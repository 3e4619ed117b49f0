import * as tf from '@tensorflow/tfjs-core';
import type { ImageShape } from '../../data/samples';

/** Returns the height and width of the largest image of nearly the same shape with at most this many values; undefined if there is none. */
export function thumbnailSize(
  [height, width, channels]: ImageShape,
  numbers: number,
): readonly [height: number, width: number] | undefined {
  const most = Math.floor(numbers / channels);
  if (most < 1) return undefined;
  const rows = Math.min(height, most, Math.max(1, Math.floor(height * Math.sqrt(most / (height * width)) + 1e-9)));
  return [rows, Math.min(width, Math.max(1, Math.floor(most / rows)))];
}

/**
 * Shrinks images `[N, H, W, C]`, so that each value of a thumbnail is the mean of the area that it covers, and enlarges them again by cubic
 * convolution (Keys, 1981). `round` is applied to the values of the thumbnail.
 */
export function throughThumbnail(
  images: tf.Tensor4D,
  [rows, columns]: readonly [height: number, width: number],
  round: (values: tf.Tensor4D) => tf.Tensor4D = (values) => values,
): tf.Tensor4D {
  const [, height, width] = images.shape;
  return tf.tidy(() => {
    const small = resample(images, areaMeans(height, rows), areaMeans(width, columns));
    return resample(round(small), cubicWeights(rows, height), cubicWeights(columns, width));
  });
}

/** Multiplies each channel of images by `rows` `[h, H]` from the left and by the transpose of `columns` `[w, W]` from the right. */
function resample(images: tf.Tensor4D, rows: tf.Tensor2D, columns: tf.Tensor2D): tf.Tensor4D {
  const [count, height, width, channels] = images.shape;
  const [newHeight, newWidth] = [rows.shape[0], columns.shape[0]];
  const lines = tf.reshape(tf.transpose(images, [0, 3, 1, 2]), [count * channels * height, width]);
  const narrow = tf.reshape(tf.matMul(lines, columns, false, true), [count * channels, height, newWidth]);
  const upright = tf.reshape(tf.transpose(narrow, [0, 2, 1]), [count * channels * newWidth, height]);
  const small = tf.reshape(tf.matMul(upright, rows, false, true), [count, channels, newWidth, newHeight]);
  return tf.transpose(small, [0, 3, 2, 1]) as tf.Tensor4D;
}

/** `[to, from]`: means over equal stretches of a line, including fractions of pixels. */
function areaMeans(from: number, to: number): tf.Tensor2D {
  const weights = new Float32Array(to * from);
  const step = from / to;
  for (let i = 0; i < to; i++) {
    for (let k = Math.floor(i * step); k < Math.min(from, Math.ceil((i + 1) * step)); k++) {
      const covered = Math.min(k + 1, (i + 1) * step) - Math.max(k, i * step);
      weights[i * from + k] = Math.max(0, covered) / step;
    }
  }
  return tf.tensor2d(weights, [to, from]);
}

/** `[to, from]`: cubic convolution; near the ends, the weights of the existing values are scaled to sum to 1. */
function cubicWeights(from: number, to: number): tf.Tensor2D {
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = ((i + 0.5) * from) / to - 0.5;
    const first = Math.max(0, Math.floor(at) - 1);
    const last = Math.min(from - 1, Math.floor(at) + 2);
    let sum = 0;
    for (let k = first; k <= last; k++) sum += cubic(Math.abs(at - k));
    for (let k = first; k <= last; k++) weights[i * from + k] = cubic(Math.abs(at - k)) / sum;
  }
  return tf.tensor2d(weights, [to, from]);
}

/** Keys' kernel, a = -1/2. */
function cubic(x: number): number {
  if (x < 1) return 1.5 * x ** 3 - 2.5 * x ** 2 + 1;
  return x < 2 ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 : 0;
}
