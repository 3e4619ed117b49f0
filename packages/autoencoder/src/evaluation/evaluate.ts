import type { Shard } from '@ae/ground/shards';
import type * as tf from '@tensorflow/tfjs-core';
import { untilAborted } from '../data/event-loop';
import { samplesToTensor } from '../data/pixels';
import { checkSource, type SampleSource, shapeOf } from '../data/samples';
import { checkShard } from '../data/shards';
import { AutoencoderError, checkKeys, checkNumber } from '../errors/errors';
import { type MaskMode, usualMasks } from '../network/masks';
import type { Network } from '../network/network';
import { networkBatches, rangeOf } from '../network/network-batches';
import { checkMaskMode, type Reconstruct, reconstructorFor } from '../network/reconstruct';
import { type ImageScores, type Scores, scoreBatch, summarizeScores } from './metrics/scores';

/** What `evaluate` scores, and how. */
export interface EvaluateOptions {
  /** Images per forward pass. Default 64, fewer for images above 64x64, so that no pass takes long. */
  readonly batchSize?: number;
  /** The masks that the decoder gets; see {@link MaskMode}. Default 'own', or 'fixed' for a variational network. */
  readonly masks?: MaskMode;
  /** Bits per number of the code: 32 leaves it unrounded, fewer (1 to 16) round it first. Default 32. */
  readonly codeBits?: number;
  /** Compute SSIM and MS-SSIM as well, which takes about as long as the network itself. Default true. */
  readonly similarity?: boolean;
  /** Score only this part of the samples; `mergeEvaluations` combines all parts. Default: all. */
  readonly shard?: Shard;
  /** Stops between batches; `evaluate` then throws ABORTED. */
  readonly signal?: AbortSignal;
  /** Called after each batch with the number of images scored so far. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Scores of reconstructions: of each image, and over all images. */
export interface Evaluation extends Scores {
  readonly masks: MaskMode;
  readonly codeBits: number;
  /** Whether SSIM and MS-SSIM were requested. */
  readonly similarity: boolean;
}

const evaluateKeys = ['batchSize', 'masks', 'codeBits', 'similarity', 'shard', 'signal', 'onProgress'];

/** Scores the reconstructions of all `samples`; see `Autoencoder.evaluate`. */
export async function evaluateNetwork(
  network: Network,
  samples: SampleSource,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkSource('evaluate', samples);
  checkKeys('evaluate', options, evaluateKeys);
  checkShard(options.shard);
  checkMaskMode('evaluate', samples, options.masks);
  const { masks = usualMasks(network), codeBits = 32, similarity = true } = options;
  if (codeBits !== 32) checkNumber('codeBits', codeBits, { min: 1, max: 16, integer: true });
  const reconstruct = reconstructorFor(network, samples, masks, codeBits);
  const scores = await scoreReconstructions(network, samples, reconstruct, options);
  return { masks, codeBits, similarity, ...scores };
}

/** Scores anything that reconstructs images against the images of a source, batch by batch. */
async function scoreReconstructions(
  network: Network,
  source: SampleSource,
  reconstruct: Reconstruct,
  { batchSize, similarity = true, shard, signal, onProgress }: EvaluateOptions = {},
): Promise<Scores> {
  const { pixels } = network;
  if (batchSize !== undefined) checkNumber('batchSize', batchSize, { min: 1, integer: true });
  if (source.length === 0) {
    throw new AutoencoderError('INVALID_SAMPLE', 'evaluate: expected at least one sample, received an empty source.');
  }
  const peak = 255 * pixels.scale;
  const images: ImageScores[] = [];
  const range = rangeOf(network, source, batchSize, shard);
  const total = range.end - range.start;
  for await (const samples of untilAborted(networkBatches(network, source, batchSize, range), signal)) {
    const start = range.start + images.length;
    const shape = shapeOf(samples[0]);
    const { expected, actual } = await runBatch(samplesToTensor(samples, shape, pixels), start, reconstruct);
    images.push(...scoreBatch({ samples, start, expected, actual }, shape, peak, similarity));
    onProgress?.(images.length, total);
  }
  if (images.length < total) {
    const message = `evaluate: aborted after ${images.length} images.`;
    throw new AutoencoderError('ABORTED', message, { cause: signal?.reason });
  }
  return { ...summarizeScores(images, peak), images };
}

async function runBatch(batch: tf.Tensor4D, start: number, reconstruct: Reconstruct) {
  try {
    const output = await reconstruct(batch, start);
    const [expected, actual] = await Promise.all([batch.data(), output.data()]);
    output.dispose();
    return { expected, actual };
  } finally {
    batch.dispose();
  }
}
