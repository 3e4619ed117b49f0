import * as tf from '@tensorflow/tfjs-core';
import { batches } from './batches';
import { AutoencoderError, checkKeys, checkNumber } from './errors';
import { meanSquaredErrors, psnrDb } from './metrics';
import type { SampleSource } from './samples';
import type { TrainableModel } from './train';

export interface EvaluateOptions {
  /** Images a forward pass. Default 64. */
  readonly batchSize?: number;
}

export interface Evaluation {
  /** How many images were scored. */
  readonly count: number;
  /** Mean squared error over all values, in the network's units, of outputs as they are: the training loss. */
  readonly mse: number;
  /** The mean over images of each image's PSNR in dB, outputs clamped to the range that bytes can have. */
  readonly psnrDb: number;
  /** The PSNR in dB of the mean squared error over all images together, outputs clamped likewise. */
  readonly pooledPsnrDb: number;
  /** Each image's PSNR in dB, in the order of the source. */
  readonly imagePsnrDb: Float64Array;
}

/** Scores the reconstructions of all `samples`; see `Autoencoder.evaluate`. */
export async function evaluateModel(
  trainable: TrainableModel,
  samples: SampleSource,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkKeys('evaluate', options, ['batchSize']);
  const { batchSize = 64 } = options;
  checkNumber('batchSize', batchSize, { min: 1, integer: true });
  if (samples.length === 0) {
    throw new AutoencoderError('INVALID_SAMPLE', 'evaluate: expected at least one sample, received an empty source.');
  }
  const peak = 255 * trainable.pixels.scale;
  const imagePsnrDb = new Float64Array(samples.length);
  let rawSum = 0;
  let clampedSum = 0;
  let count = 0;
  for await (const batch of batches(samples, { ...trainable, batchSize })) {
    const output = tf.tidy(() => trainable.model.apply(batch) as tf.Tensor4D);
    const [expected, actual] = await Promise.all([batch.data(), output.data()]);
    for (const { raw, clamped } of meanSquaredErrors(expected, actual, batch.shape[0], peak)) {
      rawSum += raw;
      clampedSum += clamped;
      imagePsnrDb[count++] = psnrDb(clamped, peak);
    }
    tf.dispose([batch, output]);
  }
  return {
    count,
    mse: rawSum / count,
    psnrDb: imagePsnrDb.reduce((sum, value) => sum + value, 0) / count,
    pooledPsnrDb: psnrDb(clampedSum / count, peak),
    imagePsnrDb,
  };
}
