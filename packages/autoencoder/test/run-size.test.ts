import { mkdtemp, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { Autoencoder, type AutoencoderOptions, useBackend } from '../src/entries/index';
import { recipes } from '../src/entries/options';
import { estimateRun } from '../src/entries/runs';
import { rectangleSamples } from './rectangles';

const networks: readonly AutoencoderOptions[] = [
  { inputShape: [24, 24, 3], codeSize: 7 },
  { inputShape: [24, 24, 1], codeSize: 7, variational: true },
  { preset: 'torch7', inputShape: [24, 24, 3], codeSize: 7 },
  { preset: 'transform', inputShape: [70, 21, 3], codeSize: 30 },
];

beforeAll(async () => {
  await useBackend('wasm');
});

it.each(networks)('the weights of %j are counted before they exist', async (options) => {
  const network = new Autoencoder(options);
  const { all, trained } = network.weightCount;
  await network.initialize();
  expect(all).toBe(network.model.countParams());
  expect(network.weightCount).toEqual({ all, trained });
  network.dispose();
});

it('the network of the blog post takes gigabytes for large images, and preset transform does not', () => {
  const bytesOf = (options: AutoencoderOptions) =>
    estimateRun(new Autoencoder({ inputShape: [128, 128, 3], ...options }).weightCount, recipes.default).bytes;
  expect(bytesOf({})).toBeGreaterThan(11e9);
  expect(bytesOf({ preset: 'transform' })).toBeLessThan(0.3e9);
});

it('a checkpoint has the estimated size', async () => {
  const folder = path.join(await mkdtemp(path.join(tmpdir(), 'ae-size-')), 'run');
  const network = new Autoencoder({ inputShape: [24, 24, 3], codeSize: 50 });
  await network.initialize();
  const changes = { averageDecay: 0.9, earlyStopping: { patience: 3 } };
  const estimate = estimateRun(network.weightCount, { ...recipes.default, ...changes });
  const validation = rectangleSamples(4, { size: 24 });
  await network.train(validation, { ...changes, epochs: 1, validation, run: { folder } });
  const checkpoints = (await readdir(path.join(folder, 'checkpoints'))).filter((file) => file.endsWith('.safetensors'));
  const { size } = await stat(path.join(folder, 'checkpoints', checkpoints[0]));
  expect(size / estimate.checkpointBytes).toBeGreaterThan(1);
  expect(size / estimate.checkpointBytes).toBeLessThan(1.05);
  network.dispose();
});
