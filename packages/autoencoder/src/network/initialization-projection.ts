/**
 * Initial weights that make an autoencoder close to a linear projection before any training: the encoder keeps the low frequencies of the
 * image, and the decoder is its adjoint.
 *
 * - Convolutions mix channels at one point: an orthogonal matrix at the kernel's center ("delta-orthogonal", Xiao et al.,
 *   2018) and a little noise elsewhere. Between ReLUs, channels come in pairs u and -u ("looks linear", Balduzzi et al.,
 *   2017): max(u, 0) and max(-u, 0) together keep what a single ReLU would lose.
 * - The code consists of the lowest frequencies of the features, a two-dimensional cosine transform of each channel; if
 *   there is no image to transform, of a random matrix.
 * - Each decoder layer that mirrors an encoder layer is its adjoint. After an unpooling, which leaves zeros between the
 *   values it puts in place, it also interpolates.
 * - The first bias maps mid-gray to zero, so that both halves of the pairs are used, and the last one restores it.
 *
 * docs/recipes.md says how much each part contributes.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { PixelFormat } from '../data/pixels';
import type { Random } from '../data/random';
import type { ImageShape } from '../data/samples';
import { lowestFrequencies } from './cosine-basis';
import { drawnWeights } from './initialization-scope';
import { drawUniformly, fanIn } from './initialization-torch';
import { adjointBetween } from './tied-weights';
import { VariationalCode } from './variational-code';

type Layer = layers.Layer;

/** Standard deviation of the noise on convolutions, relative to 1/sqrt(fan in). */
const noiseLevel = 0.1;

/** Initial log-variance of a variational code: low enough not to drown out the mean. */
const firstLogVariance = -4;

/** The surroundings of a layer with weights. */
interface Place {
  readonly layer: Layer;
  readonly afterRelu: boolean;
  readonly beforeRelu: boolean;
  /** The stride of the preceding unpooling. */
  readonly unpooledBy?: number;
  /** Shape, without the batch, of what is flattened just before, for a matrix on an image. */
  readonly flattened?: number[];
}

/** Draws kernels and biases; see above. Other kinds of convolutions are initialized as in Torch7, without biases. */
export function initializeAsProjection(
  model: LayersModel,
  random: Random,
  isOwn: (layer: Layer) => boolean,
  pixels: PixelFormat,
): void {
  const places = findPlaces(model);
  for (const [i, place] of places.entries()) {
    if (isOwn(place.layer)) continue;
    const mirror = i >= places.length / 2 ? places[places.length - 1 - i].layer : undefined;
    // A caller who chose the encoder's kernel did not choose its adjoint: an adjoint of zeros would never train.
    setWeights(place.layer, kernelOf(place, mirror && isOwn(mirror) ? undefined : mirror, random));
  }
  for (const layer of model.layers)
    if (!isKnown(layer) && !isOwn(layer)) drawUniformly(layer, random, { biases: false });
  if (places.length > 1) center(model.layers, places, isOwn, pixels);
}

function isKnown(layer: Layer): boolean {
  // A code that consists of its features has nothing to draw.
  if (layer instanceof VariationalCode) return layer.mapped;
  return ['Conv2D', 'Conv2DTranspose', 'Dense'].includes(layer.getClassName());
}

/** Layers that change only the level and scale of each channel. */
const transparent = /^(BatchNormalization|LayerNormalization|(Spatial|Gaussian|Alpha)?Dropout(1D)?|GaussianNoise)$/;

function findPlaces({ layers: list }: LayersModel): Place[] {
  const kinds = list.map((layer) => layer.getClassName());
  return list.flatMap((layer, i) => {
    if (!isKnown(layer)) return [];
    let before = i - 1;
    let unpooledBy: number | undefined;
    for (; before > 0 && (/^Max(Unp|P)ooling/.test(kinds[before]) || transparent.test(kinds[before])); before--) {
      if (kinds[before].startsWith('MaxUnpooling')) unpooledBy = strideOf(list[before]);
    }
    let after = i + 1;
    while (after < list.length && transparent.test(kinds[after])) after++;
    const flattened = kinds[before] === 'Flatten' ? inputShapeOf(list[before]) : undefined;
    const beforeRelu = endsInRelu(layer) || (activationOf(layer) === 'linear' && endsInRelu(list[after]));
    return [{ layer, unpooledBy, flattened, afterRelu: endsInRelu(list[before]), beforeRelu }];
  });
}

