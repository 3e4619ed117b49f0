import * as tf from '@tensorflow/tfjs-core';
import { samplesToTensor } from '../data/pixels';
import { checkSource, type SampleSource } from '../data/samples';
import { AutoencoderError, checkKeys, checkNumber } from '../errors';
import { defaultBatchSize, sampleBatches } from '../evaluation/evaluate';
import type { Network } from '../network/network';

export interface EncodeOptions {
  /** Images per forward pass. Default 64, fewer of those above 64x64. */
  readonly batchSize?: number;
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
  /** The key of each image's sample, or its place in the source as a decimal number where it has none. */
  readonly keys: readonly string[];
  /** The label of each image's sample, where it has one. */
  readonly labels: readonly (number | undefined)[];
}

/** Yields the codes of a source in its order, one batch at a time: nothing else is held in memory. */
export async function* encodeBatches(
  network: Network,
  source: SampleSource,
  options: EncodeOptions = {},
): AsyncGenerator<Codes> {
  checkSource('encodeAll', source);
  checkKeys('encodeAll', options, ['batchSize', 'signal', 'onProgress']);
  const { inputShape, pixels } = network;
  const { batchSize = defaultBatchSize(inputShape), signal, onProgress } = options;
  checkNumber('batchSize', batchSize, { min: 1, integer: true });
  if (source.length === 0) return;
  let done = 0;
  for await (const samples of sampleBatches(source, batchSize, inputShape)) {
    if (signal?.aborted) {
      const message = `encodeAll: stopped after ${done} images as asked.`;
      throw new AutoencoderError('ABORTED', message, { cause: signal.reason });
    }
    const code = tf.tidy(() => network.encode(samplesToTensor(samples, inputShape, pixels)).code);
    const values = (await code.data()) as Float32Array;
    code.dispose();
    const start = done;
    done += samples.length;
    yield {
      values,
      count: samples.length,
      codeSize: values.length / samples.length,
      keys: samples.map(({ key }, i) => key ?? String(start + i)),
      labels: samples.map(({ label }) => label),
    };
    onProgress?.(done, source.length);
  }
}

/** Returns the codes of a whole source. They must fit into memory: 4 bytes per number. */
export async function encodeAll(network: Network, source: SampleSource, options?: EncodeOptions): Promise<Codes> {
  const codeSize = tf.util.sizeFromShape(network.encoder.outputs[0].shape.slice(1) as number[]);
  const values = new Float32Array(source.length * codeSize);
  const keys: string[] = [];
  const labels: (number | undefined)[] = [];
  for await (const batch of encodeBatches(network, source, options)) {
    values.set(batch.values, keys.length * codeSize);
    keys.push(...batch.keys);
    labels.push(...batch.labels);
  }
  return { values, count: keys.length, codeSize, keys, labels };
}
