/** Runs that are examined before their end, lengthened, and started from the weights of others. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sharedFolder } from '@ae/testing/scratch';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Autoencoder,
  loadCheckpoint,
  type RunOptions,
  resumeTraining,
  type TrainOptions,
  useBackend,
} from '../src/entries/index';
import { readRunConfig } from '../src/entries/runs';
import { rectangleSamples } from './rectangles';

const images = rectangleSamples(12, { size: 16 });
const validation = rectangleSamples(5, { size: 16, seed: 3 });
const base = sharedFolder();
let folder: string;
let count = 0;

beforeAll(() => useBackend('wasm'));

beforeEach(() => {
  folder = path.join(base, `run-${++count}`);
});

const weightsOf = ({ model }: Autoencoder) => model.getWeights().flatMap((weight) => Array.from(weight.dataSync()));

async function train(options: TrainOptions = {}, run: Partial<RunOptions> = {}, network?: Autoencoder) {
  const ae = network ?? new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24 });
  if (!network) await ae.initialize({ seed: 1, scheme: 'torch' });
  try {
    const { epochs } = await ae.train(images, {
      ...{ recipe: 'plain', epochs: 3, batchSize: 4, validation, ...options },
      run: { folder, logSteps: 1, keep: 2, ...run },
    });
    return { weights: weightsOf(ae), epochs: epochs.map((epoch) => ({ ...epoch, elapsedMs: 0, imagesPerSecond: 0 })) };
  } finally {
    ae.dispose();
  }
}

describe('loadCheckpoint', () => {
  it('returns the weights of the best epoch, the last one, a step or a file, averaged if the recipe averages', async () => {
    await train({ epochs: 12, averageDecay: 0.5, optimizer: { name: 'sgd', learningRate: 3 } }, { checkpointSteps: 1 });
    const { best, last, checkpoints } = JSON.parse(await readFile(path.join(folder, 'checkpoints/index.json'), 'utf8'));
    expect(best).not.toBe(last);
    const errors = new Map(checkpoints.map((entry: { file: string; error: number }) => [entry.file, entry.error]));
    for (const [choice, file] of [
      [undefined, best],
      ['best', best],
      ['last', last],
      [36, last],
    ] as const) {
      const loaded = await loadCheckpoint(folder, choice);
      expect(path.basename(loaded.file)).toBe(file);
      expect((await loaded.autoencoder.evaluate(validation)).mse).toBe(errors.get(file));
      loaded.autoencoder.dispose();
    }
    const { autoencoder } = await loadCheckpoint(path.join(folder, 'checkpoints', last));
    const saved = await Autoencoder.load(path.join(folder, 'model'));
    expect(weightsOf(autoencoder)).toEqual(weightsOf(saved));
    for (const each of [autoencoder, saved]) each.dispose();
    await expect(loadCheckpoint(folder, 7)).rejects.toThrow(/no checkpoint 7: it has those at step .*36;/);
  });

  it('loads the next one if one is damaged and none was requested', async () => {
    await train();
    const { best } = JSON.parse(await readFile(path.join(folder, 'checkpoints/index.json'), 'utf8'));
    const file = path.join(folder, 'checkpoints', best);
    const bytes = await readFile(file);
    bytes[bytes.length - 1] ^= 4;
    await writeFile(file, bytes);
    const { autoencoder, warnings, step } = await loadCheckpoint(folder);
    expect(step).toBe(6);
    expect(warnings).toEqual([expect.stringContaining(best)]);
    autoencoder.dispose();
    await expect(loadCheckpoint(folder, 'best')).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
    await expect(loadCheckpoint(file)).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
    expect((await readdir(path.join(folder, 'checkpoints'))).sort()).toContain(best);
  });

  it('lists the checkpoints if the requested one does not exist', async () => {
    await expect(loadCheckpoint(folder)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(train({ optimizer: { name: 'sgd', learningRate: 1e39 } })).rejects.toMatchObject({ code: 'DIVERGED' });
    await expect(loadCheckpoint(folder)).rejects.toThrow('has no checkpoints yet');
  });
});

describe('a run that is lengthened', () => {
  it('equals one that was longer from the start, finished or not', async () => {
    const schedule = { policy: 'step', gamma: 0.5, stepSize: 4 } as const;
    const whole = await train({ epochs: 5, schedule });
    folder += '-longer';
    await train({ epochs: 2, schedule });
    expect(await train({ epochs: 5, schedule }, { resume: true })).toEqual(whole);
    const config = await readRunConfig(folder);
    expect(config.options.epochs).toBe(5);
    expect(config.resumed).toMatchObject([{ step: 6, epochs: 5 }]);
    const { autoencoder, history } = await resumeTraining(folder, images, { validation, epochs: 6 });
    expect(history.epochs).toHaveLength(6);
    autoencoder.dispose();
  });

  it('continues after early stopping had ended it', async () => {
    const options: TrainOptions = {
      ...{ epochs: 9, optimizer: { name: 'sgd', learningRate: 0 }, earlyStopping: { patience: 2 } },
    };
    expect((await train(options)).epochs).toHaveLength(3);
    expect((await train(options, { resume: true })).epochs).toHaveLength(3);
    expect((await train({ ...options, epochs: 20 }, { resume: true })).epochs).toHaveLength(5);
  });

  it.each(['cosine', 'trapezoid', 'poly'] as const)(
    'is refused where the schedule is %s over all steps',
    async (policy) => {
      await train({ epochs: 1, schedule: { policy } });
      await expect(train({ epochs: 2, schedule: { policy } }, { resume: true })).rejects.toThrow(
        new RegExp(
          `epochs was 1 and is now 2; its learning rate \\(schedule ${policy}\\) depends on the total number of epochs`,
        ),
      );
      folder += '-fixed';
      await train({ epochs: 1, schedule: { policy, maxSteps: 30 } });
      expect((await train({ epochs: 2, schedule: { policy, maxSteps: 30 } }, { resume: true })).epochs).toHaveLength(2);
      await expect(train({ epochs: 1, schedule: { policy, maxSteps: 30 } }, { resume: true })).rejects.toThrow(
        'epochs was 2 and is now 1;',
      );
    },
  );
});

describe('a run from given weights', () => {
  it('keeps them, and is resumed from its folder alone', async () => {
    await train();
    const from = path.join(folder, 'model');
    folder += '-next';
    const load = () => Autoencoder.load(from);
    const options: TrainOptions = { epochs: 4, batchSize: 6, optimizer: { name: 'sgd', learningRate: 0.01 } };
    const whole = await train(options, { from }, await load());
    expect(await readRunConfig(folder)).toMatchObject({ from });
    const [start, source] = await Promise.all([Autoencoder.load(path.join(folder, 'start')), load()]);
    expect(weightsOf(start)).toEqual(weightsOf(source));
    for (const each of [start, source]) each.dispose();

    folder += '-stopped';
    const controller = new AbortController();
    const onStep = ({ step }: { step: number }) => step === 3 && controller.abort();
    const stopped = train({ ...options, onStep, signal: controller.signal }, { from }, await load());
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    // Killed before the first checkpoint it begins with the same weights, too.
    const early = `${folder}-early`;
    await cp(folder, early, { recursive: true });
    await rm(path.join(early, 'checkpoints'), { recursive: true });
    await mkdir(path.join(early, 'checkpoints'));
    const index = { version: 2, last: null, best: null, checkpoints: [] };
    await writeFile(path.join(early, 'checkpoints/index.json'), JSON.stringify(index));
    for (const run of [folder, early]) {
      const { autoencoder } = await resumeTraining(run, images, { validation });
      expect(weightsOf(autoencoder)).toEqual(whole.weights);
      autoencoder.dispose();
    }
  });
});
