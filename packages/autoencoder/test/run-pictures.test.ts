import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Autoencoder, useBackend } from '../src/index';
import { rectangleSamples } from './rectangles';

/** A disk that is slow to take pictures. */
vi.mock('../src/files/atomic-file', async (importOriginal) => {
  const real = await importOriginal<typeof import('../src/files/atomic-file')>();
  const writeFileAtomically: typeof real.writeFileAtomically = async (file, ...rest) => {
    if (file.endsWith('.png')) await new Promise((resolve) => setTimeout(resolve, 500));
    return real.writeFileAtomically(file, ...rest);
  };
  return { ...real, writeFileAtomically };
});

let folder: string;

beforeAll(async () => {
  await useBackend('wasm');
  folder = await mkdtemp(path.join(tmpdir(), 'ae-run-pictures-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it('waits in the end for pictures that are written while training goes on', async () => {
  const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24 });
  await ae.initialize({ seed: 1 });
  const run = path.join(folder, 'run');
  await ae.train(rectangleSamples(8, { size: 16 }), { epochs: 2, batchSize: 4, run: { folder: run } });
  expect((await readdir(path.join(run, 'samples'))).sort()).toEqual(['epoch-0001.png', 'epoch-0002.png']);
  ae.dispose();
});
