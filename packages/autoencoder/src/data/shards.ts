import { isShard, type Shard, shardRange } from '@ae/ground/shards';
import { invalidOption } from '../errors/errors';

/** Consecutive samples: from `start` up to, but not including, `end`. */
export interface SampleRange {
  readonly start: number;
  readonly end: number;
}

/** Throws INVALID_OPTION for anything that is not a shard; undefined stands for all samples. */
export function checkShard(shard: unknown): void {
  if (shard === undefined || isShard(shard)) return;
  throw invalidOption('shard', 'an index from 0 to count - 1, as in { index: 0, count: 7 }', shard);
}

/** Returns the samples of a shard, or all. Shards are cut at multiples of `batchSize`. */
export function shardOfSamples(length: number, batchSize: number, shard: Shard = { index: 0, count: 1 }): SampleRange {
  const { start, end } = shardRange(Math.ceil(length / batchSize), shard);
  return { start: Math.min(length, start * batchSize), end: Math.min(length, end * batchSize) };
}
