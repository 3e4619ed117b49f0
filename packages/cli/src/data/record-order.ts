/** The order of a database's records, which the reader returns in byte order of their keys. */

/**
 * `counted`: eight digits from 00000000 on without gaps, as convert_imageset writes; `numbered`: numbers of equal length, with gaps or
 * repeats; `unpadded`: numbers of different lengths, so that 10 comes before 2; `names`: anything else.
 */
export type KeyOrder = 'counted' | 'numbered' | 'unpadded' | 'names';

/** `grouped`: one class after another, which should be shuffled for training; `mixed`: as if shuffled. */
export type ClassOrder = 'none' | 'grouped' | 'partly' | 'mixed';

/** Classifies the keys of records, which may be an evenly spread sample. */
export function keyOrderOf(records: readonly { readonly index: number; readonly key: string }[]): KeyOrder {
  const numbers = records.map(({ key }) => /^(\d+)(?=_|$)/.exec(key)?.[1]);
  if (records.length === 0 || numbers.includes(undefined)) return 'names';
  const lengths = new Set(numbers.map((number) => number?.length));
  if (records.every(({ index }, i) => Number(numbers[i]) === index) && numbers[0]?.length === 8) return 'counted';
  return lengths.size === 1 ? 'numbered' : 'unpadded';
}

/** Tells whether labels, in the order of their records, are grouped or mixed. */
export function classOrderOf(labels: readonly number[]): ClassOrder {
  const counts = new Map<number, number>();
  let runs = 0;
  for (const [i, label] of labels.entries()) {
    counts.set(label, (counts.get(label) ?? 0) + 1);
    if (label !== labels[i - 1]) runs++;
  }
  if (counts.size <= 1) return 'none';
  if (runs === counts.size) return 'grouped';
  let sameNext = 0;
  for (const count of counts.values()) sameNext += (count / labels.length) ** 2;
  const expectedRuns = 1 + (labels.length - 1) * (1 - sameNext);
  return runs > expectedRuns / 2 ? 'mixed' : 'partly';
}

/** Returns up to `count` indexes, evenly spread over `length` records. */
export function spread(length: number, count: number): number[] {
  const chosen = Math.min(length, count);
  return Array.from({ length: chosen }, (_, i) => Math.floor((i * length) / chosen));
}
