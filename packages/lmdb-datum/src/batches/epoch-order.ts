/** In which order the records of an epoch come: all of them shuffled together, then cut into shards. */
import { describe, InvalidOptionError } from '../errors';
import { assertSeed, Random, shuffleInPlace } from '../random';

export interface Shard {
  /** 0 to count - 1. */
  index: number;
  count: number;
}

/** The order of one epoch: `order[i]` is a record's number in key order, and without shuffling `i + start` is. */
export interface EpochOrder {
  length: number;
  at(i: number): number;
}

/**
 * Number of records of a shard. Shards are slices that follow each other; their lengths differ by at most one.
 */
export function shardRange(records: number, { index, count }: Shard): { start: number; end: number } {
  return { start: Math.floor((index * records) / count), end: Math.floor(((index + 1) * records) / count) };
}

/**
 * Makes the order of an epoch. The same records, seed and epoch give the same order on every machine; each epoch has another one.
 * Takes 4 bytes per record while shuffling.
 */
export function epochOrder(records: number, seed: number | false, epoch: number, shard: Shard): EpochOrder {
  const { start, end } = shardRange(records, shard);
  if (seed === false) return { length: end - start, at: (i) => start + i };
  const all = new Uint32Array(records);
  for (let i = 0; i < records; i++) all[i] = i;
  shuffleInPlace(all, new Random(seed, epoch));
  // A copy, so that only the shard's part stays in memory.
  const order = shard.count === 1 ? all : all.slice(start, end);
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
export function assertShard(shard: Shard): void {
  const { index, count } = shard;
  if (Number.isInteger(count) && count >= 1 && Number.isInteger(index) && index >= 0 && index < count) return;
  throw new InvalidOptionError({
    where: 'shard',
    expected: 'an index from 0 to count - 1',
    received: `index ${describe(index)} of ${describe(count)}`,
    todo: 'number shards from 0',
  });
}
