import * as tf from '@tensorflow/tfjs-core';
import { Breather, untilAborted } from '../data/event-loop';
import { samplesToTensor, valuesToSamples } from '../data/pixels';
import {
  checkSample,
  checkSource,
  fetchSamples,
  type ImageShape,
  type Sample,
  type SampleSource,
} from '../data/samples';
import { AutoencoderError, checkChoice, checkKeys, checkNumber } from '../errors';
import { fixedMasks, type MaskMode, maskModes } from '../network/masks';
import type { Network } from '../network/network';
import { quantizeCodes } from '../network/quantize';
import { type ImageScores, type Scores, scoreBatch, summarizeScores } from './metrics/scores';

export interface EvaluateOptions {
  /** Images per forward pass. Default 64, fewer of those above 64x64 so that none takes long. */
  readonly batchSize?: number;
  /** Whose masks the decoder gets; see {@link MaskMode}. Default 'own'. */
  readonly masks?: MaskMode;
  /** Bits per number of the code: 32 passes it on as it is, fewer (1 to 16) round it first. Default 32. */
  readonly codeBits?: number;
  /** Score SSIM and MS-SSIM too, which takes about as long as the network itself. Default true. */
  readonly similarity?: boolean;
  /** Stops between batches; `evaluate` then throws ABORTED. */
  readonly signal?: AbortSignal;
  /** Called after each batch with how many images have been scored. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Scores of reconstructions: over all images, and of each. */
export interface Evaluation extends Scores {
  readonly masks: MaskMode;
  readonly codeBits: number;
  /** Whether SSIM and MS-SSIM were asked for. */
  readonly similarity: boolean;
}

const evaluateKeys = ['batchSize', 'masks', 'codeBits', 'similarity', 'signal', 'onProgress'];

/** Scores the reconstructions of all `samples`; see `Autoencoder.evaluate`. */
export async function evaluateNetwork(
  network: Network,
  samples: SampleSource,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkOptions('evaluate', samples, options, evaluateKeys);
  const { masks = 'own', codeBits = 32, similarity = true } = options;
  const reconstruct = reconstructorFor(network, samples, masks, codeBits);
  const scores = await scoreReconstructions(network, samples, reconstruct, options);
  return { masks, codeBits, similarity, ...scores };
}

function checkOptions(where: string, samples: SampleSource, options: EvaluateOptions, known: readonly string[]): void {
  checkSource(where, samples);
  checkKeys(where, options, known);
  const { masks = 'own', codeBits = 32 } = options;
  checkChoice('masks', masks, maskModes);
  if (codeBits !== 32) checkNumber('codeBits', codeBits, { min: 1, max: 16, integer: true });
  if (masks === 'other' && samples.length === 1) {
    throw new AutoencoderError(
      'INVALID_SAMPLE',
      'evaluate: expected at least two samples for the masks of another image, received one.',
    );
  }
}

/** Reconstructs samples as bytes, all in one batch; see `Autoencoder.reconstruct`. */
export async function reconstructSamples(
  network: Network,
  samples: readonly Sample[],
  options: { masks?: MaskMode } = {},
): Promise<Sample<Uint8Array>[]> {
  checkOptions('reconstruct', samples, options, ['masks']);
  const { masks = 'own' } = options;
  const { inputShape, pixels } = network;
  for (const [i, sample] of samples.entries()) checkSample(sample, i, inputShape);
  const images = samplesToTensor(samples, inputShape, pixels);
  const output = await reconstructorFor(network, samples, masks, 32)(images, 0);
  const values = await output.data();
  tf.dispose([images, output]);
  return valuesToSamples(values, inputShape, pixels);
}

/** Makes reconstructions `[N, H, W, C]` of images that begin at `start` in their source; it owns neither. */
type Reconstruct = (images: tf.Tensor4D, start: number) => Promise<tf.Tensor4D> | tf.Tensor4D;

function reconstructorFor(network: Network, samples: SampleSource, mode: MaskMode, codeBits: number): Reconstruct {
  const { inputShape, pixels } = network;
  if (mode === 'own' && codeBits === 32) return (images) => network.forward(images);
  const masksFor: Record<MaskMode, (count: number, start: number) => Promise<tf.Tensor4D[]> | undefined> = {
    own: () => undefined,
    fixed: async (count) => fixedMasks(network, count),
    other: async (count, start) => {
      const shift = Math.floor(samples.length / 2);
      const indices = Array.from({ length: count }, (_, i) => (start + i + shift) % samples.length);
      const others = await fetchSamples(samples, indices, inputShape);
      return tf.tidy(() => network.encode(samplesToTensor(others, inputShape, pixels)).masks);
    },
  };
  return async (images, start) => {
    const others = await masksFor[mode](images.shape[0], start);
    const { code, masks } = network.encode(images);
    const rounded = codeBits === 32 ? code : await roundCode(code, codeBits);
    const output = network.decode(rounded, others ?? masks);
    tf.dispose([code, rounded, masks, others ?? []]);
    return output;
  };
}

async function roundCode(code: tf.Tensor2D, bits: number): Promise<tf.Tensor2D> {
  const values = (await code.data()) as Float32Array;
  return tf.tensor(quantizeCodes(values, code.size / code.shape[0], bits), code.shape);
}

/** Scores whatever reconstructs images against the images of a source, batch by batch. */
async function scoreReconstructions(
  { inputShape, pixels }: Network,
  source: SampleSource,
  reconstruct: Reconstruct,
  { batchSize = defaultBatchSize(inputShape), similarity = true, signal, onProgress }: EvaluateOptions = {},
): Promise<Scores> {
  checkNumber('batchSize', batchSize, { min: 1, integer: true });
  if (source.length === 0) {
    throw new AutoencoderError('INVALID_SAMPLE', 'evaluate: expected at least one sample, received an empty source.');
  }
  const peak = 255 * pixels.scale;
  const images: ImageScores[] = [];
  for await (const samples of untilAborted(sampleBatches(source, batchSize, inputShape), signal)) {
    const start = images.length;
    const { expected, actual } = await runBatch(samplesToTensor(samples, inputShape, pixels), start, reconstruct);
    images.push(...scoreBatch({ samples, start, expected, actual }, inputShape, peak, similarity));
    onProgress?.(images.length, source.length);
  }
  if (images.length < source.length) {
    const message = `evaluate: stopped after ${images.length} images as asked.`;
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

/** Images that make a batch of about as much work as 64 of 64x64. */
export function defaultBatchSize([height, width, channels]: ImageShape): number {
  return Math.max(1, Math.min(64, Math.floor((64 * 64 * 64 * 3) / (height * width * channels))));
}

/** Yields the samples in order, `batchSize` at a time, fetching the next ones while the caller works on these. Lets signals in between. */
export async function* sampleBatches(
  source: SampleSource,
  batchSize: number,
  shape: ImageShape,
): AsyncGenerator<Sample[]> {
  const fetchAt = (start: number) => {
    const length = Math.min(batchSize, source.length - start);
    const pending = fetchSamples(
      source,
      Array.from({ length }, (_, i) => start + i),
      shape,
    );
    // Whoever awaits it gets the error; until then it must not count as unhandled.
    pending.catch(() => {});
    return pending;
  };
  const breather = new Breather();
  let next: Promise<Sample[]> | undefined = fetchAt(0);
  for (let start = 0; next; start += batchSize) {
    await breather.breathe();
    const samples = await next;
    next = start + batchSize < source.length ? fetchAt(start + batchSize) : undefined;
    yield samples;
  }
}
