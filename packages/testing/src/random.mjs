/** Draws the same numbers for the same seed everywhere, and chooses the seed of tests. */
import process from 'node:process';

/** @typedef {(limit: number) => number} DrawBelow draws a whole number below a limit */

/**
 * Returns a generator (mulberry32).
 *
 * @param {number} seed
 * @returns {DrawBelow}
 */
export function randomOf(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/**
 * Returns one of a list.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {DrawBelow} random
 */
export const pick = (list, random) => list[random(list.length)];

/**
 * Returns the seed of a test that tries other cases in each run: that of AE_SEED, which repeats a run, otherwise one of the clock.
 * @ae/testing/seeded prints it where a test fails.
 *
 * @throws {Error} where AE_SEED is not a seed
 */
export function chooseSeed(given = process.env.AE_SEED) {
  if (!given) return Date.now() % 1e9;
  if (!/^\d{1,9}$/.test(given))
    throw new Error(`AE_SEED: expected a whole number of at most nine digits, received "${given}".`);
  return Number(given);
}

/** The seed of this test file. */
export const testSeed = chooseSeed();
