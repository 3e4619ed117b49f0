import { BlockTransform2D, ZonalCode } from '@ae/layers';
import { cosineMatrix } from '@ae/layers/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { PixelFormat } from '../../data/pixels';
import { AutoencoderError } from '../../errors/errors';
import { transformNames } from './architecture';
import type { BlockPlan } from './block-plan';
import { firstZones } from './zones';

/** A linear code of blocks: how numbers are computed from cosine coefficients. */
export interface LinearCode {
  /** `[C, C]`: each column is a direction in color space. */
  readonly colors: Float64Array;
  /** Indices of the coefficients that are considered, `(c * width + u) * height + v` each. */
  readonly positions: Int32Array;
  /** The mean of each of those coefficients. */
  readonly means: Float64Array;
  /** `[coefficients, kept]` by rows: orthonormal columns, or columns of zeros that no zone uses. */
  readonly basis: Float64Array;
  /** `[zones, numbers - 1]`: the columns that each zone keeps. Default: the first ones. */
  readonly zones?: Int32Array;
  /** The standard deviation of each number; needed only for a variational code. */
  readonly deviations?: Float64Array;
}

/** Squared deviations of a variational code are at least this fraction of the largest. */
const leastVariance = 1e-8;
/** A log-variance below which a code is practically certain. */
const leastLogVariance = -12;

/** Returns how the linear part of a network splits images into blocks; undefined if it has no such part. */
export function linearPartOf(model: LayersModel): BlockPlan | undefined {
  const [analysis, toCode] = [transformNames.analysis, transformNames.toCode].map((name) =>
    model.layers.find((layer) => layer.name === name),
  );
  if (!(analysis instanceof BlockTransform2D) || !toCode) return undefined;
  const [, rows, columns, kept] = toCode.outputShape as number[];
  const zonal = model.layers.find(({ name }) => name === transformNames.zones);
  const { zones, numbers } = zonal instanceof ZonalCode ? zonal : { zones: 1, numbers: kept };
  const { blockSize, coefficients } = analysis;
  return { blockSize, coefficients, grid: [rows, columns], numbers, zones, kept };
}

/** Returns the same for a network that must have a linear part: throws INVALID_OPTION for others. */
export function requireLinearPart(model: LayersModel): BlockPlan {
  const plan = linearPartOf(model);
  if (plan) return plan;
  throw new AutoencoderError('INVALID_OPTION', 'computeStart: only preset transform has such a start.');
}

/**
 * Sets the weights of the linear layers of a transform network.
 *
 * The numbers of a variational code are scaled to a standard deviation of 1, and back. Given these, the best variance of their noise is
 * known as well: the linear case of a variational autoencoder is probabilistic PCA (Lucas et al., 2019), in which `beta / 2` plays the role
 * of the noise in pixels.
 */
export function setLinearCode(model: LayersModel, code: LinearCode, beta?: number): void {
  const plan = requireLinearPart(model);
  const { blockSize, coefficients, kept } = plan;
  const channels = model.inputs[0].shape[3] as number;
  const places = new Float32Array(blockSize[0] * blockSize[1] * channels).fill(coefficients);
  for (const [place, position] of code.positions.entries()) places[position] = place;
  const offsets = new Float64Array(kept);
  for (let i = 0; i < coefficients; i++) {
    for (let j = 0; j < kept; j++) offsets[j] -= code.means[i] * code.basis[i * kept + j];
  }
  const distribution = model.layers.find(({ name }) => name === transformNames.distribution);
  const scales = distribution ? scalesOf(code) : new Float64Array(kept).fill(1);
  const scaled = (values: Float64Array, power: 1 | -1) =>
    timesByColumn(
      values,
      scales.map((scale) => scale ** power),
    );
  tf.tidy(() => {
    const colors = tf.tensor2d(Float32Array.from(code.colors), [channels, channels]);
    const basis = tf.tensor2d(scaled(code.basis, -1), [coefficients, kept]);
    const back = tf.transpose(tf.tensor2d(scaled(code.basis, 1), [coefficients, kept]));
    const set = (name: string, weights: tf.Tensor[]) => model.getLayer(name).setWeights(weights);
    set(transformNames.analysis, [colors, tf.tensor1d(Float32Array.from(code.positions))]);
    set(transformNames.toCode, [basis, tf.tensor1d(scaled(offsets, -1))]);
    set(transformNames.fromCode, [back, tf.tensor1d(Float32Array.from(code.means))]);
    set(transformNames.synthesis, [colors, tf.tensor1d(places)]);
    if (plan.zones > 1) {
      const zones = Float32Array.from(code.zones ?? firstZones(plan));
      const weights = [tf.tensor2d(zones, [plan.zones, plan.numbers - 1]), tf.zeros([kept])];
      for (const name of [transformNames.zones, transformNames.fromZones]) set(name, weights);
    }
    if (distribution && beta !== undefined) {
      distribution.setWeights([tf.tensor1d(Float32Array.from(scales, (scale) => logVarianceOf(scale ** 2, beta)))]);
    }
  });
}

