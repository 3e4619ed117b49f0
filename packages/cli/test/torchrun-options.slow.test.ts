/**
 * Training by PyTorch has the same meaning as training here, option by option: each option of the tables gets a value that changes
 * training, and the losses must equal those of the engine here, or else the option is refused by name. A new option in the tables fails
 * this test until it does one or the other.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Autoencoder, type AutoencoderOptions, type TrainOptions } from '@ae/autoencoder';
import { type AnyOption, trainingOptions } from '@ae/autoencoder/options';
import { handOver } from '@ae/autoencoder/torchrun';
import { conv2d, conv2dTranspose, flatten, linear, reshape } from '@ae/layers';
import { convertDatabase, type DatumInit, encodeSample, openDatumLmdb } from '@ae/lmdb-datum';
import { findPython, runPython } from '@ae/testing/python';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonLines, makeFolder, makeLmdb, remove } from './ae';

const python = findPython(
  ['torch', 'lmdb', 'numpy', 'safetensors', 'opencv', 'webdataset'],
  'options of training by torchrun',
);
const harness = fileURLToPath(new URL('train_folders.py', import.meta.url));
const folder = makeFolder();
afterAll(() => remove(folder));
const inFolder = (...names: string[]) => path.join(folder, ...names);

type Choice = Partial<TrainOptions>;

/** The defaults of all cases: 24 updates of three images each. */
const base = {
  ...{ recipe: 'plain', epochs: 3, batchSize: 3, seed: 2 },
  optimizer: { name: 'adam', learningRate: 0.002 },
} as const satisfies Choice;

const rate = { learningRate: 0.02 };
const slow = { policy: 'step', gamma: 0.5, stepSize: 4 } as const;

