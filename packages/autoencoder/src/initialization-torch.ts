import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { Random } from './random';

type Layer = layers.Layer;

/**
 * Draws all weights and biases as Torch7 does: uniform in +-1/sqrt(fan in), where the fan in is the number of inputs
 * a unit sums over (torch/nn SpatialConvolution.lua, SpatialFullConvolution.lua and Linear.lua, `reset`).
 */
export function initializeAsTorch(model: LayersModel, random: Random): void {
  for (const layer of model.layers) {
    const weights = layer.getWeights();
    if (weights.length === 0) continue;
    const bound = 1 / Math.sqrt(fanIn(layer, weights[0].shape));
    const drawn = weights.map(({ shape }) => uniformTensor(shape, bound, random));
    layer.setWeights(drawn);
    tf.dispose(drawn);
  }
}

/** Draws a layer's kernels likewise, and leaves its other weights as they are. */
export function drawKernelsUniformly(layer: Layer, random: Random): void {
  const weights = layer.getWeights();
  if (!layer.weights.some(({ originalName }) => originalName.endsWith('kernel'))) return;
  const drawn = weights.map((weight, i) => {
    if (!layer.weights[i].originalName.endsWith('kernel')) return tf.clone(weight);
    return uniformTensor(weight.shape, 1 / Math.sqrt(fanIn(layer, weight.shape)), random);
  });
  layer.setWeights(drawn);
  tf.dispose(drawn);
}

/** Kernels are `[inputs, units]`, `[kh, kw, in, out]` and, for transposed convolutions, `[kh, kw, out, in]`. */
export function fanIn(layer: Layer, kernelShape: number[]): number {
  if (kernelShape.length !== 4) return kernelShape[0];
  const [height, width, third, fourth] = kernelShape;
  return height * width * (layer.getClassName() === 'Conv2DTranspose' ? fourth : third);
}

function uniformTensor(shape: number[], bound: number, random: Random): tf.Tensor {
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * bound;
  return tf.tensor(values, shape);
}
