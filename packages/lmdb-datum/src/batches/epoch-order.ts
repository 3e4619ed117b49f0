/** In which order the records of an epoch come, all of them shuffled together, and how shards take their parts. */
import { type Shard, shardRange } from '@ae/ground/shards';
import { assertOneOf, assertShard } from '../errors/checks';
import { InvalidOptionError } from '../errors/errors';
import { assertSeed, Random, shuffleInPlace } from './random';

/** Which part of the records a reader takes, of as many as there are. */
export interface BatchShard extends Shard {
  /**
   * What is cut: each batch, so that the records of an update do not depend on how many shards there are; or 'epoch', once, so that each
   * shard makes batches of its own. Default 'batch'.
   */
  by?: 'batch' | 'epoch';
}

/** Tells whether a shard's batches are its own, rather than parts of batches that all shards share. */
export function cutsEpoch({ count, by = 'batch' }: BatchShard): boolean {
  return by === 'epoch' && count > 1;
}

/** The order of one epoch: `order[i]` is a record's number in key order, and without shuffling `i + start` is. */
export interface EpochOrder {
  length: number;
  at(i: number): number;
}

/** Returns which records of an epoch are a shard's: all of it for shards that share its batches. */
export function epochRange(records: number, shard: BatchShard): { start: number; end: number } {
  return cutsEpoch(shard) ? shardRange(records, shard) : { start: 0, end: records };
}

/** Returns the same of a batch: all of it for shards that have batches of their own. */
export function batchRange(size: number, shard: BatchShard): { start: number; end: number } {
  return cutsEpoch(shard) ? { start: 0, end: size } : shardRange(size, shard);
}

/** Returns how many records a shard has of a batch that is full. */
export function partSize(batchSize: number, shard: BatchShard): number {
  const { start, end } = batchRange(batchSize, shard);
  return end - start;
}

/**
 * Makes the order of an epoch. The same records, seed and epoch give the same order on every machine; each epoch has another one.
 * Takes 4 bytes per record while shuffling.
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
  assertShard(shard);
}