/** Options that go to PyTorch, by their kind in the tables. */
const kept: Readonly<Record<string, Choice>> = {
  'epochs, seed': { epochs: 2, seed: 5 },
  // Not 5: two values of one window would be so close that rounding decides which is larger, and PyTorch rounds differently.
  batchSize: { batchSize: 7 },
  accumulate: { accumulate: 2 },
  shuffle: { shuffle: false },
  'records.perEpoch, records.passes': { records: { perEpoch: 6, passes: 3 } },
  'optimizer.adam.learningRate, optimizer.adam.beta1, optimizer.adam.beta2, optimizer.adam.epsilon': {
    optimizer: { name: 'adam', learningRate: 0.005, beta1: 0.8, beta2: 0.9, epsilon: 1e-3 },
  },
  'optimizer.adam.weightDecay, optimizer.adam.denseFactor, optimizer.adam.denseEvery': {
    optimizer: { name: 'adam', learningRate: 0.005, weightDecay: 0.5, denseFactor: 0.1, denseEvery: 3 },
  },
  'optimizer.adamw.learningRate, optimizer.adamw.beta1, optimizer.adamw.beta2, optimizer.adamw.epsilon, optimizer.adamw.weightDecay, optimizer.adamw.denseFactor, optimizer.adamw.denseEvery':
    {
      optimizer: {
        ...{ name: 'adamw', learningRate: 0.01, beta1: 0.8, beta2: 0.9, epsilon: 1e-3, weightDecay: 2 },
        ...{ denseFactor: 2, denseEvery: 2 },
      },
    },
  'optimizer.sgd.learningRate, optimizer.sgd.momentum, optimizer.sgd.dampening, optimizer.sgd.weightDecay': {
    optimizer: { name: 'sgd', ...rate, momentum: 0.9, dampening: 0.3, weightDecay: 0.1 },
  },
  'optimizer.sgd.nesterov, optimizer.sgd.denseFactor, optimizer.sgd.denseEvery': {
    optimizer: { name: 'sgd', ...rate, momentum: 0.8, nesterov: true, denseFactor: 3, denseEvery: 4 },
  },
  'optimizer.rmsprop.learningRate, optimizer.rmsprop.alpha, optimizer.rmsprop.epsilon, optimizer.rmsprop.weightDecay': {
    optimizer: { name: 'rmsprop', learningRate: 0.003, alpha: 0.9, epsilon: 1e-3, weightDecay: 0.1 },
  },
  'optimizer.rmsprop.momentum, optimizer.rmsprop.centered, optimizer.rmsprop.denseFactor, optimizer.rmsprop.denseEvery':
    {
      optimizer: {
        ...{ name: 'rmsprop', learningRate: 0.001, epsilon: 1e-3, momentum: 0.5, centered: true },
        ...{ denseFactor: 0.5, denseEvery: 2 },
      },
    },
  'optimizer.adagrad.learningRate, optimizer.adagrad.learningRateDecay, optimizer.adagrad.initialAccumulator, optimizer.adagrad.epsilon, optimizer.adagrad.weightDecay, optimizer.adagrad.denseFactor, optimizer.adagrad.denseEvery':
    {
      optimizer: {
        ...{ name: 'adagrad', learningRate: 0.01, learningRateDecay: 0.1, initialAccumulator: 0.01, epsilon: 1e-3 },
        ...{ weightDecay: 0.2, denseFactor: 0.5, denseEvery: 2 },
      },
    },
  'schedule.fixed': { schedule: { policy: 'fixed' }, optimizer: { name: 'adam', learningRate: 0.003 } },
  'schedule.step.gamma, schedule.step.stepSize': { schedule: slow },
  'schedule.exp.gamma': { schedule: { policy: 'exp', gamma: 0.8 } },
  'schedule.inv.gamma, schedule.inv.power': { schedule: { policy: 'inv', gamma: 0.5, power: 0.75 } },
  'schedule.multistep.gamma, schedule.multistep.stepValues': {
    schedule: { policy: 'multistep', gamma: 0.3, stepValues: [3, 9] },
  },
  'schedule.poly.power, schedule.poly.maxSteps': { schedule: { policy: 'poly', power: 2, maxSteps: 20 } },
  'schedule.sigmoid.gamma, schedule.sigmoid.stepSize': { schedule: { policy: 'sigmoid', gamma: 0.5, stepSize: 8 } },
  'schedule.cosine.warmUpSteps, schedule.cosine.finalFraction, schedule.cosine.maxSteps': {
    schedule: { policy: 'cosine', warmUpSteps: 5, finalFraction: 0.1, maxSteps: 20 },
  },
  'schedule.trapezoid.warmUpFraction, schedule.trapezoid.warmUpSteps, schedule.trapezoid.decayFraction, schedule.trapezoid.maxSteps':
    {
      schedule: { policy: 'trapezoid', warmUpFraction: 0.1, warmUpSteps: 6, decayFraction: 0.5, maxSteps: 30 },
    },
  'schedule.torch7.learningRateDecay': {
    schedule: { policy: 'torch7', learningRateDecay: 1 },
    records: { perEpoch: 6, passes: 3 },
  },
  'loss.mse': { loss: { name: 'mse' }, seed: 7 },
  'loss.mae': { loss: { name: 'mae' } },
  'augmentation.mirror': { augmentation: { mirror: true } },
  'augmentation.crop': { augmentation: { crop: true, mirror: true } },
  clipNorm: { clipNorm: 0.02 },
  averageDecay: { averageDecay: 0.9 },
};

/** Options that do not, and what is said about them. */
const refused: Readonly<Record<string, readonly [Choice, string, AutoencoderOptions?]>> = {
  'schedule.plateau.factor, schedule.plateau.patience, schedule.plateau.threshold, schedule.plateau.cooldown, schedule.plateau.minLearningRate':
    [
      { schedule: { policy: 'plateau' } },
      'schedule: expected a schedule that is known in advance, with torchrun, received plateau; choose another schedule',
    ],
  'loss.ssim.weight': [{ loss: { name: 'ssim' } }, 'loss: expected mse or mae, with torchrun, received ssim'],
  'augmentation.noise': [{ augmentation: { noise: 0.1 } }, 'augmentation.noise: expected 0, with torchrun'],
  steps: [{ steps: 4 }, 'steps: expected none, with torchrun, received 4; set epochs'],
  minutes: [{ minutes: 1 }, 'minutes: expected none, with torchrun, received 1; set epochs'],
  tiedWeights: [{ tiedWeights: true }, 'tiedWeights: expected false, with torchrun'],
  'earlyStopping.patience, earlyStopping.threshold': [
    { earlyStopping: { patience: 3 } },
    'earlyStopping: expected none, with torchrun',
  ],
  // These affect only variational networks.
  'beta, betaWarmUpFraction, freeBits': [
    { beta: 0.1 },
    'variational: expected false, with torchrun, received true',
    { variational: true },
  ],
};

