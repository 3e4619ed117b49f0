/** Runs that are resumed on other data than they started with, or on the same data in another place. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sharedFolder } from '@ae/testing/scratch';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { SourceIdentity } from '../src/data/samples';
import { Autoencoder, type SampleSource, useBackend } from '../src/entries/index';
import { rectangleSamples } from './rectangles';

const images = rectangleSamples(150, { size: 16 });
const base = sharedFolder();
let folder: string;
let count = 0;

beforeAll(() => useBackend('wasm'));

beforeEach(() => {
  folder = path.join(base, `run-${++count}`);
});

async function train(samples: SampleSource, resume = false): Promise<void> {
  const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 8 });
  await ae.initialize({ seed: 1, scheme: 'torch' });
  try {
    await ae.train(samples, { recipe: 'plain', epochs: 1, batchSize: 50, run: { folder, resume } });
  } finally {
    ae.dispose();
  }
}

/** The images with one value of one of them changed. */
function changed(index: number) {
  return images.map((image, i) => {
    if (i !== index) return image;
    const data = Uint8Array.from(image.data);
    data[100] ^= 1;
    return { ...image, data };
  });
}

it('notices every single changed image', async () => {
  await train(images);
  for (const index of [0, 1, 74, 101, 149]) {
    await expect(train(changed(index), true)).rejects.toMatchObject({
      code: 'OPTIONS_CHANGED',
      message: expect.stringMatching(
        /data\.train(\.fingerprint was| has different images than when the run was started)/,
      ),
    });
  }
  await train(
    images.map((image) => ({ ...image, data: Uint8Array.from(image.data) })),
    true,
  );
});

it('relies on what a source says about itself', async () => {
  const source = (identity: SourceIdentity): SampleSource => ({
    length: images.length,
    at: (i) => images[i],
    identity: async () => identity,
  });
  await train(source({ revision: 'first', content: 'a', complete: true }));
  // Written to, with all images as they were.
  await train(source({ revision: 'second', content: 'a', complete: true }), true);
  await expect(train(source({ revision: 'first', content: 'b', complete: true }), true)).rejects.toThrow(
    'has different images',
  );
  folder += '-large';
  await train(source({ revision: 'first', content: 'a', complete: false }));
  await train(source({ revision: 'first', content: 'a', complete: false }), true);
  await expect(train(source({ revision: 'second', content: 'a', complete: false }), true)).rejects.toThrow(
    'data.train was written to since the run was started (first; now second), and is too large to be compared completely',
  );
});

it('treats a run of version 0.1 as that version did', async () => {
  await train(images);
  const file = path.join(folder, 'config.json');
  const { data, ...config } = JSON.parse(await readFile(file, 'utf8'));
  const { count: length, fingerprint } = data.train;
  await writeFile(file, JSON.stringify({ ...config, data: { train: { count: length, fingerprint } } }));
  await train(images, true);
});
