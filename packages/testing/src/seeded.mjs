/**
 * Makes random numbers repeatable, as a setup file for vitest: Math.random, which seeds TensorFlow.js's weights, uses the seed of AE_SEED
 * or of the clock, and a test that fails says which it was.
 */
import { afterEach } from 'vitest';
import { randomOf, testSeed } from './random.mjs';

const draw = randomOf(testSeed);
Math.random = () => draw(2 ** 32) / 2 ** 32;

afterEach(({ task }) => {
  if (task.result?.state === 'fail')
    console.error(`${task.file.name}, "${task.name}": AE_SEED=${testSeed} repeats it.`);
});
