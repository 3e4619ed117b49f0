/** The order of the records in an epoch, all shuffled together, and how shards divide them. */
import { type Shard, shardRange } from '@ae/ground/shards';
import { assertOneOf, assertShard } from '../errors/checks';
import { InvalidOptionError } from '../errors/errors';
import { assertSeed, Random, shuffleInPlace } from './random';

/** Which part of the records a reader takes, and the number of parts. */
export interface BatchShard extends Shard {
  /**
   * What is divided: each batch, so that the records of an update do not depend on the number of shards; or 'epoch', so that each shard
   * makes batches of its own. Default 'batch'.
   */
  by?: 'batch' | 'epoch';
}

/** Tells whether a shard has batches of its own, rather than parts of batches shared by all shards. */
export function cutsEpoch({ count, by = 'batch' }: BatchShard): boolean {
  return by === 'epoch' && count > 1;
}

/** The order of one epoch: `order[i]` is a record's index in key order, and without shuffling it is `i + start`. */
export interface EpochOrder {
  length: number;
  at(i: number): number;
}

/** Returns the range of an epoch that belongs to a shard: all of it if shards share its batches. */
export function epochRange(records: number, shard: BatchShard): { start: number; end: number } {
  return cutsEpoch(shard) ? shardRange(records, shard) : { start: 0, end: records };
}

/** Returns the same for a batch: all of it if shards have batches of their own. */
export function batchRange(size: number, shard: BatchShard): { start: number; end: number } {
  return cutsEpoch(shard) ? { start: 0, end: size } : shardRange(size, shard);
}

/** Returns how many records of a full batch a shard has. */
export function partSize(batchSize: number, shard: BatchShard): number {
  const { start, end } = batchRange(batchSize, shard);
  return end - start;
}

/**
 * Makes the order of an epoch. The same records, seed and epoch give the same order on every machine; each epoch has a different one. Takes
 * 4 bytes per record while shuffling.
 */
export function epochOrder(records: number, seed: number | false, epoch: number, shard: BatchShard): EpochOrder {
  const { start, end } = epochRange(records, shard);
  if (seed === false) return { length: end - start, at: (i) => start + i };
  const all = new Uint32Array(records);
  for (let i = 0; i < records; i++) all[i] = i;
  shuffleInPlace(all, new Random(seed, epoch));
  // A copy, so that only the shard's part stays in memory.
  const order = end - start === records ? all : all.slice(start, end);
  return { length: order.length, at: (i) => order[i] };
}

/** Checks a shuffle option: false, or a seed. */
export function assertShuffle(shuffle: unknown, records: number): void {
  if (shuffle === false) return;
  assertSeed(shuffle, 'shuffle');
  if (records <= 0xffffffff) return;
  throw new InvalidOptionError({
    where: 'shuffle',
    expected: 'at most 2^32 records',
    received: `${records}`,
    todo: 'read without shuffling',
  });
}

/** Checks a shard option. */
export function assertBatchShard(shard: BatchShard): void {
  assertOneOf('shard.by', shard.by, [undefined, 'batch', 'epoch']);
  assertShard('shard', shard);
}
