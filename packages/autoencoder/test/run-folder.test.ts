import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { findPython, runPython } from '@ae/testing/python';
import { sharedFolder } from '@ae/testing/scratch';
import sharp from 'sharp';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Autoencoder,
  AutoencoderError,
  type CheckpointSaved,
  type RunOptions,
  resumeTraining,
  type TrainingWarning,
  type TrainOptions,
  useBackend,
} from '../src/entries/index';
import { readRunConfig } from '../src/entries/runs';
import { rectangleSamples } from './rectangles';

const images = rectangleSamples(12, { size: 16 });
const validation = rectangleSamples(5, { size: 16, seed: 3 });
const base = sharedFolder();
let count = 0;
let folder: string;

beforeAll(() => useBackend('wasm'));

beforeEach(() => {
  folder = path.join(base, `run-${++count}`);
});

/** Trains a new network with fixed initial weights; 3 updates per epoch. */
async function train(run: Partial<RunOptions> = {}, options: TrainOptions = {}) {
  const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24 });
  await ae.initialize({ seed: 1, scheme: 'torch' });
  const saved: CheckpointSaved[] = [];
  const warnings: TrainingWarning[] = [];
  try {
    const history = await ae.train(images, {
      ...{ recipe: 'plain', epochs: 3, batchSize: 4, validation, ...options, run: { folder, logSteps: 1, ...run } },
      onCheckpoint: (checkpoint) => saved.push(checkpoint),
      onWarning: (warning) => warnings.push(warning),
    });
    const weights = ae.model.getWeights().flatMap((weight) => Array.from(weight.dataSync()));
    return { history, weights, saved, warnings };
  } finally {
    ae.dispose();
  }
}

/** Trains until `step`, as if interrupted there. */
function interruptAt(step: number, run: Partial<RunOptions> = {}, options: TrainOptions = {}) {
  const controller = new AbortController();
  const onStep = (progress: { step: number }) => progress.step === step && controller.abort();
  return expectError(() => train(run, { ...options, signal: controller.signal, onStep }), 'ABORTED', `step ${step}`);
}

async function expectError(action: () => Promise<unknown>, code: string, ...parts: string[]): Promise<void> {
  const error = await action().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AutoencoderError);
  expect((error as AutoencoderError).code).toBe(code);
  for (const part of parts) expect((error as Error).message).toContain(part);
}

/** Runs `work`, which must leave the same files with the same contents in the folder. */
async function expectNothingChanges(work: () => Promise<unknown>): Promise<void> {
  const look = async () => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    return Promise.all(files.sort().map(async (file) => [file, (await readFile(file)).toString('base64')]));
  };
  const before = await look();
  await work();
  expect(await look()).toEqual(before);
}

/** The tensors of a safetensors file, by the format's own description. */
function readSafetensors(file: Buffer): Record<string, number[]> {
  const start = 8 + Number(file.readBigUInt64LE());
  const { __metadata__, ...entries } = JSON.parse(file.toString('utf8', 8, start));
  const values = ({ data_offsets: [from, to] }: { data_offsets: [number, number] }) =>
    Array.from(new Float32Array(Uint8Array.from(file.subarray(start + from, start + to)).buffer));
  return Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => [name, values(entry as { data_offsets: [number, number] })]),
  );
}

