import { beforeAll, describe, expect, it } from 'vitest';
import { Autoencoder, type TrainOptions, useBackend } from '../src/entries/index';
import golden from './golden/recipes.json';
import { rectangleSamples } from './rectangles';

const { size, codeSize, seed, batchSize, epochs } = golden;
const images = rectangleSamples(golden.imageCount, { size, seed: golden.imageSeed });

beforeAll(async () => {
  await useBackend('wasm');
});

async function initialized(options: { variational?: boolean } = {}): Promise<Autoencoder> {
  const ae = new Autoencoder({ inputShape: [size, size, 3], codeSize, ...options });
  await ae.initialize({ seed, scheme: 'torch' });
  return ae;
}

/** The largest relative difference. */
function worstOf(actual: readonly number[], expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  return Math.max(...actual.map((value, i) => Math.abs(value / expected[i] - 1)));
}

it('a recipe includes its epochs and initial weights', async () => {
  const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4 });
  await ae.initialize({ recipe: 'torch7', seed: 3 });
  const same = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 4 });
  await same.initialize({ scheme: 'torch', seed: 3 });
  const weights = ({ model }: Autoencoder) => model.getWeights().map((weight) => weight.dataSync());
  expect(weights(ae)).toEqual(weights(same));
  const stop = new AbortController();
  const seen: number[] = [];
  const onStep = ({ epochs }: { epochs: number }) => {
    seen.push(epochs);
    stop.abort();
  };
  const sample = rectangleSamples(1, { size: 16 });
  const training = ae.train(sample, {
    recipe: 'torch7',
    records: { perEpoch: 1, passes: 1 },
    signal: stop.signal,
    onStep,
  });
  await expect(training).rejects.toMatchObject({ code: 'ABORTED' });
  expect(seen).toEqual([100]);
  for (const network of [ae, same]) network.dispose();
});

describe('training by each part of a recipe agrees with PyTorch', () => {
  it.each(golden.cases)('$name', async ({ name, options, losses, finalMse }) => {
    const ae = await initialized({ variational: name.startsWith('variational') });
    const actual: number[] = [];
    await ae.train(images, {
      ...(options as TrainOptions),
      ...{ recipe: 'plain', epochs, batchSize, seed },
      onStep: ({ loss }) => actual.push(loss),
    });
    expect(worstOf(actual, losses)).toBeLessThan(1e-4);
    // The weights that training ends with: those of the last step, or the averages.
    const { mse } = await ae.evaluate(images);
    expect(Math.abs(mse / finalMse - 1)).toBeLessThan(1e-5);
    ae.dispose();
  });
});

describe("the torch7 recipe is the original's loop", () => {
  it.each(golden.torch7)('$options', async ({ options, updates, errors, finalMse }) => {
    const { perEpoch, passes, learningRate, learningRateDecay, shuffle, epochs } = options;
    const ae = await initialized();
    const visited: number[] = [];
    const visit = (i: number) => {
      visited.push(i);
      return images[i];
    };
    const source = { length: images.length, at: visit };
    const steps: { loss: number; learningRate: number }[] = [];
    const passErrors: number[] = [];
    await ae.train(source, {
      ...{ recipe: 'torch7', epochs, seed, shuffle, records: { perEpoch, passes } },
      optimizer: { name: 'sgd', learningRate },
      schedule: { policy: 'torch7', learningRateDecay },
      onStep: (step) => steps.push(step),
      onPass: ({ loss }) => passErrors.push(loss),
    });
    expect(visited).toEqual(updates.map(({ record }) => record));
    const rates = steps.map((step) => step.learningRate);
    expect(rates).toEqual(updates.map((update) => expect.closeTo(update.learningRate, 12)));
    const losses = steps.map(({ loss }) => loss);
    expect(
      worstOf(
        losses,
        updates.map(({ loss }) => loss),
      ),
    ).toBeLessThan(1e-4);
    expect(worstOf(passErrors, errors)).toBeLessThan(1e-4);
    const { mse } = await ae.evaluate(images);
    expect(Math.abs(mse / finalMse - 1)).toBeLessThan(1e-4);
    ae.dispose();
  });
});