/** Lists everything in the tables: `optimizer.sgd.momentum`. */
function namesOf(name: string, option: AnyOption): string[] {
  const under = (above: string, table: Readonly<Record<string, AnyOption>>) =>
    Object.entries(table).flatMap(([key, each]) => namesOf(`${above}.${key}`, each));
  if (option.kind === 'group') return under(name, option.options);
  if (option.kind !== 'choice') return [name];
  return Object.entries(option.choices).flatMap(([choice, { options }]) => {
    const names = under(`${name}.${choice}`, options);
    return names.length > 0 ? names : [`${name}.${choice}`];
  });
}

test('all options of the tables go to PyTorch or are refused', () => {
  const inTables = Object.entries<AnyOption>(trainingOptions).flatMap(([name, option]) => namesOf(name, option));
  const here = [...Object.keys(kept), ...Object.keys(refused)].flatMap((names) => names.split(', '));
  expect(here.sort()).toEqual(inTables.sort());
});

/** Waves without equal values: the position of a window's maximum must not depend on how sums are rounded. */
function record(number: number, channels: number, size: number): DatumInit {
  const wave = (i: number) => {
    const [c, y, x] = [Math.floor(i / size / size), Math.floor(i / size) % size, i % size];
    return (
      128 + 60 * Math.sin((x * (1 + (number % 5)) + c) / 3) + 60 * Math.cos((y * (1 + (number % 7)) + number + c) / 4)
    );
  };
  const noise = (i: number) => ((i * 7919 + number * 104_729) % 31) / 5;
  const data = Uint8Array.from({ length: channels * size * size }, (_, i) => wave(i) + noise(i));
  return { channels, height: size, width: size, data, label: 0 };
}

interface Data {
  readonly train: string;
  readonly val: string;
  readonly files?: boolean;
}

async function makeData(name: string, recordOf: (number: number) => DatumInit | Promise<DatumInit>): Promise<Data> {
  const data = { train: inFolder(`${name}-train.lmdb`), val: inFolder(`${name}-val.lmdb`) };
  const records = (from: number, count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => recordOf(from + i)));
  await makeLmdb(data.train, await records(0, 24));
  await makeLmdb(data.val, await records(100, 5));
  return data;
}

interface Case {
  readonly data: Data;
  readonly network: AutoencoderOptions | (() => AutoencoderOptions);
  readonly options: Choice;
}

/** Every fifth image is for validation if both sides come from one database. */
const sides = {
  train: Uint32Array.from({ length: 24 }, (_, i) => i).filter((i) => i % 5 > 0),
  val: Uint32Array.of(0, 5, 10, 15, 20),
};

const mirror: AutoencoderOptions = { inputShape: [16, 16, 3], codeSize: 6 };

/** Opens one side of the data; `place` says where PyTorch finds it. */
function openSide(data: Data, side: 'train' | 'val') {
  const reader = openDatumLmdb(data[side]);
  const place = { path: data[side], records: reader.length, files: data.files };
  if (data.train !== data.val) return { source: reader, place, reader };
  const numbers = sides[side];
  const source = { length: numbers.length, at: (i: number) => reader.at(numbers[i] as number) };
  return { source, place: { ...place, numbers }, reader };
}

/** Trains here, or hands the training over; both in the folder of a case. */
async function begin(name: string, { data, network: made, options }: Case, isHandedOver: boolean): Promise<void> {
  const network = new Autoencoder(typeof made === 'function' ? made() : made);
  const [train, val] = [openSide(data, 'train'), openSide(data, 'val')];
  try {
    await network.initialize({ seed: 1 });
    const own = inFolder(name, isHandedOver ? 'handed' : 'here');
    const places = { train: train.place, validation: val.place };
    const elsewhere = handOver({ network: () => network, folder: own, ...places });
    const more = { ...options, ...(isHandedOver && { elsewhere }) };
    const run = { folder: path.join(own, 'run'), logSteps: 1 };
    await network.train(train.source, { ...base, ...more, validation: val.source, run });
  } finally {
    network.dispose();
    train.reader.close();
    val.reader.close();
  }
}

