import type { Random } from './random';

/**
 * Runs `work`, which must not be asynchronous, while Math.random draws from `random`.
 *
 * tf.layers draw all they need by chance (dropout, noise, first weights) from tfjs' generators, which start from Math.random
 * where a layer was given no seed of its own. There is no other way to make them repeatable, and to go on with them later.
 */
export function withRandom<T>(random: Random, work: () => T): T {
  const original = Math.random;
  Math.random = () => random.uniform();
  try {
    return work();
  } finally {
    Math.random = original;
  }
}
