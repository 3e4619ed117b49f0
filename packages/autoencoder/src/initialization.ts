import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { Random } from './random';

type Layer = layers.Layer;

/**
 * Draws all weights and biases as Torch7 does: uniform in +-1/sqrt(fan in), where the fan in is the number of inputs
 * a unit sums over (torch/nn SpatialConvolution.lua, SpatialFullConvolution.lua and Linear.lua, `reset`). The numbers
 * come from `seed` alone, so every backend starts from the same weights.
 */
export function initializeAsTorch(model: LayersModel, seed: number): void {
  const random = new Random(seed);
  for (const layer of model.layers) {
    const weights = layer.getWeights();
    if (weights.length === 0) continue;
    const bound = 1 / Math.sqrt(fanIn(layer, weights[0].shape));
    const drawn = weights.map(({ shape }) => uniformTensor(shape, bound, random));
    layer.setWeights(drawn);
    tf.dispose(drawn);
  }
}

/** Kernels are `[inputs, units]`, `[kh, kw, in, out]` and, for transposed convolutions, `[kh, kw, out, in]`. */
function fanIn(layer: Layer, kernelShape: number[]): number {
  if (kernelShape.length !== 4) return kernelShape[0];
  const [height, width, third, fourth] = kernelShape;
  return height * width * (layer.getClassName() === 'Conv2DTranspose' ? fourth : third);
}

function uniformTensor(shape: number[], bound: number, random: Random): tf.Tensor {
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * bound;
  return tf.tensor(values, shape);
}
