import { Random } from '../data/random';

/** Returns at most `count` items, evenly spaced, including the first and the last. */
export function pickSpread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]);
}

/**
 * Returns at most `count` of the numbers 0 to n - 1, drawn at random but always the same, in ascending order: classes in data often
 * alternate regularly, which even spacing could fall in step with.
 */
export function pickRandom(n: number, count: number): number[] {
  return [...new Random(0).permutation(n)].slice(0, count).sort((a, b) => a - b);
}
