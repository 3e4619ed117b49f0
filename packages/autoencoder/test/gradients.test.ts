import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { useBackend } from '../src/entries/index';
import { clipByGlobalNorm } from '../src/training/gradients';

beforeAll(async () => {
  await useBackend('wasm');
});

it.each([
  // The norm of (3, 4) and (12) together is 13.
  [14, [3, 4, 12]],
  [13.0001, [3, 4, 12]],
  [12, [3, 4, 12].map((value) => (value * 12) / 13)],
  [0.1, [3, 4, 12].map((value) => value / 130)],
])('limits the global norm to %s', async (maxNorm, expected) => {
  const { numTensors } = tf.memory();
  const clipped = await clipByGlobalNorm({ a: tf.tensor1d([3, 4]), b: tf.tensor1d([12]) }, maxNorm);
  const values = [...clipped.a.dataSync(), ...clipped.b.dataSync()];
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i], 5);
  tf.dispose(clipped as tf.TensorContainer);
  expect(tf.memory().numTensors).toBe(numTensors);
});
