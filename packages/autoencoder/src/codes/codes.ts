import type { Shard } from '@ae/ground/shards';
import * as tf from '@tensorflow/tfjs-core';
import { samplesToTensor } from '../data/pixels';
import { checkSource, type SampleSource, shapeOf } from '../data/samples';
import { checkShard } from '../data/shards';
import { AutoencoderError, checkKeys, checkNumber } from '../errors/errors';
import type { Network } from '../network/network';
import { networkBatches, rangeOf } from '../network/network-batches';

/** Options of `encodeAll` and `encodeBatches`. */
export interface EncodeOptions {
  /** Images per forward pass. Default 64, fewer for images above 64x64. */
  readonly batchSize?: number;
  /** Encode only this part of the images; all shards in order make up the whole. Default: all. */
  readonly shard?: Shard;
  /** Stops between batches and throws ABORTED. */
  readonly signal?: AbortSignal;
  /** Called after each batch with the number of images encoded so far. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Codes of images, with the keys and labels of the images. */
export interface Codes {
  /** `[count, codeSize]`, row by row. */
  readonly values: Float32Array;
  readonly count: number;
  readonly codeSize: number;
  /** Shape of the code of one image as a small image, `[rows, columns, numbers]`, or else `[codeSize]`. */
  readonly codeShape?: readonly number[];
  /** Height and width of the images, which all have the same size. */
  readonly imageSize?: readonly [height: number, width: number];
  /** The key of each image's sample, or its index in the source as a decimal number if it has none. */
  readonly keys: readonly string[];
  /** The label of each image's sample, if it has one. */
  readonly labels: readonly (number | undefined)[];
}

/** Yields the codes of a source in order, one batch at a time, each of images of the same size; only one batch is held in memory. */
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
 * Returns the codes of a whole source, whose images must have the same size. They must fit in memory: 4 bytes per number. Throws
 * INVALID_SAMPLE for images of several sizes, whose codes do not form a table.
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
