/** How long to train: by epochs, by updates, or by the clock. */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sharedFolder } from '@ae/testing/scratch';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Autoencoder, resumeTraining, type StepProgress, type TrainOptions, useBackend } from '../src/entries/index';
import { readRunConfig } from '../src/entries/runs';
import { rectangleSamples } from './rectangles';

const images = rectangleSamples(12, { size: 16 });
const validation = rectangleSamples(5, { size: 16, seed: 3 });
const base = sharedFolder();

beforeAll(() => useBackend('wasm'));

const weightsOf = ({ model }: Autoencoder) => model.getWeights().flatMap((weight) => Array.from(weight.dataSync()));

/** Trains with batches of 4, so three updates per epoch. */
async function train(options: TrainOptions) {
  const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24 });
  await ae.initialize({ seed: 1 });
  const steps: StepProgress[] = [];
  const recipe = { recipe: 'plain', batchSize: 4, validation } as const;
  try {
    const history = await ae.train(images, { ...recipe, onStep: (step) => steps.push(step), ...options });
    return { history, steps, rates: steps.map(({ learningRate }) => learningRate), weights: weightsOf(ae) };
  } finally {
    ae.dispose();
  }
}

describe('training for a number of updates', () => {
  it('ends within an epoch, which is scored like any other', async () => {
    const { history, steps } = await train({ steps: 5 });
    expect(history.steps).toBe(5);
    expect(history.epochs.map(({ step }) => step)).toEqual([3, 5]);
    expect(history.epochs[1].validation?.psnrDb).toBeGreaterThan(0);
    expect(steps.map(({ step, steps, epoch, epochs }) => [step, steps, epoch, epochs])).toEqual([
      ...[1, 2, 3].map((step) => [step, 5, 1, 2]),
      ...[4, 5].map((step) => [step, 5, 2, 2]),
    ]);
  });

  it('equals training for whole epochs if they are, and spreads the schedule over the updates if not', async () => {
    const schedule = { policy: 'poly' } as const;
    const [byEpochs, bySteps] = await Promise.all([train({ epochs: 2, schedule }), train({ steps: 6, schedule })]);
    expect(bySteps.weights).toEqual(byEpochs.weights);
    // base * (1 - i / steps), as in Caffe.
    const { rates } = await train({ steps: 5, schedule });
    for (const [i, rate] of rates.entries()) expect(rate).toBeCloseTo(1e-3 * (1 - i / 5), 9);
  });

  it('is in config.json, and resumes to the same weights', async () => {
    const whole = await train({ steps: 5, run: { folder: path.join(base, 'whole') } });
    expect((await readRunConfig(path.join(base, 'whole'))).options).toMatchObject({ epochs: 2, steps: 5 });
    const index = JSON.parse(await readFile(path.join(base, 'whole/checkpoints/index.json'), 'utf8'));
    const error = whole.history.epochs[1].validation?.mse;
    expect(index.checkpoints.at(-1)).toMatchObject({ step: 5, epochs: 2, error });
    for (const stopAt of [2, 3, 4, 5]) {
      const folder = path.join(base, `stopped-${stopAt}`);
      const stop = new AbortController();
      const onStep = ({ step }: StepProgress) => step === stopAt && stop.abort();
      await expect(train({ steps: 5, run: { folder }, signal: stop.signal, onStep })).rejects.toThrow('stopped');
      const { autoencoder, history } = await resumeTraining(folder, images, { validation });
      expect(weightsOf(autoencoder)).toEqual(whole.weights);
      expect(history.epochs.map(({ step, loss }) => [step, loss])).toEqual(
        whole.history.epochs.map(({ step, loss }) => [step, loss]),
      );
      autoencoder.dispose();
    }
  });

  it('cannot be lengthened: its last epoch was cut short', async () => {
    const folder = path.join(base, 'cut');
    await train({ steps: 4, run: { folder } });
    await expect(resumeTraining(folder, images, { validation, epochs: 9 })).rejects.toThrow(
      /steps was 4 and is now not set/,
    );
  });

  it.each<[TrainOptions, string]>([
    [{ steps: 0 }, 'steps: expected a whole number of at least 1, received 0.'],
    [{ steps: 1.5 }, 'steps: expected a whole number of at least 1, received 1.5.'],
    [{ minutes: 0 }, 'minutes: expected a number above 0, received 0.'],
    [{ minutes: Number.NaN }, 'minutes: expected a number above 0, received NaN.'],
  ])('%o is refused', async (options, message) => {
    await expect(train(options)).rejects.toThrow(message);
  });
});

describe('training for a number of minutes', () => {
  it('brings its learning rate to the end in fewer updates if they take longer than planned', async () => {
    let now = performance.now();
    // The clock advances whenever it is read: a few times per update.
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 10;
      return now;
    });
    try {
      const schedule = { policy: 'poly' } as const;
      const { history, rates, steps } = await train({ steps: 3000, minutes: 1, schedule, validation: undefined });
      expect(history.steps).toBeLessThan(1500);
      expect(Math.abs(steps[steps.length - 1].elapsedMs / 60_000 - 1)).toBeLessThan(0.1);
      // base * (1 - i / steps): practically 0 if the plan was followed to its end.
      expect(rates[rates.length - 1]).toBeLessThan(0.1 * rates[0]);
    } finally {
      clock.mockRestore();
    }
  });

  it('ends on time whatever was planned, and does not continue when resumed', async () => {
    const folder = path.join(base, 'timed');
    const schedule = { policy: 'poly' } as const;
    const { history, rates } = await train({ epochs: 1_000_000, minutes: 0.02, schedule, run: { folder } });
    expect(history.steps).toBeGreaterThan(1);
    expect(history.steps).toBeLessThan(1_000_000);
    expect(rates[0]).toBeCloseTo(1e-3, 6);
    const { history: after, autoencoder } = await resumeTraining(folder, images, { validation });
    autoencoder.dispose();
    expect(after.steps).toBe(history.steps);
  });
});
