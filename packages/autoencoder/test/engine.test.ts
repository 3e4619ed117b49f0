/**
 * A short training run on the engine that a lane asks for (AE_BACKEND), through the public API. On wasm, which other tests use throughout,
 * it does little.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { Autoencoder } from '../src/entries/index';
import { startTestEngine, testEngine } from './engine';
import { rectangleSamples } from './rectangles';

it(`trains, evaluates and reconstructs on ${testEngine}`, { timeout: 120_000 }, async () => {
  const { name, gpu, warning } = await startTestEngine();
  expect(name).toBe(testEngine);
  if (!gpu && testEngine.endsWith('gpu')) expect(warning).toMatch(/computes on the CPU$/);
  const samples = rectangleSamples(16, { seed: 3, size: 32 });
  const autoencoder = new Autoencoder({ inputShape: [32, 32, 3], codeSize: 60 });
  await autoencoder.initialize({ seed: 1 });
  const before = (await autoencoder.evaluate(samples)).psnrDb;
  const tensors = tf.memory().numTensors;
  await autoencoder.train(samples, { recipe: 'plain', epochs: 4, batchSize: 4 });
  expect(tf.memory().numTensors).toBe(tensors);
  expect((await autoencoder.evaluate(samples)).psnrDb).toBeGreaterThan(before);
  expect(await autoencoder.reconstruct(samples.slice(0, 2))).toHaveLength(2);
  autoencoder.dispose();
});
