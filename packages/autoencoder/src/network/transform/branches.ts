import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { Random } from '../../data/random';
import { transformNames } from './architecture';

/**
 * Draws the first filters of branches so that they ignore the brightness of an image and respond to differences between pixels: on white
 * pages, all features would otherwise be large together, the first steps would push them below zero, and a ReLU passes no gradient there.
 */
export function drawBranches(model: LayersModel, random: Random, isOwn: (layer: layers.Layer) => boolean): void {
  for (const layer of model.layers) {
    if (!transformNames.branches.some((name) => layer.name === `${name}_down`) || isOwn(layer)) continue;
    const [kernel, ...others] = layer.getWeights();
    const balanced = tf.tensor(balancedKernel(kernel.shape, random), kernel.shape);
    layer.setWeights([balanced, ...others]);
    balanced.dispose();
  }
}

/** Draws a kernel `[height, width, in, out]` as in Glorot and Bengio (2010), with filters that sum to zero over every channel. */
function balancedKernel(shape: number[], random: Random): Float32Array {
  const [height, width, inputs, outputs] = shape;
  const area = height * width;
  const filters = inputs * outputs;
  const deviation = Math.sqrt(2 / (area * (inputs + outputs)));
  const values = random.normals(area * filters);
  return values.map((value, i) => {
    let sum = 0;
    for (let k = i % filters; k < values.length; k += filters) sum += values[k];
    return deviation * (value - sum / area);
  });
}