async function readLines(): Promise<Record<string, unknown>[]> {
  const text = await readFile(path.join(folder, 'metrics.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('the folder of a run', () => {
  it('contains settings, metrics, samples, checkpoints and the network', async () => {
    const { history, saved, weights } = await train({ command: 'ae train x.lmdb', dataNames: { train: 'x.lmdb' } });
    const config = await readRunConfig(folder);
    expect(config).toMatchObject({
      ...{ version: 1, command: 'ae train x.lmdb', seed: 0, inputShape: [16, 16, 3], preset: 'mirror' },
      options: { epochs: 3, batchSize: 4, optimizer: { name: 'adam' }, loss: { name: 'mse' } },
      data: { train: { name: 'x.lmdb', count: 12 }, validation: { count: 5 } },
      ...{ backend: { name: 'wasm' }, pixels: { scale: 1 / 256, channelOrder: 'rgb' } },
    });
    expect(config.data.train.fingerprint).not.toBe(config.data.validation?.fingerprint);

    const lines = await readLines();
    expect(lines.map(({ type, epoch, step }) => `${type} ${epoch} ${step}`)).toEqual([
      ...['step 1 1', 'step 1 2', 'step 1 3', 'epoch 1 3', 'step 2 4', 'step 2 5', 'step 2 6', 'epoch 2 6'],
      ...['step 3 7', 'step 3 8', 'step 3 9', 'epoch 3 9'],
    ]);
    expect(lines.filter(({ type }) => type === 'epoch')).toEqual(
      history.epochs.map((summary) => ({ type: 'epoch', ...summary })),
    );
    expect(Object.keys(history.epochs[0].validation ?? {}).sort()).toEqual(['mse', 'pooledPsnrDb', 'psnrDb']);
    const csv = (await readFile(path.join(folder, 'metrics.csv'), 'utf8')).trimEnd().split('\n');
    expect(csv).toHaveLength(lines.length + 1);
    const { validationPsnrDb } = Object.fromEntries(
      csv[0].split(',').map((column, i) => [column, csv[4].split(',')[i]]),
    );
    expect(Number(validationPsnrDb)).toBe(history.epochs[0].validation?.psnrDb);

    expect(await readdir(path.join(folder, 'samples'))).toEqual(['epoch-0001.png', 'epoch-0002.png', 'epoch-0003.png']);
    expect(saved.map(({ step, epoch }) => [step, epoch])).toEqual([3, 6, 9].map((step, i) => [step, i + 1]));
    const loaded = await Autoencoder.load(path.join(folder, 'model'));
    expect(loaded.model.getWeights().flatMap((weight) => Array.from(weight.dataSync()))).toEqual(weights);
    loaded.dispose();
  });

  it('shows inputs above reconstructions, in their colors', async () => {
    await train({ sampleCount: 3 }, { epochs: 1 });
    const { data, info } = await sharp(path.join(folder, 'samples/epoch-0001.png'))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 3 * 16 + 4, height: 2 * 16 + 2, channels: 3 });
    for (const [i, { data: planes }] of validation.slice(0, 3).entries()) {
      for (let pixel = 0; pixel < 256; pixel++) {
        const at = 3 * (Math.floor(pixel / 16) * info.width + i * 18 + (pixel % 16));
        // Samples are planar and blue first.
        expect([...data.subarray(at, at + 3)]).toEqual([2, 1, 0].map((plane) => planes[plane * 256 + pixel]));
      }
    }
  });

  it('is never one that contains something else', async () => {
    await train();
    await expectError(() => train(), 'OUTPUT_EXISTS', folder, 'resume');
    await expectError(
      () => train({ folder: path.join(base, 'nothing'), resume: true }),
      'RUN_NOT_FOUND',
      'config.json',
    );
  });

  it('keeps the last few checkpoints and the best one', async () => {
    const { saved } = await train(
      { keep: 2, checkpointSteps: 1 },
      { epochs: 4, optimizer: { name: 'sgd', learningRate: 3 } },
    );
    expect(saved.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const best = saved.filter((checkpoint) => checkpoint.best).at(-1);
    const index = JSON.parse(await readFile(path.join(folder, 'checkpoints/index.json'), 'utf8'));
    expect(index.last).toBe(path.basename(saved.at(-1)!.file));
    expect(index.best).toBe(path.basename(best!.file));
    const epochs = (await readLines()).filter(({ type }) => type === 'epoch') as {
      validation: { mse: number };
      step: number;
    }[];
    const lowest = epochs.reduce((a, b) => (b.validation.mse < a.validation.mse ? b : a));
    expect(best?.step).toBe(lowest.step);
    expect(lowest.step, 'a run whose best epoch is its last tests nothing').toBeLessThan(12);
    const files = (await readdir(path.join(folder, 'checkpoints'))).filter((name) => name !== 'index.json').sort();
    expect(files).toEqual([...new Set([best!, ...saved.slice(-2)].map(({ file }) => path.basename(file)))].sort());
  });
});

