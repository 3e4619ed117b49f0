/** Work that several processes share, each a part of it: which part, and what its output is called. */

export interface Shard {
  /** 0 to count - 1. */
  readonly index: number;
  /** At most a million. */
  readonly count: number;
}

const mostShards = 1_000_000;

/** Tells whether a value is a shard. */
export function isShard(value: unknown): boolean {
  const { index, count } = (value ?? {}) as Partial<Record<keyof Shard, unknown>>;
  const isWhole = Number.isSafeInteger(index) && Number.isSafeInteger(count);
  return isWhole && Number(index) >= 0 && Number(index) < Number(count) && Number(count) <= mostShards;
}

/** Returns which of so many records, or batches, are a shard's. Shards are slices that follow each other; their lengths differ by at most one. */
export function shardRange(records: number, { index, count }: Shard): { start: number; end: number } {
  return { start: Math.floor((index * records) / count), end: Math.floor(((index + 1) * records) / count) };
}

/** Returns what a shard of an output is called: `train.lmdb.shard-03-of-12`, so that names are in the order of the shards. */
export function shardPath(output: string, { index, count }: Shard): string {
  const number = String(index).padStart(String(count).length, '0');
  return `${output.replace(/[/\\]+$/, '')}.shard-${number}-of-${count}`;
}
