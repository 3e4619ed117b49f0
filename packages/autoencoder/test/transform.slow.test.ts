import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { fitPca } from '../src/entries/baselines';
import { Autoencoder, samplesToTensor, useBackend } from '../src/entries/index';
import { rectangleSamples } from './rectangles';
import { meanPsnr, newNetwork } from './transform-networks';

beforeAll(async () => {
  await useBackend('wasm');
});

describe('training preset transform', () => {
  const samples = rectangleSamples(160, { seed: 12, size: 24 });
  const [training, validation] = [samples.slice(0, 120), samples.slice(120)];
  const options = { seed: 1, batchSize: 4, epochs: 5, validation } as const;

  it('begins at the linear start, improves from there, and beats PCA of the same size, which has seen mirror images, too', async () => {
    const network = await newNetwork({ inputShape: [24, 24, 3], codeSize: 108 });
    const progress: number[] = [];
    const scores: number[] = [];
    await network.train(training, {
      ...options,
      onStart: ({ images }) => progress.push(images),
      onEpoch: ({ validation: score }) => void scores.push(score?.psnrDb ?? 0),
    });
    expect(progress.at(-1)).toBe(120);
    const started = await newNetwork({ inputShape: [24, 24, 3], codeSize: 108 });
    await started.computeStart(training, { seed: 1 });
    const start = (await started.evaluate(validation, { similarity: false })).psnrDb;
    expect(Math.min(...scores)).toBeGreaterThan(start - 0.1);
    expect(scores.at(-1)).toBeGreaterThan(start);
    const pca = await fitPca(training, started, { mirror: true, components: 108 });
    const images = samplesToTensor(validation, [24, 24, 3], started.pixels);
    const coefficients = pca.encode(images);
    const errors = tf
      .mean(tf.squaredDifference(pca.decode(coefficients, [24, 24, 3]), images), [1, 2, 3])
      .dataSync<'float32'>();
    const pcaDb = errors.reduce((sum, error) => sum - 10 * Math.log10(error / (255 / 256) ** 2), 0) / errors.length;
    expect(scores.at(-1)).toBeGreaterThan(pcaDb + 1);
    for (const each of [network, started, pca]) each.dispose();
  });

  it.each([
    { epochs: 1, batchSize: 1, codeSize: 12 },
    { epochs: 1, batchSize: 16, codeSize: 108 },
    { epochs: 3, batchSize: 8, codeSize: 300 },
    { epochs: 6, batchSize: 64, codeSize: 108 },
  ])(
    'never falls below the start, however short it is: $epochs epochs, $batchSize at a time, $codeSize numbers',
    async ({ codeSize, ...short }) => {
      const network = await newNetwork({ inputShape: [24, 24, 3], codeSize });
      await network.computeStart(training, { seed: 1 });
      const start = (await network.evaluate(validation, { similarity: false })).psnrDb;
      const { epochs } = await network.train(training, { ...short, seed: 1, validation });
      for (const { validation: score } of epochs) expect(score?.psnrDb).toBeGreaterThan(start - 0.03);
      network.dispose();
    },
  );

  it('is resumed to the same bits, and the result is saved and loaded', async () => {
    const short = { ...options, epochs: 2 };
    const folder = await mkdtemp(path.join(tmpdir(), 'ae-transform-'));
    const whole = await newNetwork({ inputShape: [24, 24, 3], codeSize: 108 });
    await whole.train(training, { ...short, run: { folder: path.join(folder, 'whole') } });
    const stopped = await newNetwork({ inputShape: [24, 24, 3], codeSize: 108 });
    const run = { folder: path.join(folder, 'stopped'), checkpointSteps: 5 };
    const abort = new AbortController();
    const onStep = ({ step }: { step: number }) => step === 44 && abort.abort();
    await expect(stopped.train(training, { ...short, run, onStep, signal: abort.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    const resumed = await newNetwork({ inputShape: [24, 24, 3], codeSize: 108 });
    await resumed.train(training, { ...short, run: { ...run, resume: true } });
    const bits = (network: Autoencoder) => network.model.getWeights().map((weight) => [...weight.dataSync()]);
    expect(bits(resumed)).toEqual(bits(whole));
    await whole.save(path.join(folder, 'saved'));
    const loaded = await Autoencoder.load(path.join(folder, 'saved'));
    expect(loaded.warnings).toEqual([]);
    expect(meanPsnr(loaded, validation)).toBe(meanPsnr(whole, validation));
    expect((await loaded.encodeAll(validation)).values).toEqual((await whole.encodeAll(validation)).values);
    for (const each of [whole, stopped, resumed, loaded]) each.dispose();
  });
});

describe('training the variational form of preset transform', () => {
  const samples = rectangleSamples(100, { seed: 12, size: 24 });
  const [training, validation] = [samples.slice(0, 80), samples.slice(80)];
  const variational = { inputShape: [24, 24, 3], codeSize: 40, variational: true } as const;

  it('improves on its start with all of its code in use, and is resumed to the same bits', async () => {
    const schedule = { policy: 'trapezoid', warmUpSteps: 20 } as const;
    const options = {
      seed: 1,
      batchSize: 4,
      epochs: 2,
      schedule,
      beta: 0.002,
      betaWarmUpFraction: 0.2,
      validation,
    } as const;
    const folder = await mkdtemp(path.join(tmpdir(), 'ae-variational-'));
    const whole = await newNetwork(variational);
    const started = await newNetwork(variational);
    await started.computeStart(training, { seed: 1, beta: 0.002 });
    const { epochs } = await whole.train(training, { ...options, run: { folder: path.join(folder, 'whole') } });
    const start = (await started.evaluate(validation, { similarity: false })).psnrDb;
    for (const { validation: score } of epochs) expect(score?.psnrDb).toBeGreaterThan(start - 0.1);
    expect(epochs[1].loss).toBeLessThan(epochs[0].loss);
    expect(epochs[1]).toMatchObject({ activeNumbers: 40, divergence: expect.any(Number) });
    const stopped = await newNetwork(variational);
    const run = { folder: path.join(folder, 'stopped') };
    const abort = new AbortController();
    const onStep = ({ step }: { step: number }) => step === 25 && abort.abort();
    const { signal } = abort;
    await expect(stopped.train(training, { ...options, run, onStep, signal })).rejects.toThrow('aborted after step 25');
    const resumed = await newNetwork(variational);
    await resumed.train(training, { ...options, run: { ...run, resume: true } });
    const bits = (network: Autoencoder) => network.model.getWeights().map((weight) => [...weight.dataSync()]);
    expect(bits(resumed)).toEqual(bits(whole));
    const loaded = await Autoencoder.load(path.join(folder, 'whole', 'model'));
    expect(bits(loaded)).toEqual(bits(whole));
    for (const each of [whole, started, stopped, resumed, loaded]) each.dispose();
  });
});
