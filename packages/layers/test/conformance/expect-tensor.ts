import type * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { GoldenTensor } from '../golden/read';

/**
 * Expects a tensor's shape, dtype and values. NaN equals NaN and 0 equals -0.
 *
 * `tolerance` is relative to the largest finite value expected; by default the values must be exactly equal.
 */
export async function expectTensor(
  actual: tf.Tensor,
  expected: GoldenTensor,
  { tolerance = 0, dtype = 'float32', name = 'tensor' } = {},
): Promise<void> {
  expect(actual.shape, `shape of ${name}`).toEqual(expected.shape);
  expect(actual.dtype, `dtype of ${name}`).toBe(dtype);
  expectValues(await actual.data(), expected.values.map(Number), { tolerance, name });
}

/** Expects values one by one; see {@link expectTensor}. */
export function expectValues(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { tolerance = 0, name = 'values' } = {},
): void {
  expect(actual.length, `length of ${name}`).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isFinite(expected[i])) largest = Math.max(largest, Math.abs(expected[i]));
  }
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i], expected[i]];
    const equal = a === e || (Number.isNaN(a) && Number.isNaN(e)) || Math.abs(a - e) <= tolerance * largest;
    if (!equal) expect.fail(`${name}: expected ${e} at ${i}, received ${a}`);
  }
}
