import fs, { mkdtemp, readdir, rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Autoencoder, useBackend } from '../src/entries/index';
import { rectangleSamples } from './rectangles';

let folder: string;

beforeAll(async () => {
  await useBackend('wasm');
  folder = await mkdtemp(path.join(tmpdir(), 'ae-run-pictures-'));
  // A disk that writes pictures slowly.
  const { rename } = fs;
  vi.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
    if (String(to).endsWith('.png')) await new Promise((resolve) => setTimeout(resolve, 500));
    return rename(from, to);
  });
  syncBuiltinESMExports();
});

afterAll(async () => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  await rm(folder, { recursive: true, force: true });
});

it('waits at the end for pictures that are written during training', async () => {
  const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24 });
  await ae.initialize({ seed: 1 });
  const run = path.join(folder, 'run');
  await ae.train(rectangleSamples(8, { size: 16 }), { epochs: 2, batchSize: 4, run: { folder: run } });
  expect((await readdir(path.join(run, 'samples'))).sort()).toEqual(['epoch-0001.png', 'epoch-0002.png']);
  ae.dispose();
});