/** Whether a layer is a ReLU, or includes one. */
function endsInRelu(layer: Layer | undefined): boolean {
  return layer !== undefined && (layer.getClassName() === 'ReLU' || activationOf(layer) === 'relu');
}

function activationOf(layer: Layer): string {
  return String(layer.getConfig().activation ?? 'linear');
}

function inputShapeOf(layer: Layer): number[] {
  return layer.inboundNodes[0].inputTensors[0].shape.slice(1) as number[];
}

function strideOf(unpooling: Layer): number {
  const [outputHeight] = unpooling.inboundNodes[0].outputTensors[0].shape.slice(1) as number[];
  return Math.round(outputHeight / inputShapeOf(unpooling)[0]);
}

/** Returns the kernel of a layer; if it mirrors an encoder layer, that layer's adjoint. */
function kernelOf(place: Place, mirror: Layer | undefined, random: Random): tf.Tensor {
  const { layer, flattened } = place;
  const shape = layer.getWeights()[0].shape as number[];
  const adjoint = mirror && adjointBetween(mirror, layer);
  return tf.tidy(() => {
    if (shape.length === 4) {
      const mixing = adjoint ? centerOf(adjoint(mirror.getWeights()[0])) : mixingOf(place, shape, random);
      return tf.add(spread(mixing, shape, place.unpooledBy), noiseOf(layer, shape, random));
    }
    if (adjoint) return adjoint(mirror.getWeights()[0]);
    const [features, units] = shape;
    if (flattened?.length === 3) return tf.tensor(lowestFrequencies(flattened as unknown as ImageShape, units), shape);
    return tf.tensor(
      random.normals(features * units).map((value) => value / Math.sqrt(features)),
      shape,
    );
  });
}

/** Returns the matrix at the center of a convolution's kernel, `[1, 1, a, b]`. */
function centerOf(kernel: tf.Tensor): tf.Tensor {
  const [height, width, a, b] = kernel.shape;
  return tf.slice(kernel, [Math.floor(height / 2), Math.floor(width / 2), 0, 0], [1, 1, a, b]);
}

/** Makes the matrix by which a convolution mixes channels at one point, `[1, 1, third, fourth]` in the kernel's order. */
function mixingOf({ layer, afterRelu, beforeRelu }: Place, shape: number[], random: Random): tf.Tensor {
  const isTransposed = layer.getClassName() === 'Conv2DTranspose';
  const [inputs, outputs] = isTransposed ? [shape[3], shape[2]] : [shape[2], shape[3]];
  const pairsIn = afterRelu && inputs % 2 === 0;
  const pairsOut = beforeRelu && outputs % 2 === 0;
  const plain = tf.tensor(orthogonal(pairsIn ? inputs / 2 : inputs, pairsOut ? outputs / 2 : outputs, random));
  const fromPairs = pairsIn ? tf.concat([plain, tf.neg(plain)], 0) : plain;
  const mixing = pairsOut ? tf.concat([fromPairs, tf.neg(fromPairs)], 1) : fromPairs;
  return tf.reshape(isTransposed ? tf.transpose(mixing) : mixing, [1, 1, shape[2], shape[3]]);
}

/** Returns random orthonormal rows (or columns, if there are fewer). */
function orthogonal(rows: number, columns: number, random: Random): number[][] {
  if (rows > columns) return transpose(orthogonal(columns, rows, random));
  const basis: number[][] = [];
  while (basis.length < rows) {
    const vector = Array.from(random.normals(columns));
    for (const other of basis) {
      const overlap = vector.reduce((sum, value, i) => sum + value * other[i], 0);
      for (let i = 0; i < columns; i++) vector[i] -= overlap * other[i];
    }
    const length = Math.hypot(...vector);
    // A vector close to the span of the others would leave only rounding errors.
    if (length > 1e-3) basis.push(vector.map((value) => value / length));
  }
  return basis;
}

