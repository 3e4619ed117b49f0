import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, model } from '@tensorflow/tfjs-layers';
import { fixedMasks } from './masks';
import type { Network } from './network';
import { variationalCodeOf } from './variational-code';

/** What training runs in place of a variational network: it draws codes from the encoder's distribution. */
export interface VariationalNetwork {
  /**
   * Reconstructs images `[N, H, W, C]` from codes `mean + exp(logVariance / 2) * noise`, with noise `[N, units]`, and also returns the
   * divergence of the distributions from the standard normal one, `[units]`, averaged over images.
   */
  reconstruct(images: tf.Tensor4D, noise: tf.Tensor2D): { reconstruction: tf.Tensor4D; divergences: tf.Tensor1D };
  /** Number of values in the code. */
  readonly codeSize: number;
}

/**
 * Splits a network whose code is a VariationalCode; returns undefined for any other. If the decoder needs masks, it gets fixed ones:
 * generated images have no others.
 */
export function variationalNetwork(network: Network): VariationalNetwork | undefined {
  const { encoder, decoder } = network;
  const code = variationalCodeOf(encoder);
  if (!code) return undefined;
  const { layer } = code;
  const codeSize = tf.util.sizeFromShape(encoder.outputs[0].shape.slice(1) as number[]);
  // It has no weights of its own, and disposing of it would count as the end of one of the encoder's users.
  const extractor = model({ inputs: encoder.inputs, outputs: code.features });
  return {
    codeSize,
    reconstruct(images, noise) {
      const features = extractor.apply(images, { training: true }) as tf.Tensor;
      const { mean: means, logVariance: logarithms } = layer.distribution(features);
      const mean = tf.reshape(means, [-1, codeSize]) as tf.Tensor2D;
      const logVariance = tf.reshape(tf.broadcastTo(logarithms, means.shape), [-1, codeSize]) as tf.Tensor2D;
      const drawn = tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise));
      const reconstruction = applyDecoder(decoder, drawn, fixedMasks(network, images.shape[0]));
      return { reconstruction, divergences: divergencesOf(mean, logVariance) };
    },
  };
}

function applyDecoder(decoder: LayersModel, code: tf.Tensor, masks: tf.Tensor[]): tf.Tensor4D {
  return decoder.apply(masks.length === 0 ? code : [code, ...masks], { training: true }) as tf.Tensor4D;
}

/** `-1/2 (1 + logVariance - mean^2 - exp(logVariance))` for each number, averaged over images. */
function divergencesOf(mean: tf.Tensor2D, logVariance: tf.Tensor2D): tf.Tensor1D {
  const terms = tf.sub(tf.add(tf.square(mean), tf.exp(logVariance)), tf.add(logVariance, 1));
  return tf.mul(tf.mean<tf.Tensor1D>(terms, 0), 0.5);
}
