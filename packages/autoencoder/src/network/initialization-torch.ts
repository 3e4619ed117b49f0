import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { Random } from '../data/random';
import { drawnWeights } from './initialization-scope';

type Layer = layers.Layer;

/**
 * Draws weights and biases of convolutions and linear layers as Torch7 does: uniform in +-1/sqrt(fan in), where the fan in is the number of
 * inputs that a unit sums over (`reset` in torch/nn SpatialConvolution.lua, SpatialFullConvolution.lua and Linear.lua).
 */
export function initializeAsTorch(model: LayersModel, random: Random, isOwn: (layer: Layer) => boolean): void {
  for (const layer of model.layers) if (!isOwn(layer)) drawUniformly(layer, random, { biases: true });
}

/** Draws a layer's kernels in the same way, and its biases if requested; leaves its other weights unchanged. */
export function drawUniformly(layer: Layer, random: Random, { biases }: { biases: boolean }): void {
  const { kernels, others } = drawnWeights(layer);
  if (kernels.length === 0) return;
  const weights = layer.getWeights();
  const drawn = weights.map((weight, i) => {
    if (!kernels.includes(i) && !(biases && others.includes(i))) return tf.clone(weight);
    // A bias has the range of the kernel before it, whose output it is added to.
    const kernel = weights[kernels.filter((k) => k <= i).at(-1) as number];
    return uniformTensor(weight.shape, 1 / Math.sqrt(fanIn(layer, kernel.shape)), random);
  });
  layer.setWeights(drawn);
  tf.dispose(drawn);
}

/**
 * Kernels are `[inputs, units]`, `[...sizes, in, out]`, for transposed convolutions `[...sizes, out, in]`, and `[kh, kw, in, multiplier]`
 * for depthwise convolutions.
 */
export function fanIn(layer: Layer, kernelShape: number[]): number {
  const kind = layer.getClassName();
  const [third, fourth] = kernelShape.slice(-2);
  const area = kernelShape.slice(0, -2).reduce((product, size) => product * size, 1);
  if (kind === 'DepthwiseConv2D' || (kind === 'SeparableConv2D' && area > 1)) return area;
  return area * (kind.endsWith('Transpose') ? fourth : third);
}

function uniformTensor(shape: number[], bound: number, random: Random): tf.Tensor {
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * bound;
  return tf.tensor(values, shape);
}
