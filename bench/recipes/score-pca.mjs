import { samplesToTensor } from '@ae/autoencoder';
import * as tf from '@tensorflow/tfjs-core';

/** Returns for each number of components the mean PSNR in dB of images, clamped to what bytes can hold, as `evaluate` counts it. */
export async function scorePca(pca, images, { inputShape, pixels }, sizes) {
  const ascending = [...sizes].sort((a, b) => a - b);
  const counts = ascending.map((size) => Math.min(size, pca.componentCount));
  const white = 255 * pixels.scale;
  const sums = counts.map(() => 0);
  for (let start = 0; start < images.length; start += 64) {
    const indices = Array.from({ length: Math.min(64, images.length - start) }, (_, i) => start + i);
    const samples = await Promise.all(indices.map((index) => images.at(index)));
    const scores = tf.tidy(() => {
      const expected = samplesToTensor(samples, inputShape, pixels);
      return pca.decodePrefixes(pca.encode(expected), counts, inputShape).map((made) => {
        const errors = tf.mean(tf.squaredDifference(tf.clipByValue(made, 0, white), expected), [1, 2, 3]);
        return [...errors.dataSync()].map((error) => Math.min(100, 10 * Math.log10(white ** 2 / error)));
      });
    });
    for (const [i, ofSize] of scores.entries()) for (const psnrDb of ofSize) sums[i] += psnrDb;
  }
  return sizes.map((size) => sums[ascending.indexOf(size)] / images.length);
}