/** All training losses, and then the validation errors. */
function numbersOf(run: string): number[] {
  const lines = jsonLines(readFileSync(path.join(run, 'metrics.jsonl'), 'utf8')) as unknown as {
    readonly type: string;
    readonly loss: number;
    readonly validation?: { readonly mse: number };
  }[];
  const ofType = (type: string) => lines.filter((line) => line.type === type);
  return [
    ...ofType('step').map(({ loss }) => loss),
    ...ofType('epoch').map(({ validation }) => validation?.mse ?? Number.NaN),
  ];
}

const distance = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length ? Math.max(...a.map((value, i) => Math.abs(value - b[i]) / b[i])) : Number.POSITIVE_INFINITY;

/** Trains what was handed over, each with some options of train_ddp.py, and returns the error that ended it. */
function train(...jobs: (readonly [string, ...string[]])[]): (string | null)[] {
  const input = JSON.stringify(jobs.map(([name, ...options]) => [inFolder(name, 'handed'), ...options]));
  const { stdout, stderr } = spawnSync(python as string, [harness], { input, encoding: 'utf8' });
  const lines = stdout.split('\n').filter((line) => line.startsWith('{"ended"'));
  if (lines.length !== jobs.length) throw new Error(stderr);
  return lines.map((line) => JSON.parse(line).ended);
}

/** A record whose image is stored as a file. */
async function encoded(number: number, type: 'png' | 'jpeg'): Promise<DatumInit> {
  const { data, ...size } = record(number, 3, 16);
  const file = await encodeSample({ ...size, data } as Parameters<typeof encodeSample>[0], type);
  return { data: file, encoded: true, label: 0 };
}

/** Writes the records of an LMDB with WebDataset's own program, as many people do. */
const writeTars = `
import sys, lmdb, webdataset
sys.path.insert(0, ${JSON.stringify(path.join(fileURLToPath(new URL('../../autoencoder/torch', import.meta.url))))})
from image_sources import parse_datum
with lmdb.open(sys.argv[1], readonly=True, lock=False).begin() as reader, webdataset.ShardWriter(sys.argv[2], maxcount=10, verbose=0) as out:
    for key, value in reader.cursor():
        out.write({"__key__": key.decode(), "png": bytes(parse_datum(value)[4]), "cls": 0})
print("null")
`;

