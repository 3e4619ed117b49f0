import { beforeAll, describe, expect, it } from 'vitest';
import { Autoencoder, type AutoencoderOptions, type Sample, type TrainOptions, useBackend } from '../src/entries/index';
import { digitSamples } from './digits';

const train = digitSamples(2000, 1);
const unseen = digitSamples(200, 2);

beforeAll(() => useBackend('wasm'));

/** How certain a nearest-neighbor classifier is about an image: how much nearer its class is than the next one, 0 to 1. */
function sureness({ data }: Sample): number {
  const least = new Float64Array(10).fill(Number.POSITIVE_INFINITY);
  for (const known of train) {
    let squares = 0;
    for (let i = 0; i < data.length; i++) squares += (data[i] - known.data[i]) ** 2;
    const label = known.label as number;
    least[label] = Math.min(least[label], Math.sqrt(squares));
  }
  const [nearest, other] = least.sort();
  return 1 - nearest / other;
}

function meanSureness(images: readonly Sample[]): number {
  return images.reduce((sum, image) => sum + sureness(image), 0) / images.length;
}

function checkerboards(count: number): Sample[] {
  return Array.from({ length: count }, (_, k) => ({
    ...{ channels: 1, height: 28, width: 28 },
    data: Uint8Array.from({ length: 784 }, (_, i) => (((i % 28) + Math.floor(i / 28) + k) % 2) * 255),
  }));
}

describe('samples look like the data', () => {
  const cases: [name: string, options: AutoencoderOptions, training: TrainOptions][] = [
    ['transform', { preset: 'transform', codeSize: 48 }, { epochs: 2 }],
    ['variational transform', { preset: 'transform', codeSize: 48, variational: true }, { epochs: 2, beta: 0.02 }],
    ['variational mirror', { codeSize: 48, variational: true }, { epochs: 8, beta: 0.02 }],
  ];
  it.each(cases)('%s', async (_name, options, training) => {
    const ae = new Autoencoder({ ...options, inputShape: [28, 28, 1] });
    await ae.initialize({ seed: 1 });
    await ae.train(train, { ...training, seed: 1 });
    const samples = await ae.sample({ count: 200, seed: 1, codesOf: train });
    const reconstructions = await ae.reconstruct(unseen);
    const [drawn, rebuilt] = [meanSureness(samples), meanSureness(reconstructions)];
    expect(drawn).toBeGreaterThan(0.75 * rebuilt);
    expect(meanSureness(checkerboards(2))).toBeLessThan(0.5 * rebuilt);
    ae.dispose();
  });
});
