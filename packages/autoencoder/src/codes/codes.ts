import type { Shard } from '@ae/ground/shards';
import * as tf from '@tensorflow/tfjs-core';
import { samplesToTensor } from '../data/pixels';
import { checkSource, type SampleSource, shapeOf } from '../data/samples';
import { checkShard } from '../data/shards';
import { AutoencoderError, checkKeys, checkNumber } from '../errors/errors';
import type { Network } from '../network/network';
import { networkBatches, rangeOf } from '../network/network-batches';

/** How `encodeAll` and `encodeBatches` encode images. */
export interface EncodeOptions {
  /** Images per forward pass. Default 64, fewer of those above 64x64. */
  readonly batchSize?: number;
  /** Encode only this part of the images; the shards in order make up the whole. Default: all. */
  readonly shard?: Shard;
  /** Stops between batches with ABORTED. */
  readonly signal?: AbortSignal;
  /** Called after each batch with how many images have been encoded. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Codes of images, and what the images are called. */
export interface Codes {
  /** `[count, codeSize]`, row by row. */
  readonly values: Float32Array;
  readonly count: number;
  readonly codeSize: number;
  /** The code of one image as a small image, `[rows, columns, numbers]`; `[codeSize]` where it is none. */
  readonly codeShape?: readonly number[];
  /** Height and width of the images, which are all of one size. */
  readonly imageSize?: readonly [height: number, width: number];
  /** The key of each image's sample, or its place in the source as a decimal number where it has none. */
  readonly keys: readonly string[];
  /** The label of each image's sample, where it has one. */
  readonly labels: readonly (number | undefined)[];
}

/** Yields the codes of a source in its order, one batch at a time, each of images of one size: nothing else is held in memory. */
export async function* encodeBatches(
  network: Network,
  source: SampleSource,
  options: EncodeOptions = {},
): AsyncGenerator<Codes> {
  checkSource('encodeAll', source);
  checkKeys('encodeAll', options, ['batchSize', 'shard', 'signal', 'onProgress']);
  const { pixels } = network;
  const { batchSize, shard, signal, onProgress } = options;
  if (batchSize !== undefined) checkNumber('batchSize', batchSize, { min: 1, integer: true });
  checkShard(shard);
  const range = rangeOf(network, source, batchSize, shard);
  let done = 0;
  for await (const samples of networkBatches(network, source, batchSize, range)) {
    if (signal?.aborted) {
      const message = `encodeAll: aborted after ${done} images.`;
      throw new AutoencoderError('ABORTED', message, { cause: signal.reason });
    }
    const shape = shapeOf(samples[0]);
    const code = tf.tidy(() => network.encode(samplesToTensor(samples, shape, pixels)).code);
    const values = (await code.data()) as Float32Array;
    code.dispose();
    const start = range.start + done;
    done += samples.length;
    yield {
      values,
      count: samples.length,
      codeSize: values.length / samples.length,
      codeShape: network.codeShape([shape[0], shape[1]]),
      imageSize: [shape[0], shape[1]],
      keys: samples.map(({ key }, i) => key ?? String(start + i)),
      labels: samples.map(({ label }) => label),
    };
    onProgress?.(done, range.end - range.start);
  }
}

/**
 * Returns the codes of a whole source, whose images must be of one size. They must fit in memory: 4 bytes per number. Throws
 * INVALID_SAMPLE for images of several sizes, whose codes are no table.
 */
export async function encodeAll(network: Network, source: SampleSource, options?: EncodeOptions): Promise<Codes> {
  let all: Codes | undefined;
  let values = new Float32Array(0);
  const keys: string[] = [];
  const labels: (number | undefined)[] = [];
  for await (const batch of encodeBatches(network, source, options)) {
    if (!all) {
      const { start, end } = rangeOf(network, source, options?.batchSize, options?.shard);
      values = new Float32Array((end - start) * batch.codeSize);
    }
    all ??= batch;
    if (String(all.imageSize) !== String(batch.imageSize)) throw mixedSizes(all, batch, keys.length);
    values.set(batch.values, keys.length * batch.codeSize);
    for (const key of batch.keys) keys.push(key);
    for (const label of batch.labels) labels.push(label);
  }
  const { inputShape } = network;
  const imageSize = all?.imageSize ?? [inputShape[0], inputShape[1]];
  const codeShape = network.codeShape(imageSize);
  const codeSize = tf.util.sizeFromShape([...codeShape]);
  return { values, count: keys.length, codeSize, codeShape, imageSize, keys, labels };
}

function mixedSizes(first: Codes, other: Codes, index: number): AutoencoderError {
  const [expected, received] = [first, other].map(({ imageSize = [] }) => imageSize.join('x'));
  return new AutoencoderError(
    'INVALID_SAMPLE',
    `encodeAll: sample ${index}: expected ${expected} (height x width), like the first image, received ${received}; ` +
      'codes of several sizes do not fit in one table; use images of one size, or encodeBatches.',
  );
}
