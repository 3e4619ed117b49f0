/** Options of `batches()`, and their checks. */

import type { FitMode, Resampler } from '@ae/images';
import { assertFlag, assertKeys, assertOneOf, assertSignal, assertWhole, type Known, refuse } from '../errors/checks';
import { describe, InvalidOptionError } from '../errors/errors';
import { assertBatchShard, assertShuffle, type BatchShard, cutsEpoch } from './epoch-order';

/** A mean to subtract from each pixel, planar `[C, H, W]` float32 as records are stored, with the size that they have before cropping. */
export interface MeanPlanes {
  data: Float32Array;
  channels: number;
  height: number;
  width: number;
}

/** The data types of batches. */
export type BatchDtype = 'float32' | 'uint8';

/** The values of a batch of one type. */
export type BatchData<Dtype extends BatchDtype = BatchDtype> = { float32: Float32Array; uint8: Uint8Array }[Dtype];

/** How records are converted to batches. */
export interface BatchOptions<Dtype extends BatchDtype = BatchDtype> {
  /** Records per batch, in all shards together. */
  batchSize: number;
  /** A seed shuffles all records, differently for each epoch but in the same way everywhere; false keeps key order. Default false. */
  shuffle?: number | false;
  /**
   * Read only a part of each batch; all shards together read the same batches as a single reader, in equally many steps, so that a part of
   * a short last batch may be empty. With `by: 'epoch'`, read only a part of each epoch, in batches of its own. Default: all.
   */
  shard?: BatchShard;
  /** Number of passes over the records; may be `Infinity`. Default 1. */
  epochs?: number;
  /** Leave out an epoch's last batch if it is not full. Default false. */
  dropLast?: boolean;
  /** Pad an epoch's last batch with zeros to the size of the others; `batch.size` is the number of records in it. Default false. */
  padLast?: boolean;
  /**
   * Where to continue: the `position` of an earlier run with the same shuffle, whatever its batches and shards. Default: at the beginning.
   */
  position?: BatchPosition;

  /** Default 'NHWC', as in TensorFlow.js. */
  layout?: 'NHWC' | 'NCHW';
  /**
   * Channel order of color images, which have 3 or 4 channels. Default 'rgb'; Datums contain 'bgr'. Records with another number of
   * channels, and float_data with one row and column, have no colors: their channels stay as they are stored.
   */
  channelOrder?: 'rgb' | 'bgr';
  /** Data type of the values. Default 'float32'. 'uint8' allows no scale and no mean. */
  dtype?: Dtype;
  /** Convert gray to color (3) or color to gray (1). Default: unchanged. */
  channels?: 1 | 3;
  /** First, resize each record. */
  resize?: { height: number; width: number; fit?: FitMode; resampler?: Resampler };
  /** Then, crop to this size: from the center, or, if `random`, from anywhere. */
  crop?: { height: number; width: number; random?: boolean };
  /** Then, mirror records left to right with probability 1/2. Default false. */
  mirror?: boolean;
  /**
   * Then, subtract this: one number; one per channel, in the order of `channelOrder` (by default red, green, blue, whereas Caffe's
   * mean_value is blue, green, red: use it with `channelOrder: 'bgr'`, or reverse it); or a mean image from `computeMean` or `readMean`,
   * whose channels are in stored order, whatever `channelOrder` is.
   */
  mean?: number | readonly number[] | MeanPlanes;
  /** Then, multiply by this. Default 1; 1 / 256 and 1 / 255 are common. */
  scale?: number;

  /** Number of batches to prepare while one is in use. Default 1; at least two for each worker. */
  prefetch?: number;
  /** Threads that read, decode and pack. Default 0: only this one. */
  workers?: number;
  /**
   * Reuse the same memory: a batch is valid until the next one is requested. It is a SharedArrayBuffer, in which the kernels work and which
   * workers share, so that nothing is copied. Default false.
   */
  reuse?: boolean;
  /** Ends the batches with the signal's reason. */
  signal?: AbortSignal;
}

/** A position between two batches, as plain JSON. */
export interface BatchPosition {
  epoch: number;
  /** Records of the epoch that are done, by all shards together; with `shard.by` 'epoch', by this shard. */
  record: number;
  shuffle: number | false;
  /** The shard, if the epoch was divided: only the same one can continue. */
  shard?: BatchShard;
  /** Number of records in the database. */
  records: number;
}

/** Options with defaults filled in. */
export interface CheckedBatchOptions<Dtype extends BatchDtype = BatchDtype> extends BatchOptions<Dtype> {
  shuffle: number | false;
  shard: BatchShard;
  epochs: number;
  position: BatchPosition;
  layout: 'NHWC' | 'NCHW';
  channelOrder: 'rgb' | 'bgr';
  dtype: Dtype;
  scale: number;
  prefetch: number;
  workers: number;
  /** The reader's limit. */
  maxPixels?: number;
}

const knownOptions: Known<BatchOptions> = {
  ...{ batchSize: true, shuffle: true, shard: true, epochs: true, dropLast: assertFlag, padLast: assertFlag },
  ...{ position: true, layout: true, channelOrder: true, dtype: true, channels: true, resize: true, crop: true },
  ...{ mirror: assertFlag, mean: true, scale: true, prefetch: true, workers: true, reuse: assertFlag },
  ...{ signal: assertSignal },
};
const knownResize: Known<NonNullable<BatchOptions['resize']>> = {
  ...{ height: true, width: true, fit: true, resampler: true },
};
const knownCrop: Known<NonNullable<BatchOptions['crop']>> = {
  ...{ height: true, width: true, random: (_, value) => assertFlag('crop.random', value) },
};