describe('resuming', () => {
  it('continues an interrupted run to the same bits', async () => {
    const whole = await train();
    folder += '-interrupted';
    await interruptAt(5);
    const config = await readRunConfig(folder);
    const rest = await train({ resume: true });
    expect(rest.weights).toEqual(whole.weights);
    const withoutTimes = (history: typeof whole.history) =>
      history.epochs.map((epoch) => ({ ...epoch, elapsedMs: 0, imagesPerSecond: 0 }));
    expect(withoutTimes(rest.history)).toEqual(withoutTimes(whole.history));
    expect((await readLines()).map(({ step }) => step)).toEqual([1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9]);
    const { resumed, ...same } = await readRunConfig(folder);
    expect(same).toEqual(config);
    expect(resumed).toMatchObject([{ step: 5 }]);
  });

  it('needs nothing but the folder and the same samples', async () => {
    const whole = await train();
    folder += '-resumed';
    await interruptAt(4);
    const { autoencoder, history } = await resumeTraining(folder, images, { validation });
    expect(autoencoder.model.getWeights().flatMap((weight) => Array.from(weight.dataSync()))).toEqual(whole.weights);
    expect(history.steps).toBe(9);
    autoencoder.dispose();
    await expectError(
      () => resumeTraining(folder, validation),
      'OPTIONS_CHANGED',
      'data.train.count was 12 and is now 5',
    );
  });

  it('a finished run changes nothing', async () => {
    const whole = await train();
    const again = await train({ resume: true });
    expect(again.weights).toEqual(whole.weights);
    expect(again.history).toEqual(whole.history);
    expect(again.saved).toEqual([]);
  });

  it('with other options is an error that lists them all', async () => {
    await interruptAt(2);
    await expectError(
      () => train({ resume: true }, { batchSize: 6, optimizer: { name: 'adam', learningRate: 0.1 }, seed: 4 }),
      'OPTIONS_CHANGED',
      'batchSize was 4 and is now 6',
      'optimizer.learningRate was 0.001 and is now 0.1',
      'seed was 0 and is now 4',
    );
    await expectError(
      () => train({ resume: true }, { validation: images }),
      'OPTIONS_CHANGED',
      'data.validation.count was 5 and is now 12',
    );
    const others = rectangleSamples(5, { size: 16, seed: 4 });
    await expectError(
      () => train({ resume: true }, { validation: others }),
      'OPTIONS_CHANGED',
      'data.validation.fingerprint',
    );
    await expectError(
      () => train({ resume: true }, { averageDecay: 0.9 }),
      'OPTIONS_CHANGED',
      'averageDecay was null and is now 0.9',
    );
  });

  it('refuses a run that is being trained, but takes over one whose process was killed', async () => {
    const lock = path.join(folder, 'lock.json');
    let whileTraining: Promise<void> | undefined;
    await train(
      {},
      { onStep: () => (whileTraining ??= expectError(() => train({ resume: true }), 'RUN_IN_USE', lock)) },
    );
    await whileTraining;
    expect(whileTraining).toBeDefined();
    expect(existsSync(lock)).toBe(false);

    const lockOf = (pid?: number) => writeFile(lock, JSON.stringify({ pid, host: hostname() }));
    await lockOf(process.ppid);
    await expectError(
      () => train({ resume: true }, { epochs: 3 }),
      'RUN_IN_USE',
      `is being trained by process ${process.ppid};`,
    );
    expect(existsSync(lock)).toBe(true);
    await lockOf(spawnSync(process.execPath, ['--version']).pid);
    await train({ resume: true });
    expect(existsSync(lock)).toBe(false);
  });

  it('falls back to the checkpoint before a damaged one, and says so', async () => {
    const whole = await train();
    folder += '-damaged';
    await interruptAt(8, { checkpointSteps: 1 });
    const checkpoints = path.join(folder, 'checkpoints');
    const { last, checkpoints: entries } = JSON.parse(await readFile(path.join(checkpoints, 'index.json'), 'utf8'));
    await truncate(path.join(checkpoints, last), 5000);
    const rest = await train({ resume: true });
    expect(rest.warnings).toMatchObject([{ code: 'CHECKPOINT_INVALID', message: expect.stringContaining(last) }]);
    expect(rest.weights).toEqual(whole.weights);
    expect((await readLines()).map(({ step }) => step)).toEqual([1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9]);

    // The damaged file is kept.
    expect(await readdir(checkpoints)).toContain(`${last}.damaged`);
    expect(entries).toHaveLength(3);
  });

  it('without an intact checkpoint is an error, and changes nothing', async () => {
    await interruptAt(8, { keep: 1 });
    const names = (await readdir(path.join(folder, 'checkpoints'))).filter((name) => name.endsWith('.safetensors'));
    for (const name of names) {
      const damaged = path.join(folder, 'checkpoints', name);
      const bytes = await readFile(damaged);
      bytes[bytes.length - 3] ^= 1;
      await writeFile(damaged, bytes);
    }
    await expectNothingChanges(() =>
      expectError(() => train({ resume: true }), 'CHECKPOINT_INVALID', 'no checkpoint is left', ...names),
    );
    // The same when all of them are gone.
    await rm(path.join(folder, 'checkpoints'), { recursive: true });
    await expectError(() => train({ resume: true }), 'CHECKPOINT_INVALID', 'index.json is missing');
  });

  it.each([
    ['a folder', (file: string) => mkdir(file)],
    ['a link to itself', (file: string) => symlink(path.basename(file), file)],
    ['a pipe', async (file: string) => void spawnSync('mkfifo', [file])],
    ['a device', (file: string) => symlink('/dev/zero', file)],
  ])('takes %s in the place of a checkpoint for no damage: it ends, and changes nothing', async (_, make) => {
    await interruptAt(5);
    const index = JSON.parse(await readFile(path.join(folder, 'checkpoints/index.json'), 'utf8'));
    const file = path.join(folder, 'checkpoints', index.last);
    await rename(file, `${file}.aside`);
    await make(file);
    await expectNothingChanges(() => expectError(() => train({ resume: true }), 'NOT_READABLE', file));
    await rm(file, { recursive: true });
    await rename(`${file}.aside`, file);
    expect((await train({ resume: true })).warnings).toEqual([]);
  });

  it('uses the files if the index of checkpoints is damaged, to the same bits', async () => {
    const whole = await train();
    folder += '-index';
    await interruptAt(5);
    const index = path.join(folder, 'checkpoints/index.json');
    const text = await readFile(index, 'utf8');
    await writeFile(index, text.replace('"step-', '"../../step-'));
    const rest = await train({ resume: true });
    expect(rest.warnings).toMatchObject([{ code: 'CHECKPOINT_INVALID', message: expect.stringContaining(index) }]);
    expect(rest.weights).toEqual(whole.weights);
  });
});

