/** Work that several processes share: which part each does, and the name of its output. */

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

/** Returns the range of records, or batches, that belongs to a shard. Shards are consecutive slices whose lengths differ by at most one. */
export function shardRange(records: number, { index, count }: Shard): { start: number; end: number } {
  return { start: Math.floor((index * records) / count), end: Math.floor(((index + 1) * records) / count) };
}

/** Returns the name of an output's shard: `train.lmdb.shard-03-of-12`, so that names sort in the order of the shards. */
export function shardPath(output: string, { index, count }: Shard): string {
  const number = String(index).padStart(String(count).length, '0');
  return `${output.replace(/[/\\]+$/, '')}.shard-${number}-of-${count}`;
}
