import type { Shard } from '@ae/ground/shards';
import * as tf from '@tensorflow/tfjs-core';
import { Breather, untilAborted } from '../data/event-loop';
import { samplesToTensor, valuesToSamples } from '../data/pixels';
import { checkSource, fetchSamples, type ImageShape, type Sample, type SampleSource, shapeOf } from '../data/samples';
import { checkShard, type SampleRange, shardOfSamples } from '../data/shards';
import { AutoencoderError, checkChoice, checkKeys, checkNumber } from '../errors/errors';
import { fixedMasks, type MaskMode, maskModes, usualMasks } from '../network/masks';
import type { Network } from '../network/network';
import { quantizeCodes } from '../network/quantize';
import { type ImageScores, type Scores, scoreBatch, summarizeScores } from './metrics/scores';

export interface EvaluateOptions {
  /** Images per forward pass. Default 64, fewer of those above 64x64 so that none takes long. */
  readonly batchSize?: number;
  /** Whose masks the decoder gets; see {@link MaskMode}. Default 'own', and 'fixed' of a variational network. */
  readonly masks?: MaskMode;
  /** Bits per number of the code: 32 passes it on as it is, fewer (1 to 16) round it first. Default 32. */
  readonly codeBits?: number;
  /** Score SSIM and MS-SSIM too, which takes about as long as the network itself. Default true. */
  readonly similarity?: boolean;
  /** Score only this part of the samples; `mergeEvaluations` makes the whole of all parts. Default: all. */
  readonly shard?: Shard;
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

const evaluateKeys = ['batchSize', 'masks', 'codeBits', 'similarity', 'shard', 'signal', 'onProgress'];

/** Scores the reconstructions of all `samples`; see `Autoencoder.evaluate`. */
export async function evaluateNetwork(
  network: Network,
  samples: SampleSource,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkOptions('evaluate', samples, options, evaluateKeys);
  const { masks = usualMasks(network), codeBits = 32, similarity = true } = options;
  const reconstruct = reconstructorFor(network, samples, masks, codeBits);
  const scores = await scoreReconstructions(network, samples, reconstruct, options);
  return { masks, codeBits, similarity, ...scores };
}

function checkOptions(where: string, samples: SampleSource, options: EvaluateOptions, known: readonly string[]): void {
  checkSource(where, samples);
  checkKeys(where, options, known);
  checkShard(options.shard);
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

/** Reconstructs samples as bytes, those of one size that follow each other in one batch; see `Autoencoder.reconstruct`. */
export async function reconstructSamples(
  network: Network,
  samples: readonly Sample[],
  options: { masks?: MaskMode } = {},
): Promise<Sample<Uint8Array>[]> {
  checkOptions('reconstruct', samples, options, ['masks']);
  const { masks = usualMasks(network) } = options;
  const { pixels } = network;
  for (const [i, sample] of samples.entries()) network.checkSample(sample, i);
  const made: Sample<Uint8Array>[] = [];
  for (const alike of ofOneSize(samples)) {
    const shape = shapeOf(alike[0]);
    const images = samplesToTensor(alike, shape, pixels);
    const output = await reconstructorFor(network, samples, masks, 32)(images, made.length);
    const values = await output.data();
    tf.dispose([images, output]);
    made.push(...valuesToSamples(values, shape, pixels));
  }
  return made;
}

/** Divides samples where their size changes, and after `most` of a shape. */
function ofOneSize(samples: readonly Sample[], most = (_shape: ImageShape) => Number.POSITIVE_INFINITY): Sample[][] {
  const groups: Sample[][] = [];
  for (const sample of samples) {
    const group = groups.at(-1);
    const isAlike = group && String(shapeOf(group[0])) === String(shapeOf(sample));
    if (isAlike && group.length < most(shapeOf(sample))) group.push(sample);
    else groups.push([sample]);
  }
  return groups;
}

/** Makes reconstructions `[N, H, W, C]` of images that begin at `start` in their source; it owns neither. */
type Reconstruct = (images: tf.Tensor4D, start: number) => Promise<tf.Tensor4D> | tf.Tensor4D;

function reconstructorFor(network: Network, samples: SampleSource, mode: MaskMode, codeBits: number): Reconstruct {
  const { inputShape, pixels } = network;
  const hasMasks = network.encoder.outputs.length > 1;
  if ((mode === 'own' || !hasMasks) && codeBits === 32) return (images) => network.forward(images);
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
    const others = hasMasks ? await masksFor[mode](images.shape[0], start) : undefined;
    const { code, masks } = network.encode(images);
    const rounded = codeBits === 32 ? code : await roundCode(code, codeBits);
    const output = network.decode(rounded, others ?? masks, [images.shape[1], images.shape[2]]);
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

/** Returns which samples are a shard's: whole batches, so that each is computed beside those that it is beside in one process. */
export function rangeOf(
  { inputShape }: Network,
  { length }: SampleSource,
  batchSize = defaultBatchSize(inputShape),
  shard?: Shard,
): SampleRange {
  return shardOfSamples(length, batchSize, shard);
}

/**
 * Yields samples in order, in batches of one size. Of a network that takes one size they have `batchSize`; of one that takes any, at most
 * that, and fewer where images are large.
 */
export async function* networkBatches(
  network: Network,
  source: SampleSource,
  batchSize?: number,
  range: SampleRange = { start: 0, end: source.length },
): AsyncGenerator<Sample[]> {
  const { inputShape, blocks } = network;
  const fetch = (indices: number[]) => network.fetchSamples(source, indices);
  if (!blocks) {
    yield* batchesOf(range, () => batchSize ?? defaultBatchSize(inputShape), fetch);
    return;
  }
  const most = (shape: ImageShape) => batchSize ?? defaultBatchSize(shape);
  // How large images are is known of those that have been seen.
  let room = 1;
  const see = (samples: readonly Sample[]) => {
    room = Math.min(2 * room, ...samples.map((sample) => defaultBatchSize(shapeOf(sample))));
    return samples;
  };
  const fetchAndSee = async (indices: number[]) => see(await fetch(indices)) as Sample[];
  for await (const samples of batchesOf(range, () => Math.min(room, most(inputShape)), fetchAndSee))
    yield* ofOneSize(samples, most);
}

/** Yields samples of one size in order, `batchSize` at a time. */
export function sampleBatches(source: SampleSource, batchSize: number, shape: ImageShape): AsyncGenerator<Sample[]> {
  return batchesOf(
    { start: 0, end: source.length },
    () => batchSize,
    (indices) => fetchSamples(source, indices, shape),
  );
}

/** Yields what `fetch` finds, fetching the next ones while the caller works on these. Lets signals in between. */
async function* batchesOf(
  { start: first, end }: SampleRange,
  sizeNow: () => number,
  fetch: (indices: number[]) => Promise<Sample[]>,
): AsyncGenerator<Sample[]> {
  let next = first;
  const fetchNext = () => {
    const start = next;
    next = Math.min(end, start + sizeNow());
    const pending = fetch(Array.from({ length: next - start }, (_, i) => start + i));
    // Whoever awaits it gets the error; until then it must not count as unhandled.
    pending.catch(() => {});
    return pending;
  };
  const breather = new Breather();
  let pending = next < end ? fetchNext() : undefined;
  while (pending) {
    await breather.breathe();
    const samples = await pending;
    pending = next < end ? fetchNext() : undefined;
    yield samples;
  }
}