describe('training that is stopped', () => {
  it('leaves the network with the averaged weights, and a checkpoint that continues exactly', async () => {
    const options: TrainOptions = { averageDecay: 0.9 };
    const whole = await train({}, options);
    folder += '-stopped';
    const controller = new AbortController();
    const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24 });
    await ae.initialize({ seed: 1, scheme: 'torch' });
    const onStep = ({ step }: { step: number }) => step === 4 && controller.abort();
    const training = ae.train(images, {
      ...{ recipe: 'plain', epochs: 3, batchSize: 4, validation, ...options, onStep, signal: controller.signal },
      run: { folder, logSteps: 1 },
    });
    await expect(training).rejects.toThrow('aborted after step 4');
    const file = path.join(folder, 'checkpoints', 'step-000000004-epoch-0001.safetensors');
    const tensors = readSafetensors(await readFile(file));
    const kernel = Array.from(ae.model.getLayer('conv1').getWeights()[0].dataSync());
    expect(kernel).toEqual(tensors['average/conv1/kernel']);
    expect(kernel).not.toEqual(tensors['model/conv1/kernel']);
    ae.dispose();
    expect((await train({ resume: true }, options)).weights).toEqual(whole.weights);
  });

  it('leaves the weights of the best epoch, or, before the first one ends, the latest', async () => {
    const options: TrainOptions = {
      earlyStopping: { patience: 99 },
      optimizer: { name: 'sgd', learningRate: 3 },
      epochs: 12,
    };
    const errors: number[] = [];
    const stopAt = async (last: number) => {
      const controller = new AbortController();
      const ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24 });
      await ae.initialize({ seed: 1, scheme: 'torch' });
      const first = (await ae.evaluate(validation)).mse;
      const training = ae.train(images, {
        ...{ recipe: 'plain', batchSize: 4, validation, ...options, signal: controller.signal },
        onStep: ({ step }) => step === last && controller.abort(),
        onEpoch: (summary) => void errors.push(summary.validation?.mse as number),
      });
      await expect(training).rejects.toThrow(`aborted after step ${last}`);
      const { mse } = await ae.evaluate(validation);
      ae.dispose();
      return { first, mse };
    };
    const { first, mse } = await stopAt(2);
    expect(mse).not.toBe(first);
    expect((await stopAt(35)).mse).toBe(Math.min(...errors));
    expect(errors.at(-1)).toBeGreaterThan(Math.min(...errors));
  });
});