/** Multiplies each column of a matrix. A loop, because Float32Array.from first makes a list of millions of values, which takes seconds. */
function timesByColumn(matrix: Float64Array, factors: Float64Array): Float32Array {
  const products = new Float32Array(matrix.length);
  for (let row = 0; row < matrix.length; row += factors.length) {
    for (let column = 0; column < factors.length; column++)
      products[row + column] = matrix[row + column] * factors[column];
  }
  return products;
}

/** Returns the factor by which a number of a variational code is multiplied when it is decoded. */
function scalesOf({ deviations, basis, positions }: LinearCode): Float64Array {
  const known = deviations ?? new Float64Array(basis.length / positions.length).fill(1);
  const most = known.reduce((max, value) => Math.max(max, value), 0);
  const least = most > 0 ? Math.sqrt(leastVariance) * most : 1;
  return known.map((value) => Math.max(value, least));
}

/**
 * Returns the variance of a code's noise that minimizes error and divergence together, for a number with variance 1 that stands for
 * `variance`.
 */
function logVarianceOf(variance: number, beta: number): number {
  return Math.max(leastLogVariance, Math.log(beta / 2 / (variance + beta / 2)));
}

/** Returns the code that requires no images: the lowest frequencies, twice as many for brightness as for color in each direction. */
export function cosineCode(model: LayersModel, { scale }: PixelFormat): LinearCode {
  const { blockSize, coefficients, numbers, kept } = requireLinearPart(model);
  const [height, width] = blockSize;
  const channels = model.inputs[0].shape[3] as number;
  const values = height * width * channels;
  const distance = new Float64Array(values);
  for (let i = 0; i < values; i++) {
    const [v, u, c] = [i % height, Math.floor(i / height) % width, Math.floor(i / (height * width))];
    distance[i] = Math.hypot(v / height, u / width) * (c === 0 ? 1 : 2);
  }
  const positions = Int32Array.from(distance.keys())
    .sort((a, b) => distance[a] - distance[b] || a - b)
    .slice(0, coefficients);
  const means = new Float64Array(coefficients);
  const gray = positions.indexOf(0);
  // The lowest coefficient of a uniform image is its level times the square root of the number of values it stands for.
  if (gray >= 0) means[gray] = 127.5 * scale * Math.sqrt(values);
  // As in photographs: the power of a frequency falls with its square (Field, 1987).
  const brightness = 64 * scale * Math.sqrt(values);
  const deviations = Float64Array.from(positions.slice(0, numbers), (position) => {
    return brightness / (1 + distance[position] * Math.max(height, width));
  });
  const colors = transposed(cosineMatrix(channels), channels);
  return { colors, positions, means, deviations, basis: firstColumns(coefficients, kept) };
}

/** A matrix `[rows, columns]` with the first `count` columns of the identity, followed by zeros. */
export function firstColumns(rows: number, columns: number, count = columns): Float64Array {
  const matrix = new Float64Array(rows * columns);
  for (let i = 0; i < Math.min(rows, count); i++) matrix[i * columns + i] = 1;
  return matrix;
}

function transposed(matrix: Float64Array, size: number): Float64Array {
  return Float64Array.from(matrix, (_, i) => matrix[(i % size) * size + Math.floor(i / size)]);
}
