/** Training that is stopped or killed while it validates or waits for images. */
import { cp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { sharedFolder } from '@ae/testing/scratch';
import * as tf from '@tensorflow/tfjs-layers';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Breather } from '../src/data/event-loop';
import { Autoencoder, type RunOptions, type SampleSource, type TrainOptions, useBackend } from '../src/entries/index';
import { rectangleSamples } from './rectangles';

const images = rectangleSamples(12, { size: 16 });
const validation = rectangleSamples(5, { size: 16, seed: 3 });
const never = new Promise<never>(() => {});
const base = sharedFolder();
let folder: string;
let count = 0;

beforeAll(() => useBackend('wasm'));

beforeEach(() => {
  folder = path.join(base, `run-${++count}`);
});

/** Three epochs of 3 updates, with everything that may end an epoch. */
async function train(run: Partial<RunOptions> = {}, options: TrainOptions = {}, samples: SampleSource = images) {
  const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24 });
  await ae.initialize({ seed: 1, scheme: 'torch' });
  try {
    const history = await ae.train(samples, {
      ...{ recipe: 'plain', epochs: 3, batchSize: 4, validation, averageDecay: 0.9, earlyStopping: { patience: 2 } },
      ...{ schedule: { policy: 'plateau', patience: 0, factor: 0.5 }, augmentation: { noise: 0.1 } },
      ...options,
      run: { folder, logSteps: 1, keep: 1, ...run },
    });
    const weights = ae.model.getWeights().flatMap((weight) => Array.from(weight.dataSync()));
    return { weights, epochs: history.epochs.map((epoch) => ({ ...epoch, ...untimed })) };
  } finally {
    ae.dispose();
  }
}

const untimed = { elapsedMs: 0, imagesPerSecond: 0 };

async function metrics(): Promise<unknown[]> {
  const lines = (await readFile(path.join(folder, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => ({ ...JSON.parse(line), ...untimed }));
}

/** Samples that trigger something when one of them is requested for the n-th time. */
function watched(samples: SampleSource, n: number, then: () => unknown): SampleSource {
  let asked = 0;
  return {
    length: samples.length,
    at: async (index) => {
      if (++asked === n) await then();
      return samples.at(index);
    },
  };
}

describe('a run that is killed while it validates', () => {
  // The first reads of validation samples are for the fingerprint and the sample grid; each epoch then reads them once.
  const begun = 2 * validation.length;

  it.each([1, 2, 3])('loses no update of epoch %i, and resumes to the same bits and lines', async (epoch) => {
    const whole = await train();
    const lines = await metrics();
    const copy = `${folder}-killed`;
    folder += '-unkilled';
    const look = begun + (epoch - 1) * validation.length + 2;
    await train({}, { validation: watched(validation, look, () => cp(folder, copy, { recursive: true })) });
    folder = copy;
    await rm(path.join(folder, 'lock.json'));
    const index = JSON.parse(await readFile(path.join(folder, 'checkpoints/index.json'), 'utf8'));
    expect(index.checkpoints.at(-1)).toMatchObject({ step: 3 * epoch, epochs: epoch, error: null });
    let updates = 0;
    const rest = await train({ resume: true }, { onStep: () => updates++ });
    expect(updates).toBe(9 - 3 * epoch);
    expect(rest).toEqual(whole);
    expect(await metrics()).toEqual(lines);
  });
});

describe('a signal', () => {
  it.each<[string, number, TrainOptions | undefined, SampleSource | undefined]>([
    ['in the validation', 6, { validation: watched(validation, 2 * 5 + 5 + 2, () => never) }, undefined],
    // Twelve reads are for the fingerprint; then the next two batches are fetched.
    ['while images are waited for', 5, undefined, watched(images, 12 + 5 * 4 + 1, () => never)],
  ])('%s stops at once, what is being read or not, and nothing is lost', async (_, step, options, samples) => {
    const whole = await train();
    folder += '-stopped';
    const controller = new AbortController();
    // No update can follow, so there is enough time.
    const onStep = (progress: { step: number }) => progress.step === step && setTimeout(() => controller.abort(), 300);
    const stopped = train({}, { ...options, onStep, signal: controller.signal }, samples);
    await expect(stopped).rejects.toMatchObject({
      code: 'ABORTED',
      message: expect.stringContaining(`aborted after step ${step}`),
    });
    expect(await train({ resume: true })).toEqual(whole);
  });

  it('stops before anything is created or any image is read', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const stopped = train(
      {},
      { signal: controller.signal },
      watched(images, 1, () => never),
    );
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(readFile(path.join(folder, 'config.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is noticed even if images to be scored arrive immediately', async () => {
    const controller = new AbortController();
    const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24 });
    await ae.initialize({ seed: 1, scheme: 'torch' });
    const many = { length: 1e6, at: (i: number) => validation[i % validation.length] };
    // A timer simulates the operating system: neither is noticed before the event loop gets a turn.
    setTimeout(() => controller.abort(), 100);
    const { signal } = controller;
    await expect(ae.evaluate(many, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
    const encoding = new AbortController();
    setTimeout(() => encoding.abort(), 100);
    await expect(ae.encodeAll(many, { signal: encoding.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    ae.dispose();
  });
});

describe('an update of many batches', () => {
  it('is abandoned when training stops, and made again when it continues, to the same bits', async () => {
    const many = rectangleSamples(24, { size: 16 });
    const layers = () => [
      tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'conv' }),
      tf.layers.batchNormalization({ name: 'normalization' }),
      tf.layers.dropout({ rate: 0.2, name: 'code' }),
      tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same', name: 'out' }),
    ];
    const options = { recipe: 'plain', epochs: 2, batchSize: 1, accumulate: 12, augmentation: { noise: 0.1 } } as const;
    const run = async (more: TrainOptions) => {
      const ae = new Autoencoder({ inputShape: [16, 16, 3], layers: layers() });
      await ae.initialize({ seed: 1 });
      try {
        await ae.train(many, { ...options, ...more });
        return ae.model.getWeights().map((weight) => Array.from(weight.dataSync()));
      } finally {
        ae.dispose();
      }
    };
    const whole = await run({});
    const controller = new AbortController();
    const { signal } = controller;
    // Simulates Ctrl-C in the second update, whichever of its batches is being processed when the event loop gets a turn.
    const breathing = vi.spyOn(Breather.prototype, 'breathe').mockImplementation(async () => {
      if (begun && ++batches === 5) controller.abort();
    });
    let begun = false;
    let batches = 0;
    const onStep = () => {
      begun = true;
    };
    await expect(run({ signal, onStep, run: { folder } })).rejects.toThrow('aborted after step 1');
    breathing.mockRestore();
    expect(await run({ run: { folder, resume: true } })).toEqual(whole);
  });
});
