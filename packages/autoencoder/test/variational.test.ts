import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sharedFolder } from '@ae/testing/scratch';
import { beforeAll, describe, expect, it } from 'vitest';
import { Autoencoder, resumeTraining, type TrainingWarning, type TrainOptions, useBackend } from '../src/entries/index';
import { collectReport, renderReport } from '../src/entries/report';
import { rectangleSamples } from './rectangles';

const images = rectangleSamples(12, { size: 16 });
const base = sharedFolder();
const small = { inputShape: [16, 16, 3], codeSize: 6, variational: true } as const;

beforeAll(() => useBackend('wasm'));

async function initialized(): Promise<Autoencoder> {
  const ae = new Autoencoder(small);
  await ae.initialize({ seed: 1 });
  return ae;
}

const plain = { recipe: 'plain', batchSize: 4, epochs: 3 } as const;

describe('the divergence of a variational network', () => {
  it('is in metrics and report, and the same after an interruption within an epoch', async () => {
    const options: TrainOptions = { ...plain, beta: 0.1, betaWarmUpFraction: 0.5, freeBits: 0.1 };
    const whole = await initialized();
    const folder = path.join(base, 'whole');
    const { epochs } = await whole.train(images, { ...options, run: { folder, logSteps: 1 } });
    expect(epochs.every(({ divergence = 0, activeNumbers = -1 }) => divergence > 0 && activeNumbers >= 0)).toBe(true);
    const text = (name: string) => readFile(path.join(folder, name), 'utf8');
    const [header, ...rows] = (await text('metrics.csv')).trimEnd().split('\n');
    expect(header.endsWith(',divergence,activeNumbers')).toBe(true);
    expect(rows.at(-1)?.split(',').slice(-2)).toEqual([`${epochs[2].divergence}`, `${epochs[2].activeNumbers}`]);
    expect(JSON.parse(await text('config.json')).options).toMatchObject({ betaWarmUpFraction: 0.5, freeBits: 0.1 });
    const page = renderReport(await collectReport(whole, { samples: images, runFolder: folder, baselines: false }));
    expect(page).toContain('Divergence in nats per image');

    const stop = new AbortController();
    const parts = path.join(base, 'parts');
    const cut = await initialized();
    const onStep = ({ step }: { step: number }) => step === 5 && stop.abort();
    const run = { folder: parts };
    await expect(cut.train(images, { ...options, run, signal: stop.signal, onStep })).rejects.toThrow('step 5');
    const { autoencoder, history } = await resumeTraining(parts, images);
    const told = (list: typeof epochs) =>
      list.map(({ loss, divergence, activeNumbers }) => ({ loss, divergence, activeNumbers }));
    expect(told(history.epochs)).toEqual(told(epochs));
    for (const ae of [whole, cut, autoencoder]) ae.dispose();
  });

  it('causes one warning if it vanishes, which free bits prevent', async () => {
    const train = async (options: TrainOptions) => {
      const ae = new Autoencoder(small);
      await ae.initialize({ seed: 1, scheme: 'torch' });
      const warnings: TrainingWarning[] = [];
      const all = {
        ...plain,
        epochs: 8,
        optimizer: { name: 'adam', learningRate: 0.01 },
        beta: 100,
        ...options,
      } as const;
      const { epochs } = await ae.train(images, { ...all, onWarning: (warning) => warnings.push(warning) });
      ae.dispose();
      return { warnings, divergence: epochs[7].divergence ?? 0 };
    };
    const collapsed = await train({});
    expect(collapsed.warnings.map(({ code }) => code)).toEqual(['POSTERIOR_COLLAPSE']);
    expect(collapsed.warnings[0].message).toMatch(
      /^After epoch \d+, \d of the code's 6 numbers carry no information about the images .*; lower beta, increase it gradually \(betaWarmUpFraction\), /,
    );
    const free = await train({ freeBits: 0.5 });
    expect(free.divergence).toBeGreaterThan(50 * collapsed.divergence);
  });

  it('reconstructs with the masks that its samples have', async () => {
    const ae = await initialized();
    expect((await ae.evaluate(images, { similarity: false })).masks).toBe('fixed');
    const [usual, fixed] = [await ae.reconstruct(images), await ae.reconstruct(images, { masks: 'fixed' })];
    expect(usual).toEqual(fixed);
    ae.dispose();
  });
});
