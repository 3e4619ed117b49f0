import { beforeAll, expect, it } from 'vitest';
import { Random } from '../src/data/random';
import { Autoencoder, type Sample, useBackend } from '../src/entries/index';
import { digitSamples } from './digits';

beforeAll(() => useBackend('wasm'));

function withNoise(images: readonly Sample[], deviation: number): Sample[] {
  const random = new Random(9);
  return images.map((image) => {
    const noise = random.normals(image.data.length);
    const data = Uint8Array.from(image.data, (value, i) =>
      Math.min(255, Math.max(0, value + 255 * deviation * noise[i])),
    );
    return { ...image, data };
  });
}

function errorOf(actual: readonly Sample[], expected: readonly Sample[]): number {
  const errors = actual.map(({ data }, k) =>
    Array.from(data).reduce((sum, value, i) => sum + (value - expected[k].data[i]) ** 2, 0),
  );
  return errors.reduce((sum, error) => sum + error, 0) / (errors.length * 784);
}

it('preset transform trained with noise denoises unknown images better than without', async () => {
  const [train, clean] = [digitSamples(400, 1), digitSamples(50, 2)];
  const noisy = withNoise(clean, 0.3);
  const denoise = async (noise: number) => {
    const ae = new Autoencoder({ preset: 'transform', codeSize: 196, inputShape: [28, 28, 1] });
    await ae.initialize({ seed: 1 });
    await ae.train(train, { epochs: 14, seed: 1, augmentation: { noise } });
    const error = errorOf(await ae.reconstruct(noisy), clean);
    ae.dispose();
    return error;
  };
  const [without, trained] = [await denoise(0), await denoise(0.3)];
  expect(trained).toBeLessThan(0.7 * without);
  expect(trained).toBeLessThan(0.5 * errorOf(noisy, clean));
});
