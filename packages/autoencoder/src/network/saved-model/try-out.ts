import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { reasonOf } from './build-network';
import type { Place } from './place';

/** Layers that can compute if they can be connected, because their configuration is checked thoroughly. The presets have no others. */
const understood = new Set([
  ...['InputLayer', 'Conv2D', 'Conv2DTranspose', 'Dense', 'ReLU', 'Activation', 'Flatten', 'Reshape'],
  ...['MaxPoolingWithIndices2D', 'MaxUnpooling2D', 'VariationalCode', 'BatchNormalization', 'LeakyReLU'],
]);

/** Maximum number of values in all layers together that are computed for the check. */
const cheap = 2 ** 24;

/**
 * Computes one black image with a network that contains unusual layers: some detect errors in their configuration only then. Throws
 * MODEL_INVALID.
 */
export function tryOut(model: LayersModel, place: Place): void {
  if (model.layers.every(isUnderstood) || numbersIn(model) > cheap) return;
  try {
    tf.tidy(() => {
      model.apply(tf.zeros([1, ...(model.inputs[0].shape.slice(1) as number[])]));
    });
  } catch (cause) {
    // A model that needs another engine is not invalid.
    if (/not registered for|not (yet )?(supported|implemented)/i.test(String(cause))) return;
    throw place.error(
      `expected a network that can compute an image, received one that cannot (${reasonOf(cause)})`,
      cause,
    );
  }
}

function isUnderstood(layer: layers.Layer): boolean {
  const inputs = layer.getClassName() === 'MaxUnpooling2D' ? 2 : 1;
  return (
    understood.has(layer.getClassName()) && layer.inboundNodes.every((node) => node.inputTensors.length === inputs)
  );
}

function numbersIn({ layers: all }: LayersModel): number {
  const tensors = all.flatMap((layer) => layer.inboundNodes.flatMap((node) => node.outputTensors));
  return tensors.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape.slice(1) as number[]), 0);
}