/** @throws InvalidOptionError */
export function checkBatchOptions<Dtype extends BatchDtype>(
  options: BatchOptions<Dtype>,
  records: number,
): CheckedBatchOptions<Dtype> {
  assertKeys('batches', options, knownOptions);
  const shard = options.shard ?? { index: 0, count: 1 };
  const shuffle = options.shuffle ?? false;
  assertBatchShard(shard);
  assertShuffle(shuffle, records);
  const checked: CheckedBatchOptions<Dtype> = {
    ...options,
    shuffle,
    shard,
    position: options.position ?? { epoch: 0, record: 0, shuffle, records, ...(cutsEpoch(shard) && { shard }) },
    epochs: options.epochs ?? 1,
    layout: options.layout ?? 'NHWC',
    channelOrder: options.channelOrder ?? 'rgb',
    dtype: options.dtype ?? ('float32' as Dtype),
    scale: options.scale ?? 1,
    prefetch: options.prefetch ?? 1,
    workers: options.workers ?? 0,
  };
  checkCounts(checked);
  checkPixels(checked);
  checkPosition(checked, records);
  return checked;
}

function checkCounts({ batchSize, prefetch, workers, epochs, dropLast, padLast }: CheckedBatchOptions): void {
  assertWhole('batchSize', batchSize, 1);
  assertWhole('prefetch', prefetch, 0);
  assertWhole('workers', workers, 0);
  if (epochs !== Number.POSITIVE_INFINITY) assertWhole('epochs', epochs, 1);
  if (dropLast && padLast) refuse('dropLast and padLast', 'one of them', 'both');
}

function checkPixels(options: CheckedBatchOptions): void {
  const { layout, channelOrder, dtype, channels, resize, crop, mean, scale } = options;
  assertOneOf('layout', layout, ['NHWC', 'NCHW']);
  assertOneOf('channelOrder', channelOrder, ['rgb', 'bgr']);
  assertOneOf('dtype', dtype, ['float32', 'uint8']);
  assertOneOf('channels', channels, [undefined, 1, 3]);
  if (resize !== undefined) {
    assertKeys('resize', resize, knownResize);
    assertOneOf('resize.fit', resize.fit, [undefined, 'squash', 'crop', 'fill']);
    assertOneOf('resize.resampler', resize.resampler, [undefined, 'antialiased', 'bilinear']);
  }
  if (crop !== undefined) {
    assertKeys('crop', crop, knownCrop);
  }
  for (const [name, size] of Object.entries({ resize, crop })) {
    if (size === undefined) continue;
    assertWhole(`${name}.height`, size.height, 1);
    assertWhole(`${name}.width`, size.width, 1);
  }
  if (!Number.isFinite(scale)) refuse('scale', 'a finite number', scale);
  if (mean !== undefined && !isMean(mean))
    refuse('mean', 'a finite number, one for each channel, or a mean image', mean);
  if (dtype === 'uint8' && (scale !== 1 || mean !== undefined)) {
    refuse('scale and mean', "neither with dtype 'uint8'", mean ?? scale);
  }
}

/** Whether it fits the records is known only when the first one is read. */
function isMean(mean: unknown): boolean {
  if (typeof mean === 'number') return Number.isFinite(mean);
  if (Array.isArray(mean)) return mean.every(Number.isFinite);
  const { data, channels, height, width } = (mean ?? {}) as Partial<MeanPlanes>;
  const isShape = [channels, height, width].every((size) => Number.isSafeInteger(size) && Number(size) >= 1);
  const fits =
    isShape && data instanceof Float32Array && data.length === Number(channels) * Number(height) * Number(width);
  return fits && data.every(Number.isFinite);
}

function checkPosition({ position, shuffle, shard, epochs }: CheckedBatchOptions, records: number): void {
  const { epoch, record } = position;
  const fits =
    Number.isInteger(epoch) &&
    epoch >= 0 &&
    epoch <= epochs &&
    Number.isInteger(record) &&
    record >= 0 &&
    record <= records;
  if (!fits) refuse('position', 'an epoch and a record of this run', { epoch, record });
  // Positions of version 0.1 always name the shard, and mean a division of the epoch.
  const own = position.shard && position.shard.count > 1 ? position.shard : undefined;
  const wanted = describePlace(shuffle, records, cutsEpoch(shard) ? shard : undefined);
  const received = describePlace(position.shuffle, position.records, own);
  if (wanted === received) return;
  const todo = 'pass the options that the position was saved with';
  throw new InvalidOptionError({ where: 'position', expected: wanted, received, todo });
}

/** Describes the positions that are possible. */
function describePlace(shuffle: unknown, records: unknown, shard?: BatchShard): string {
  const order = shuffle === false ? 'key order' : `the order of shuffle ${describe(shuffle)}`;
  return `one in ${order}, of ${describe(records)} records${shard ? `, shard ${shard.index} of ${shard.count} by epoch` : ''}`;
}
