import type { Random } from './random';

/**
 * Runs `work`, which must be synchronous, while Math.random draws from `random`.
 *
 * tf.layers draw all their random numbers (dropout, noise, initial weights) from the generators of TensorFlow.js, which are seeded by
 * Math.random unless a layer has its own seed. There is no other way to make them repeatable and to continue them later.
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
