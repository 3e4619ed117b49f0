import { beforeAll, expect, it } from 'vitest';
import { fitPca, scorePca } from '../src/entries/baselines';
import { Autoencoder, coefficientsFor, useBackend } from '../src/entries/index';
import { drawingSamples } from './drawings';

const size = 32;
const inputShape = [size, size, 3] as const;

beforeAll(async () => {
  await useBackend('wasm');
});

it('preset transform beats PCA on a few centered drawings, too, whose mirror images PCA has seen', async () => {
  const [training, unseen] = [drawingSamples(800, 1, size), drawingSamples(100, 2, size)];
  const counts = [64, 256];
  const format = new Autoencoder({ preset: 'transform', inputShape });
  const pca = await fitPca(training, format, { mirror: true, components: 256, maxImages: training.length });
  const pcaDb = await scorePca(pca, unseen, format, { counts });
  for (const [i, codeSize] of counts.entries()) {
    const network = new Autoencoder({ preset: 'transform', inputShape, codeSize });
    await network.initialize({ seed: 1 });
    await network.computeStart(training, { seed: 1 });
    const start = (await network.evaluate(unseen, { similarity: false })).psnrDb;
    const { epochs } = await network.train(training, { epochs: 3, seed: 1, validation: unseen });
    const scores = epochs.map(({ validation }) => validation?.psnrDb ?? 0);
    expect(scores.at(-1), `${codeSize} numbers`).toBeGreaterThan(pcaDb[i]);
    expect(Math.min(...scores), `${codeSize} numbers`).toBeGreaterThan(start - 0.02);
    network.dispose();
  }
  pca.dispose();
}, 300_000);

it.each([800, 1500])(
  'the start of %d drawings is above PCA, for it looks at more coefficients',
  async (images) => {
    const large = [64, 64, 3] as const;
    const [training, unseen] = [drawingSamples(images, 1, 64), drawingSamples(50, 2, 64)];
    const startOf = async (coefficients?: number) => {
      const network = new Autoencoder({ preset: 'transform', inputShape: large, codeSize: 768, coefficients });
      await network.initialize({ seed: 1 });
      await network.computeStart(training, { seed: 1 });
      const { psnrDb } = await network.evaluate(unseen, { similarity: false });
      network.dispose();
      return psnrDb;
    };
    const few = await startOf();
    const more = await startOf(await coefficientsFor(training, { inputShape: large, codeSize: 768 }));
    const format = new Autoencoder({ preset: 'transform', inputShape: large });
    const pca = await fitPca(training, format, { mirror: true, components: 768 });
    const [pcaDb] = await scorePca(pca, unseen, format, { counts: [768] });
    pca.dispose();
    expect(more).toBeGreaterThan(few + 1);
    expect(more).toBeGreaterThan(pcaDb);
  },
  300_000,
);
