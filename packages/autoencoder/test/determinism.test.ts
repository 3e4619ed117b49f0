import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { Autoencoder, useBackend } from '../src/entries/index';
import { rectangleSamples } from './rectangles';

/** The full-size network, whose kernels share their work among threads and add up the results. */
async function trainedWeights(): Promise<string> {
  const ae = new Autoencoder();
  await ae.initialize({ seed: 1 });
  const images = rectangleSamples(48);
  await ae.train(images, { epochs: 1, batchSize: 16, seed: 2 });
  const digest = createHash('sha256');
  for (const weight of ae.model.getWeights()) digest.update(new Uint8Array((weight.dataSync() as Float32Array).buffer));
  ae.dispose();
  return digest.digest('hex');
}

it('produces the same bits each time, on two threads', { timeout: 60_000 }, async () => {
  await useBackend('wasm', { threads: 2 });
  const first = await trainedWeights();
  for (let repeat = 0; repeat < 3; repeat++) expect(await trainedWeights()).toBe(first);
});