describe('early stopping', () => {
  it.each([null, 0.5])(
    'ends after the patience and puts the best weights back, averaged by %s',
    async (averageDecay) => {
      const { history } = await train(
        {},
        {
          ...{ epochs: 30, averageDecay, earlyStopping: { patience: 2 } },
          optimizer: { name: 'sgd', learningRate: 3 },
        },
      );
      const errors = history.epochs.map(({ validation }) => validation!.mse);
      const best = errors.indexOf(Math.min(...errors));
      expect(history.epochs.length).toBe(best + 1 + 2);
      const loaded = await Autoencoder.load(path.join(folder, 'model'));
      expect((await loaded.evaluate(validation)).mse).toBe(errors[best]);
      loaded.dispose();
    },
  );

  it('remembers the best weights across an interruption', async () => {
    const options: TrainOptions = {
      ...{ epochs: 30, earlyStopping: { patience: 4 } },
      optimizer: { name: 'sgd', learningRate: 3 },
    };
    const whole = await train({}, options);
    const best = whole.history.epochs.length - 4;
    folder += '-interrupted';
    await interruptAt(3 * (best + 2), {}, options);
    expect((await train({ resume: true }, options)).weights).toEqual(whole.weights);
  });

  it('does not count an equal error as lower', async () => {
    const { history } = await train(
      {},
      { epochs: 9, optimizer: { name: 'sgd', learningRate: 0 }, earlyStopping: { patience: 3 } },
    );
    expect(history.epochs).toHaveLength(4);
  });
});