describe.skipIf(!python)('torchrun', { timeout: 300_000 }, () => {
  let colors: Data;
  beforeAll(async () => {
    colors = await makeData('colors', (number) => record(number, 3, 16));
  });

  /** Trains each case here and there, expects the losses of both to be equal, and returns them. */
  async function expectSame(cases: Readonly<Record<string, Case>>): Promise<readonly (readonly number[])[]> {
    for (const [name, one] of Object.entries(cases)) {
      for (const isHandedOver of [false, true]) await begin(name, one, isHandedOver);
    }
    const names = Object.keys(cases);
    const ended = train(...names.map((name) => [name] as const));
    const both = names.map((name) => ['here', 'handed'].map((side) => numbersOf(inFolder(name, side, 'run'))));
    const results = both.map(([here, there], i) => [names[i], ended[i], distance(there, here) < 1e-5]);
    expect(results).toEqual(names.map((name) => [name, null, true]));
    return both.map(([here]) => here);
  }

  test('trains with each option as the engine here does: all losses and validations agree to 1e-5', async () => {
    const cases = Object.entries<Choice>({ base: {}, ...kept }).map(([name, options], i): [string, Case] => {
      const crop = options.augmentation?.crop === true;
      const network = crop ? { ...mirror, inputShape: [12, 14, 3] as const } : mirror;
      return [`${i} ${name.slice(0, 100)}`, { data: colors, network, options }];
    });
    const [plain, ...others] = await expectSame(Object.fromEntries(cases));
    expect(plain.length).toBe(27);
    // An option that changed nothing would prove nothing.
    expect(others.map((numbers) => distance(numbers, plain) > 1e-2)).toEqual(others.map(() => true));
  });

  test('trains networks and reads images of all kinds', async () => {
    const gray = await makeData('gray', (number) => record(number, 1, 16));
    const alpha = await makeData('alpha', (number) => record(number, 4, 16));
    const jpeg = { ...(await makeData('jpeg', (number) => encoded(number, 'jpeg'))), files: true };
    const size = (channels: number): AutoencoderOptions => ({ ...mirror, inputShape: [16, 16, channels] });
    const bytes = { scale: 1 / 255, channelOrder: 'bgr' } as const;
    await expectSame({
      gray: { data: gray, network: size(1), options: {} },
      alpha: { data: alpha, network: size(4), options: {} },
      jpeg: { data: jpeg, network: mirror, options: { augmentation: { mirror: true } } },
      recipe: {
        data: colors,
        network: { ...mirror, pixels: bytes },
        options: { recipe: 'default', optimizer: undefined },
      },
      torch7: { data: colors, network: { ...mirror, preset: 'torch7' }, options: {} },
      transform: {
        data: colors,
        network: { ...mirror, preset: 'transform' },
        options: { recipe: 'transform', clipNorm: 1 },
      },
      split: { data: { ...colors, val: colors.train }, network: mirror, options: {} },
      layers: {
        data: colors,
        network: () => ({
          inputShape: [16, 16, 3],
          layers: [
            conv2d({ filters: 4, kernelSize: 4, strides: 2, activation: 'elu' }),
            flatten(),
            linear({ units: 5, name: 'code' }),
            linear({ units: 196 }),
            reshape({ targetShape: [7, 7, 4] }),
            conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2 }),
          ],
        }),
        options: {},
      },
    });
  });

  test('reads the tars of a WebDataset, whoever wrote them, like the LMDB that they were made from', async () => {
    const stored = { ...(await makeData('stored', (number) => encoded(number, 'png'))), files: true };
    await convertDatabase({ input: stored.train, output: inFolder('ours.tar'), shardImages: 7 });
    await convertDatabase({ input: colors.val, output: inFolder('val.tar') });
    runPython(python as string, '-c', writeTars, stored.train, inFolder('theirs-%03d.tar'));
    await makeData('small', (number) => record(number, 3, 12));
    for (const name of ['lmdb', 'ours', 'theirs'])
      await begin(name, { data: stored, network: mirror, options: {} }, true);
    const from = (name: string, places: string) => [name, '--train', inFolder(places)] as const;
    const val = ['--val', inFolder('val.tar')];
    const [few, nothing, small, ...whole] = train(
      from('ours', 'ours-*1.tar'),
      from('ours', 'nothing*.tar'),
      from('ours', 'small-train.lmdb'),
      ['lmdb'],
      [...from('ours', 'ours-*.tar'), ...val],
      [...from('theirs', 'theirs-*.tar'), ...val],
    );
    expect(few).toMatch(/ours-000001\.tar: expected 24 images, as the recipe has it, received 7\.$/);
    expect(nothing).toMatch(/nothing\*\.tar: there is nothing of that name; say where the images are/);
    expect(small).toMatch(/^image \d+: expected 3x16x16 \(channels x height x width\), received 3x12x12\.$/);
    expect(whole).toEqual([null, null, null]);
    const [lmdb, ours, theirs] = ['lmdb', 'ours', 'theirs'].map((name) => numbersOf(inFolder(name, 'handed', 'run')));
    expect(lmdb.length).toBe(27);
    expect([ours, theirs]).toEqual([lmdb, lmdb]);
  });

  test('--precision changes losses as much as it says', async () => {
    const names = ['tf32', 'bf16'] as const;
    for (const name of names) await begin(name, { data: colors, network: mirror, options: {} }, true);
    expect(train(...names.map((name) => [name, '--precision', name] as const))).toEqual([null, null]);
    await begin('float32', { data: colors, network: mirror, options: {} }, false);
    const [exact, ...others] = [
      ['float32', 'here'],
      ['tf32', 'handed'],
      ['bf16', 'handed'],
    ].map((names) => numbersOf(inFolder(...names, 'run')));
    const [tf32, bf16] = others.map((numbers) => distance(numbers, exact));
    expect(tf32).toBeLessThan(1e-3);
    expect(bf16).toBeGreaterThan(1e-5);
    expect(bf16).toBeLessThan(0.02);
  });
});

test.each(Object.entries(refused))('%s: refused by name', async (name, [options, sentence, network = {}]) => {
  const data = await makeData(name, (number) => record(number, 3, 16));
  const made = begin(name, { data, network: { ...mirror, ...network }, options }, true);
  await expect(made).rejects.toThrow(`${sentence}`);
});
