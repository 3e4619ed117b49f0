import { meanSquaredError } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError } from '../errors/errors';
import { checkOption, type FilledOf, withDefaults } from '../errors/option-kinds';
import { type LossName, type LossOptions, losses, trainingOptions } from './options';

/** Computes a loss of `[N, H, W, C]` images, differentiable with respect to the prediction; the caller disposes of it. */
export type Loss = (target: tf.Tensor4D, prediction: tf.Tensor4D) => tf.Scalar;

const factories: { readonly [N in LossName]: (options: LossOf<N>, peak: number) => Loss } = {
  mse: () => meanSquaredError,
  mae: () => (target, prediction) => tf.tidy(() => tf.mean(tf.abs(tf.sub(prediction, target))) as tf.Scalar),
  ssim: ({ weight }, peak) => ssimLoss(weight, peak),
};

type LossOf<N extends LossName> = FilledOf<(typeof losses)[N]['options']>;

/** Makes a loss for values between 0 and `peak`; throws INVALID_OPTION. */
export function createLoss(options: LossOptions, peak: number): Loss {
  checkOption('loss', trainingOptions.loss, options);
  const { name, ...given } = options;
  const create = factories[name] as (options: object, peak: number) => Loss;
  return create(withDefaults(losses[name].options, given), peak);
}

function ssimLoss(weight: number, peak: number): Loss {
  return (target, prediction) =>
    tf.tidy(() => {
      const [a, b] = [tf.div<tf.Tensor4D>(target, peak), tf.div<tf.Tensor4D>(prediction, peak)];
      const dissimilarity = tf.sub(1, structuralSimilarity(a, b));
      const absolute = tf.mean(tf.abs(tf.sub(b, a)));
      return tf.add(tf.mul(dissimilarity, weight), tf.mul(absolute, 1 - weight)) as tf.Scalar;
    });
}

const windowSize = 11;
const windowSigma = 1.5;
const c1 = 0.01 ** 2;
const c2 = 0.03 ** 2;

/** The mean SSIM of images in [0, 1]; metrics/ssim.ts has the definition, this is its differentiable form. */
function structuralSimilarity(a: tf.Tensor4D, b: tf.Tensor4D): tf.Scalar {
  const [, height, width] = a.shape;
  if (height < windowSize || width < windowSize) {
    throw new AutoencoderError('INVALID_OPTION', {
      where: 'loss',
      expected: `images of at least ${windowSize}x${windowSize} for ssim`,
      received: `${height}x${width}`,
      todo: 'choose mse or mae',
    });
  }
  const rows = blurMatrix(height);
  const columns = blurMatrix(width);
  const blur = (x: tf.Tensor4D) => blurWith(rows, columns, x);
  const [meanA, meanB] = [blur(a), blur(b)];
  const products = tf.mul(meanA, meanB);
  const squares = tf.add(tf.square(meanA), tf.square(meanB));
  const covariance = tf.sub(blur(tf.mul(a, b)), products);
  const variances = tf.sub(blur(tf.add(tf.square(a), tf.square(b))), squares);
  const numerator = tf.mul(tf.add(tf.mul(products, 2), c1), tf.add(tf.mul(covariance, 2), c2));
  const denominator = tf.mul(tf.add(squares, c1), tf.add(variances, c2));
  return tf.mean(tf.div(numerator, denominator)) as tf.Scalar;
}

/**
 * Applies the Gaussian window along both axes, with two products with band matrices instead of a depthwise convolution, because every
 * backend has the gradient of a product.
 */
function blurWith(rows: tf.Tensor3D, columns: tf.Tensor3D, x: tf.Tensor4D): tf.Tensor4D {
  const [count, height, width, channels] = x.shape;
  const outHeight = rows.shape[1];
  const blurredRows = tf.matMul(rows, tf.reshape(x, [count, height, width * channels]));
  const blurred = tf.matMul(columns, tf.reshape(blurredRows, [count * outHeight, width, channels]));
  return tf.reshape(blurred, [count, outHeight, columns.shape[1], channels]);
}

/** `[1, size - 10, size]`: row i contains the window's weights for the values i to i + 10. */
function blurMatrix(size: number): tf.Tensor3D {
  const weights = Array.from({ length: windowSize }, (_, i) =>
    Math.exp(-((i - (windowSize - 1) / 2) ** 2) / (2 * windowSigma ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight);
  const outSize = size - windowSize + 1;
  const values = new Float32Array(outSize * size);
  for (let i = 0; i < outSize; i++) {
    for (let k = 0; k < windowSize; k++) values[i * size + i + k] = weights[k] / sum;
  }
  return tf.tensor3d(values, [1, outSize, size]);
}
