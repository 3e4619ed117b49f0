import * as tf from '@tensorflow/tfjs-core';
import { Autoencoder, type AutoencoderOptions, type Sample, samplesToTensor } from '../src/entries/index';

/** Makes a network of preset transform with its weights of seed 1. */
export async function newNetwork(options: Omit<AutoencoderOptions, 'preset'>): Promise<Autoencoder> {
  const network = new Autoencoder({ preset: 'transform', ...options });
  await network.initialize({ seed: 1 });
  return network;
}

/** The mean of the images' PSNR, nothing clamped or rounded. */
export function meanPsnr(network: Autoencoder, samples: readonly Sample[]): number {
  return tf.tidy(() => {
    const images = samplesToTensor(samples, network.inputShape, network.pixels);
    const errors = tf.mean(tf.squaredDifference(network.forward(images), images), [1, 2, 3]).dataSync<'float32'>();
    return (
      errors.reduce((sum, error) => sum - 10 * Math.log10(error / (255 * network.pixels.scale) ** 2), 0) / errors.length
    );
  });
}