function transpose(matrix: number[][]): number[][] {
  return matrix[0].map((_, i) => matrix.map((row) => row[i]));
}

/**
 * Puts a matrix at the center of a kernel. After an unpooling by `stride`, where one of stride^2 values is not zero, spreads it with the
 * weights of linear interpolation.
 */
function spread(mixing: tf.Tensor, [height, width]: number[], stride = 1): tf.Tensor {
  return tf.mul(mixing, tf.reshape(tf.outerProduct(ramp(height, stride), ramp(width, stride)), [height, width, 1, 1]));
}

/** Returns weights that fall linearly from the center to zero at a distance of `stride`, and sum to `stride`. */
function ramp(size: number, stride: number): tf.Tensor1D {
  const weights = Array.from({ length: size }, (_, i) => Math.max(0, 1 - Math.abs(i - Math.floor(size / 2)) / stride));
  const sum = weights.reduce((total, weight) => total + weight);
  return tf.tensor1d(weights.map((weight) => (weight * stride) / sum));
}

function noiseOf(layer: Layer, shape: number[], random: Random): tf.Tensor {
  const level = noiseLevel / Math.sqrt(fanIn(layer, shape));
  return tf.tensor(
    random.normals(tf.util.sizeFromShape(shape)).map((value) => value * level),
    shape,
  );
}

/** Sets a layer's kernel, which is disposed of, and its biases and log-variances. */
function setWeights(layer: Layer, kernel: tf.Tensor): void {
  const { kernels, others } = drawnWeights(layer);
  const isLogVariance = (i: number) => layer instanceof VariationalCode && i === layer.weights.length - 1;
  const weights = layer.getWeights().map((weight, i) => {
    if (i === 0) return kernel;
    if (!kernels.includes(i) && !others.includes(i)) return tf.clone(weight);
    return tf.fill(weight.shape, isLogVariance(i) ? firstLogVariance : 0);
  });
  layer.setWeights(weights);
  tf.dispose(weights);
}

/** Layers that map gray to gray. */
const neutral =
  /^(InputLayer|Flatten|Reshape|Permute|Cropping2D|ZeroPadding2D|ReLU|Max(Unp|P)ooling.*|(Spatial|Gaussian|Alpha)?Dropout(1D)?|GaussianNoise)$/;

/** Shifts the values between the first and the last layer so that mid-gray is zero there. */
function center(
  list: readonly Layer[],
  places: readonly Place[],
  isOwn: (layer: Layer) => boolean,
  { scale }: PixelFormat,
): void {
  const gray = (255 * scale) / 2;
  const [first, last] = [places[0].layer, places[places.length - 1].layer];
  const areNeutral = (some: readonly Layer[]) => some.every((layer) => neutral.test(layer.getClassName()));
  if (!isOwn(first) && areNeutral(list.slice(0, list.indexOf(first)))) {
    shiftBias(first, (kernel) =>
      tf.mul(tf.sum(tf.reshape(kernel, [-1, kernel.shape[kernel.shape.length - 1]]), 0), -gray),
    );
  }
  // A sigmoid already maps zero to gray.
  const passes = ['linear', 'relu'].includes(activationOf(last));
  if (!isOwn(last) && passes && areNeutral(list.slice(list.indexOf(last) + 1))) shiftBias(last, () => tf.scalar(gray));
}

function shiftBias(layer: Layer, shiftOf: (kernel: tf.Tensor) => tf.Tensor): void {
  if (!drawnWeights(layer).others.includes(1)) return;
  const [kernel, bias, ...rest] = layer.getWeights();
  const shifted = tf.tidy(() => tf.add(bias, shiftOf(kernel)));
  layer.setWeights([kernel, shifted, ...rest]);
  shifted.dispose();
}
