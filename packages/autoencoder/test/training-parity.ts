import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Autoencoder, type PresetName } from '../src/entries/index';
import type { OptimizerOptions } from '../src/entries/options';
import { startTestEngine, testEngine } from './engine';
import golden from './golden/training.json';
import { rectangleSamples } from './rectangles';

interface Case {
  preset: PresetName;
  weightsSha256: string;
  optimizer: OptimizerOptions;
  losses: number[];
}

/** Compares the losses of the first steps of training, of at most `most`, with PyTorch's. */
export function describeTrainingParity(most: number): void {
  describe(`training on ${testEngine} agrees with PyTorch in at most ${most} steps`, () => {
    const images = rectangleSamples(golden.imageCount, { seed: golden.imageSeed });

    beforeAll(async () => {
      await startTestEngine();
    });

    it('starts from the same images', () => {
      const digest = createHash('sha256');
      for (const { data } of images) digest.update(interleavedRgb(data));
      expect(digest.digest('hex')).toBe(golden.imagesSha256);
    });

    it.each(golden.cases as Case[])('$preset, $optimizer.name', { timeout: 120_000 }, async (expected) => {
      const ae = new Autoencoder({ preset: expected.preset });
      await ae.initialize({ seed: golden.seed, scheme: 'torch' });
      expect(weightsSha256(ae)).toBe(expected.weightsSha256);

      // One long epoch in the given order: batch k holds images k * batchSize, k * batchSize + 1, ... (modulo the count).
      const steps = Math.min(most, expected.losses.length);
      const source = { length: steps * golden.batchSize, at: (i: number) => images[i % images.length] };
      const losses: number[] = [];
      await ae.train(source, {
        ...{ recipe: 'plain', epochs: 1, batchSize: golden.batchSize, shuffle: false, optimizer: expected.optimizer },
        onStep: ({ loss }) => losses.push(loss),
      });
      ae.dispose();

      expect(losses).toHaveLength(steps);
      const worst = Math.max(...losses.map((loss, i) => Math.abs(loss / expected.losses[i] - 1)));
      expect(worst).toBeLessThan(1e-3);
    });
  });
}

function interleavedRgb(planarBgr: ArrayLike<number>): Uint8Array {
  const area = planarBgr.length / 3;
  return Uint8Array.from({ length: 3 * area }, (_, i) => planarBgr[(2 - (i % 3)) * area + Math.floor(i / 3)]);
}

function weightsSha256(ae: Autoencoder): string {
  const digest = createHash('sha256');
  for (const weight of ae.model.getWeights())
    digest.update(tf.util.toTypedArray(weight.dataSync(), 'float32') as Float32Array);
  return digest.digest('hex');
}
