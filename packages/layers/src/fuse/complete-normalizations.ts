import { ones, type Tensor, zeros } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';

/** The parts of tf.layers's BatchNormalization that its training mode reads. */
interface Normalization {
  scale: boolean;
  center: boolean;
  gamma?: { read(): Tensor };
  beta?: { read(): Tensor };
  movingMean: { shape: number[] };
}

/**
 * Makes batch normalizations without scale or offset, including those in nested models, work in training mode.
 *
 * Only there, tf.layers reads both without checking whether the layer has them. Their substitutes are not weights of the layer.
 */
export function completeNormalizations(list: readonly layers.Layer[]): void {
  for (const layer of list) {
    completeNormalizations((layer as { layers?: layers.Layer[] }).layers ?? []);
    if (layer.getClassName() !== 'BatchNormalization' || !layer.built) continue;
    const normalization = layer as unknown as Normalization;
    const { shape } = normalization.movingMean;
    if (!normalization.scale) normalization.gamma ??= { read: () => ones(shape) };
    if (!normalization.center) normalization.beta ??= { read: () => zeros(shape) };
  }
}
