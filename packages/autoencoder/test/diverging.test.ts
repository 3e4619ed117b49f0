import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Autoencoder, type EpochSummary, type TrainOptions, useBackend } from '../src/entries/index';
import { rectangleSamples } from './rectangles';

const images = rectangleSamples(12, { size: 16 });
const [train, validation] = [images.slice(0, 8), images.slice(8)];
let folder: string;

beforeAll(async () => {
  await useBackend('wasm');
  folder = await mkdtemp(path.join(tmpdir(), 'ae-diverging-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function initialized(): Promise<Autoencoder> {
  const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 16 });
  await ae.initialize();
  return ae;
}

const weightsOf = (ae: Autoencoder) => ae.model.getWeights().map((weight) => Array.from(weight.dataSync()));

/** Explodes in the third epoch. */
const explosive: TrainOptions = {
  ...{ recipe: 'plain', epochs: 9, batchSize: 4, validation, optimizer: { name: 'sgd', learningRate: 0.05 } },
  schedule: { policy: 'multistep', gamma: 1e5, stepValues: [5] },
};

it.each<[string, TrainOptions]>([
  ['', {}],
  [' by averages', { averageDecay: 0.9 }],
  [' by early stopping', { earlyStopping: {} }],
  [' by the loss alone', { validation: undefined }],
  [' in a run', { run: { folder: 'run' } }],
])('gives the network the weights of its best epoch back%s', async (_, options) => {
  const ae = await initialized();
  const before = tf.memory().numTensors;
  const epochs: EpochSummary[] = [];
  const states: number[][][] = [];
  const run = options.run && { folder: path.join(folder, 'run') };
  const training = ae.train(train, {
    ...{ ...explosive, ...options, ...(run && { run }) },
    onEpoch: (epoch) => {
      epochs.push(epoch);
      states.push(weightsOf(ae));
    },
  });
  await expect(training).rejects.toMatchObject({ code: 'DIVERGED' });
  await expect(training).rejects.toThrow(/has the best weights, those after epoch 2, back.* smaller learning rate/);

  expect(epochs).toHaveLength(2);
  expect(epochs[1].loss).toBeLessThan(epochs[0].loss);
  if (!options.averageDecay) expect(weightsOf(ae)).toEqual(states[1]);
  const { mse } = await ae.evaluate(validation, { similarity: false });
  if (epochs[1].validation) expect(mse).toBeCloseTo(epochs[1].validation.mse, 8);
  expect(tf.memory().numTensors).toBe(before);
  await ae.save(path.join(folder, `saved${Object.keys(options)}`));
  ae.dispose();
});

it.each([1e4, 1e39])(
  'gives the first weights back where there is no better, learning rate %d',
  async (learningRate) => {
    const ae = await initialized();
    const first = weightsOf(ae);
    // One update, which no later loss can reveal.
    const training = ae.train(train, {
      epochs: 1,
      batchSize: 8,
      optimizer: { name: 'sgd', learningRate },
      ...(learningRate < 1e9 && { validation }),
    });
    await expect(training).rejects.toMatchObject({ code: 'DIVERGED' });
    await expect(training).rejects.toThrow('has its initial weights back');
    expect(weightsOf(ae)).toEqual(first);
    ae.dispose();
  },
);

it('notices it in networks with frozen layers, whose last update no loss reveals', async () => {
  const ae = new Autoencoder({ preset: 'transform', inputShape: [16, 16, 3], codeSize: 48 });
  await ae.initialize({ seed: 1 });
  const training = ae.train(train, {
    ...{ recipe: 'plain', epochs: 1, batchSize: 8, validation },
    optimizer: { name: 'sgd', learningRate: 1e9 },
  });
  await expect(training).rejects.toMatchObject({ code: 'DIVERGED' });
  ae.dispose();
});

it('neither saves nor trains weights that are not finite, and names them', async () => {
  const ae = await initialized();
  const layer = ae.model.layers.find(({ name }) => name === 'conv2') as layers.Layer;
  const [kernel, bias] = layer.getWeights();
  for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    layer.setWeights([kernel, tf.fill(bias.shape, value)]);
    const target = path.join(folder, 'not-finite');
    for (const attempt of [() => ae.save(target), () => ae.train(train, { epochs: 1 })]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'WEIGHTS_NOT_FINITE' });
      await expect(attempt()).rejects.toThrow(`conv2/bias contains ${value}`);
    }
    expect(existsSync(target)).toBe(false);
  }
  ae.dispose();
});