describe('diverging', () => {
  it('stops with step, learning rate and the last good checkpoint', async () => {
    const options: TrainOptions = {
      epochs: 50,
      optimizer: { name: 'sgd', learningRate: 0.05 },
      schedule: { policy: 'multistep', gamma: 1e5, stepValues: [7] },
    };
    const good = path.join('checkpoints', 'step-000000006-epoch-0002.safetensors');
    await expectError(() => train({}, options), 'DIVERGED', 'step 9', 'learning rate 5000', good);
    // That checkpoint can be resumed from.
    await expectError(() => train({ resume: true }, options), 'DIVERGED', 'step 9', 'learning rate 5000', good);
  });

  it('is also noticed in validation, and then leaves no checkpoint', async () => {
    const options: TrainOptions = { optimizer: { name: 'sgd', learningRate: 1e4 }, batchSize: 12 };
    await expectError(() => train({}, options), 'DIVERGED', 'step 1', 'learning rate 10000');
    expect(await readdir(path.join(folder, 'checkpoints'))).toEqual(['index.json']);
  });

  it('is noticed in the weights if nothing else shows it, and then leaves no checkpoint', async () => {
    const options: TrainOptions = {
      optimizer: { name: 'sgd', learningRate: 1e39 },
      batchSize: 12,
      validation: undefined,
    };
    await expectError(() => train({}, options), 'DIVERGED', 'the loss is NaN', 'step 1', 'rate 1e+39');
    expect(await readdir(path.join(folder, 'checkpoints'))).toEqual(['index.json']);
  });
});

describe('other software', () => {
  const python = findPython(['tensorboard', 'numpy'], 'event files read by TensorBoard');

  it.runIf(python)('TensorBoard reads scalars, histograms and images, and no step twice after resuming', async () => {
    await interruptAt(8, { checkpointSteps: 2 });
    // As if killed: the last checkpoint is removed, so that steps are made again.
    const index = JSON.parse(await readFile(path.join(folder, 'checkpoints/index.json'), 'utf8'));
    await rm(path.join(folder, 'checkpoints', index.last));
    const { weights } = await train({ resume: true });
    const read = runPython<Record<string, never>>(
      python as string,
      '-c',
      `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0, "histograms": 0})
events.Reload()
h = events.Histograms("conv1/kernel")[-1].histogram_value
image = events.Images("samples")[-1]
print(json.dumps({
  "scalars": {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]},
  "histograms": events.Tags()["histograms"], "kernel": [h.min, h.max, h.num, h.sum, sum(h.bucket), len(h.bucket)],
  "image": [image.step, image.width, image.height, image.encoded_image_string[:4].hex()],
}))`,
      path.join(folder, 'tensorboard'),
    ) as unknown as {
      scalars: Record<string, [number, number][]>;
      histograms: string[];
      kernel: number[];
      image: unknown[];
    };
    const lines = await readLines();
    const logged = lines.filter(({ type }) => type === 'step') as { step: number; loss: number }[];
    expect(read.scalars.loss).toEqual(logged.map(({ step, loss }) => [step, Math.fround(loss)]));
    expect(read.scalars['validation/psnr_db'].map(([step]) => step)).toEqual([3, 6, 9]);
    expect(read.histograms).toHaveLength(16);
    const kernel = weights.slice(0, 324);
    expect(read.kernel.slice(0, 3)).toEqual([Math.min(...kernel), Math.max(...kernel), 324]);
    expect(read.kernel[3]).toBeCloseTo(
      kernel.reduce((sum, value) => sum + value),
      4,
    );
    expect(read.kernel[4]).toBe(324);
    expect(read.image).toEqual([9, 5 * 18 - 2, 34, '89504e47']);
  });

  const safetensors = findPython(['safetensors', 'numpy'], 'checkpoints read by safetensors');

  it.runIf(safetensors)('safetensors reads checkpoints', async () => {
    const { saved, weights } = await train({}, { epochs: 1 });
    const read = runPython<{ shape: number[]; values: number[]; names: string[] }>(
      safetensors as string,
      '-c',
      `
import json, sys
from safetensors.numpy import load_file
tensors = load_file(sys.argv[1])
kernel = tensors["model/conv1/kernel"]
print(json.dumps({"shape": kernel.shape, "values": kernel.ravel().tolist(), "names": sorted(tensors)}))`,
      saved[0].file,
    );
    expect(read.shape).toEqual([3, 3, 3, 12]);
    expect(read.values).toEqual(weights.slice(0, 324));
    expect(read.names).toContain('optimizer/code/kernel/square');
  });
});
