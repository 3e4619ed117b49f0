/** Options of `batches()`, and their checks. */

import { assertShard, assertShuffle, type Shard } from './epoch-order';
import { describe, InvalidOptionError } from './errors';
import type { MeanPlanes } from './pack-pixels';
import type { FitMode, Resampler } from './resize';

export interface BatchOptions {
  /** Records a batch. */
  batchSize: number;
  /** A seed shuffles all records, anew each epoch, the same everywhere for the same seed; false is key order. Default false. */
  shuffle?: number | false;
  /** Read only this part of each epoch. The parts of all shards together are the epoch. Default { index: 0, count: 1 }. */
  shard?: Shard;
  /** Passes over the records. `Infinity` is fine. Default 1. */
  epochs?: number;
  /** Leave out an epoch's last batch if it isn't full. Default false. */
  dropLast?: boolean;
  /** Fill an epoch's last batch with zeros up to `batchSize`; `batch.size` tells the records in it. Default false. */
  padLast?: boolean;
  /** Where to go on: the `position` of an earlier run with the same shuffle and shard. Default: the beginning. */
  position?: BatchPosition;

  /** Default 'NHWC', as TensorFlow.js takes it. */
  layout?: 'NHWC' | 'NCHW';
  /** Default 'rgb'. Datums hold 'bgr'. */
  channelOrder?: 'rgb' | 'bgr';
  /** Default 'float32'. 'uint8' takes no scale and no mean. */
  dtype?: 'float32' | 'uint8';
  /** Turn grey into colour (3) or colour into grey (1). Default: as they are. */
  channels?: 1 | 3;
  /** Resize each record first. */
  resize?: { height: number; width: number; fit?: FitMode; resampler?: Resampler };
  /** Then cut this size out: from the middle, or if `random` from anywhere. */
  crop?: { height: number; width: number; random?: boolean };
  /** Then swap left and right of every other record, by chance. Default false. */
  mirror?: boolean;
  /** Then subtract: one number, one for each channel in `channelOrder`, or a mean image (see `computeMean`). */
  mean?: number | readonly number[] | MeanPlanes;
  /** Then multiply. Default 1; 1 / 256 and 1 / 255 are usual. */
  scale?: number;

  /** Batches to prepare while one is in use. Default 1. */
  prefetch?: number;
  /** Threads that read, decode and pack. Default 0: this one. */
  workers?: number;
  /**
   * Give out the same memory again: a batch is valid until the next one is asked for. It is a SharedArrayBuffer, in which the
   * kernels work and which workers share, so that nothing is copied. Default false.
   */
  reuse?: boolean;
  /** Ends the batches with the signal's reason. */
  signal?: AbortSignal;
}

/** A place between two batches. Plain JSON. */
export interface BatchPosition {
  epoch: number;
  /** Records of this shard's epoch that are done. */
  record: number;
  shuffle: number | false;
  shard: Shard;
  /** Records of the database. */
  records: number;
}

/** Options with defaults filled in. */
export interface CheckedBatchOptions extends BatchOptions {
  shuffle: number | false;
  shard: Shard;
  epochs: number;
  position: BatchPosition;
  layout: 'NHWC' | 'NCHW';
  channelOrder: 'rgb' | 'bgr';
  dtype: 'float32' | 'uint8';
  scale: number;
  prefetch: number;
  workers: number;
}

/** @throws InvalidOptionError */
export function checkBatchOptions(options: BatchOptions, records: number): CheckedBatchOptions {
  const shard = options.shard ?? { index: 0, count: 1 };
  const shuffle = options.shuffle ?? false;
  assertShard(shard);
  assertShuffle(shuffle, records);
  const checked: CheckedBatchOptions = {
    ...options,
    shuffle,
    shard,
    position: options.position ?? { epoch: 0, record: 0, shuffle, shard, records },
    epochs: options.epochs ?? 1,
    layout: options.layout ?? 'NHWC',
    channelOrder: options.channelOrder ?? 'rgb',
    dtype: options.dtype ?? 'float32',
    scale: options.scale ?? 1,
    prefetch: options.prefetch ?? 1,
    workers: options.workers ?? 0,
  };
  whole('batchSize', checked.batchSize, 1);
  whole('prefetch', checked.prefetch, 0);
  whole('workers', checked.workers, 0);
  if (checked.epochs !== Number.POSITIVE_INFINITY) whole('epochs', checked.epochs, 1);
  oneOf('layout', checked.layout, ['NHWC', 'NCHW']);
  oneOf('channelOrder', checked.channelOrder, ['rgb', 'bgr']);
  oneOf('dtype', checked.dtype, ['float32', 'uint8']);
  oneOf('channels', options.channels, [undefined, 1, 3]);
  for (const name of ['resize', 'crop'] as const) {
    const size = options[name];
    if (size === undefined) continue;
    whole(`${name}.height`, size.height, 1);
    whole(`${name}.width`, size.width, 1);
  }
  if (options.resize) {
    oneOf('resize.fit', options.resize.fit, [undefined, 'squash', 'crop', 'fill']);
    oneOf('resize.resampler', options.resize.resampler, [undefined, 'antialiased', 'bilinear']);
  }
  if (!Number.isFinite(checked.scale)) refuse('scale', 'a finite number', checked.scale);
  if (options.dropLast && options.padLast) refuse('dropLast and padLast', 'one of them', 'both');
  if (checked.dtype === 'uint8' && (checked.scale !== 1 || options.mean !== undefined)) {
    refuse('scale and mean', "none with dtype 'uint8'", options.mean ?? checked.scale);
  }
  checkPosition(checked, records);
  return checked;
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
  if (!fits) refuse('position', 'an epoch and a record of this run', `epoch ${epoch} and record ${record}`);
  const wanted = JSON.stringify([shuffle, shard.index, shard.count, records]);
  const saved = JSON.stringify([position.shuffle, position.shard.index, position.shard.count, position.records]);
  if (wanted !== saved) refuse('position', `one saved with [shuffle, shard, records] ${wanted}`, saved);
}

function whole(name: string, value: unknown, least: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    refuse(name, `a whole number of ${least} or more`, value);
}

function oneOf(name: string, value: unknown, choices: readonly unknown[]): void {
  if (choices.includes(value)) return;
  refuse(
    name,
    choices
      .filter((choice) => choice !== undefined)
      .map(describe)
      .join(' or '),
    value,
  );
}

function refuse(name: string, expected: string, received: unknown): never {
  throw new InvalidOptionError(`${name}: expected ${expected}, received ${describe(received)}; change the option.`);
}
