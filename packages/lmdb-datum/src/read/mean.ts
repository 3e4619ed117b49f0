/** Mean images, computed from a database. */
import type { MeanPlanes } from '../batches/options';
import { isColored, swappedChannel } from '../datum/colors';
import { assertFunction, assertKeys, assertOneOf, assertSignal, refuse } from '../errors/checks';
import { InvalidOptionError, MixedSizesError } from '../errors/errors';
import type { DatumReader } from './reader';

/** The mean of a database, pixel by pixel. Can be passed directly to `batches({ mean })`. */
export interface MeanImage extends MeanPlanes {
  /** Planar `[C, H, W]` float32, channels in stored order: colors blue-green-red. */
  data: Float32Array;
}

/** How `computeMean` reads records. */
export interface MeanOptions {
  signal?: AbortSignal;
  onProgress?: (progress: { done: number; total: number }) => void;
}

const recordsBetweenPauses = 500;
/**
 * Computes the mean of all records, bytes or float_data, like Caffe's compute_image_mean (which sums in float32; this sums in float64).
 *
 * @throws MixedSizesError if sizes differ, InvalidOptionError if the database is empty.
 */
export async function computeMean(reader: DatumReader, options: MeanOptions = {}): Promise<MeanImage> {
  if (typeof reader?.datumAt !== 'function') {
    refuse('computeMean, reader', 'an open database', reader, 'open it with openDatumLmdb');
  }
  assertKeys('computeMean, options', options, { signal: assertSignal, onProgress: assertFunction });
  const first = await reader.at(0);
  if (!first)
    throw new InvalidOptionError({
      state: 'reader: the database is empty, and has no mean',
      todo: 'import images first',
    });
  const { channels, height, width } = first;
  const sums = new Float64Array(channels * height * width);
  for (let i = 0; i < reader.length; i++) {
    if (i % recordsBetweenPauses === 0) {
      options.onProgress?.({ done: i, total: reader.length });
      // Lets signals and other work run.
      await new Promise(setImmediate);
      options.signal?.throwIfAborted();
    }
    const next = reader.at(i);
    const sample = next instanceof Promise ? await next : next!;
    if (sample.channels !== channels || sample.height !== height || sample.width !== width) {
      throw new MixedSizesError(
        {
          where: `key ${sample.key}`,
          expected: `${channels}x${height}x${width}, like the first record`,
          received: `${sample.channels}x${sample.height}x${sample.width}`,
          todo: 'resize the database first',
        },
        { key: sample.key },
      );
    }
    for (let k = 0; k < sums.length; k++) sums[k] += sample.data[k];
  }
  options.onProgress?.({ done: reader.length, total: reader.length });
  return { channels, height, width, data: Float32Array.from(sums, (sum) => sum / reader.length) };
}

/**
 * Returns the mean of each channel of a mean image, for `batches({ mean })`, with colors in the requested order; other channels stay in
 * stored order.
 *
 * @throws InvalidOptionError
 */
export function channelMeans(mean: MeanImage, order: 'rgb' | 'bgr' = 'rgb'): number[] {
  assertMean('channelMeans', mean);
  assertOneOf('channelMeans, order', order, ['rgb', 'bgr']);
  const count = mean.height * mean.width;
  const stored = Array.from({ length: mean.channels }, (_, c) => {
    const plane = mean.data.subarray(c * count, (c + 1) * count);
    return plane.reduce((sum, value) => sum + value, 0) / count;
  });
  if (order === 'bgr' || !isColored(mean, false)) return stored;
  return stored.map((_, c) => stored[swappedChannel(c)]);
}

/** @throws InvalidOptionError */
export function assertMean(where: string, mean: MeanImage): void {
  const { channels, height, width, data } = mean ?? {};
  const isSized = [channels, height, width].every((size) => Number.isSafeInteger(size) && size >= 1);
  if (isSized && data instanceof Float32Array && data.length === channels * height * width) return;
  refuse(where, 'a mean image, as computeMean and readMean give it', mean, 'pass one of them');
}
