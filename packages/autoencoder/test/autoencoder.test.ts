import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { conv2d, Sequential } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Autoencoder,
  AutoencoderError,
  type AutoencoderErrorCode,
  type AutoencoderOptions,
  type Sample,
  useBackend,
} from '../src/entries/index';
import { codeLayerName, presets } from '../src/network/presets';
import { rectangleSamples } from './rectangles';

const small: AutoencoderOptions = { inputShape: [16, 16, 3], codeSize: 32 };
const images = rectangleSamples(12, { size: 16 });
let folder: string;

beforeAll(async () => {
  await useBackend('wasm');
  folder = await mkdtemp(path.join(tmpdir(), 'ae-test-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function initialized(options: AutoencoderOptions = small, seed = 1): Promise<Autoencoder> {
  const ae = new Autoencoder(options);
  await ae.initialize({ seed });
  return ae;
}

async function errorOf(action: () => unknown): Promise<AutoencoderError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof AutoencoderError) return error;
    throw error;
  }
  throw new Error('expected an AutoencoderError, nothing was thrown');
}

async function expectError(action: () => unknown, code: AutoencoderErrorCode, ...parts: string[]): Promise<void> {
  const error = await errorOf(action);
  expect(error.code).toBe(code);
  for (const part of parts) expect(error.message).toContain(part);
}

describe('Autoencoder', () => {
  it("has the sizes of the author's network for 64x64 images", async () => {
    const ae = await initialized({});
    expect(ae.codeSize).toBe(1568);
    expect(ae.inputShape).toEqual([64, 64, 3]);
    const lines = ae.summary();
    for (const shape of ['64,64,12', '32,32,12', '32,32,24', '16,16,24', '64,64,3']) expect(lines).toContain(shape);
    // 336 + 1308 + 2616 + 9635360 (6144 * 1568 + 1568) + 9639936 (1568 * 6144 + 6144) + 2604 + 1308 + 327
    expect(ae.model.countParams()).toBe(19_283_795);
    ae.dispose();
  });

  it('has a default code that fits in memory, and says so if a larger one was requested', async () => {
    // The same fraction of the features as in 64x64 images would be 25088, and its two matrices 20 GB.
    const net = new Sequential({ inputShape: [256, 256, 3] });
    presets.mirror(net, {});
    expect(net.steps.find(({ layer }) => layer.name === codeLayerName)?.outputShape).toEqual([1627]);
    await expectError(
      () => initialized({ inputShape: [256, 256, 3], codeSize: 30752 }),
      'INVALID_OPTION',
      'codeSize: expected at most 2730',
    );
  }, 60_000);

  it('draws the same weights from the same seed, and different ones from another', async () => {
    const [a, b, c] = [await initialized(small, 1), await initialized(small, 1), await initialized(small, 2)];
    const values = (ae: Autoencoder) => ae.model.getWeights().flatMap((w) => Array.from(w.dataSync()));
    expect(values(a)).toEqual(values(b));
    expect(values(a)).not.toEqual(values(c));
    for (const ae of [a, b, c]) ae.dispose();
  });

  it('reconstructs the same with encode and decode as with forward', async () => {
    const ae = await initialized();
    const x = tf.randomUniform([3, 16, 16, 3], 0, 1, 'float32', 5) as tf.Tensor4D;
    const { code, masks } = ae.encode(x);
    expect(code.shape).toEqual([3, 32]);
    expect(masks.map((mask) => [...mask.shape, mask.dtype])).toEqual([
      [3, 8, 8, 12, 'int32'],
      [3, 4, 4, 24, 'int32'],
    ]);
    const decoded = ae.decode(code, masks);
    expect(Array.from(decoded.dataSync())).toEqual(Array.from(ae.forward(x).dataSync()));
    await expectError(() => ae.decode(code, masks.slice(1)), 'SHAPE_MISMATCH', '[3, 8, 8, 12]');
    await expectError(() => ae.forward(tf.zeros([1, 8, 8, 3])), 'SHAPE_MISMATCH', '[N, 16, 16, 3]', '[1, 8, 8, 3]');
    ae.dispose();
  });

  it('learns: reconstructions of what it trained on improve, also as bytes', async () => {
    const ae = await initialized();
    const before = await ae.evaluate(images);
    const history = await ae.train(images, { epochs: 60, batchSize: 4, validation: images });
    const after = await ae.evaluate(images);
    expect(after.psnrDb).toBeGreaterThan(before.psnrDb + 5);
    expect(history.epochs).toHaveLength(60);
    expect(history.steps).toBe(180);
    expect(history.epochs[59].validation?.psnrDb).toBeCloseTo(after.psnrDb, 6);

    const [reconstruction] = await ae.reconstruct(images.slice(0, 1));
    const errors = reconstruction.data.map((byte, i) => Math.abs(byte - images[0].data[i]));
    const meanSquare = errors.reduce((sum, e) => sum + e * e, 0) / errors.length;
    // The same image scored on bytes, which are rounded: PSNR by definition, without the package's own metrics.
    expect(10 * Math.log10(255 ** 2 / meanSquare)).toBeCloseTo(after.images[0].psnrDb, 0);
    ae.dispose();
  });

  it('does not depend on whether samples come from an array or one by one from a source', async () => {
    const late = { length: images.length, at: async (i: number) => images[i] };
    const losses = await Promise.all(
      [images, late].map(async (source) => {
        const ae = await initialized();
        const { epochs } = await ae.train(source, { epochs: 2, batchSize: 5, seed: 3 });
        ae.dispose();
        return epochs.map(({ loss }) => loss);
      }),
    );
    expect(losses[0]).toEqual(losses[1]);
  });

  it('leaks no tensors, whether training ends well, is stopped, or meets a bad sample', async () => {
    const withoutModel = tf.memory().numTensors;
    const ae = await initialized();
    await ae.train(images, { epochs: 1, batchSize: 4 });
    const { numTensors } = tf.memory();
    await ae.train(images, { epochs: 3, batchSize: 5, validation: images, optimizer: { name: 'sgd', momentum: 0.9 } });
    await ae.evaluate(images);
    await ae.reconstruct(images);
    const controller = new AbortController();
    await expectError(
      () =>
        ae.train(images, {
          batchSize: 4,
          signal: controller.signal,
          onStep: ({ step }) => step === 4 && controller.abort(),
        }),
      'ABORTED',
      'step 4',
    );
    await expectError(
      () => ae.train([...images, { ...images[0], width: 8 }], { epochs: 1, shuffle: false, batchSize: 4 }),
      'INVALID_SAMPLE',
    );
    await expectError(
      () => ae.train(images, { optimizer: { name: 'sgd', learningRate: 1e30 } }),
      'DIVERGED',
      'learning rate 1e+30',
    );
    expect(tf.memory().numTensors).toBe(numTensors);
    ae.dispose();
    expect(tf.memory().numTensors).toBe(withoutModel);
  });

  it('accepts gray images, odd sizes and a list of layers', async () => {
    const gray = await initialized({ inputShape: [20, 28, 1] });
    const x = tf.zeros([2, 20, 28, 1]) as tf.Tensor4D;
    expect(gray.forward(x).shape).toEqual([2, 20, 28, 1]);
    const layers = [
      conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'code' }),
      conv2d({ filters: 3, kernelSize: 3, padding: 'same' }),
    ];
    const own = await initialized({ inputShape: [9, 7, 3], layers });
    expect(own.forward(tf.zeros([1, 9, 7, 3]) as tf.Tensor4D).shape).toEqual([1, 9, 7, 3]);
    await expectError(
      () => initialized({ inputShape: [9, 7, 3], layers: [conv2d({ filters: 5, kernelSize: 3, name: 'code' })] }),
      'SHAPE_MISMATCH',
      '9x7x3',
      '7x5x5',
    );
    gray.dispose();
    own.dispose();
  });
});

describe('bad input', () => {
  it.each<[string, () => unknown, AutoencoderErrorCode, string[]]>([
    [
      'an unknown option',
      () => new Autoencoder({ presett: 'mirror' } as AutoencoderOptions),
      'INVALID_OPTION',
      ['presett', 'preset'],
    ],
    [
      'an unknown preset',
      () => new Autoencoder({ preset: 'unet' as 'mirror' }),
      'INVALID_OPTION',
      ['mirror, torch7', 'unet'],
    ],
    ['a size of 0', () => new Autoencoder({ inputShape: [0, 64, 3] }), 'INVALID_OPTION', ['inputShape', '0']],
    [
      'a color order that is none',
      () => new Autoencoder({ pixels: { channelOrder: 'grb' as 'rgb' } }),
      'INVALID_OPTION',
      ['grb'],
    ],
    [
      'text for a size',
      () => new Autoencoder({ inputShape: '64' as never }),
      'INVALID_OPTION',
      ['[height, width', '"64"'],
    ],
    [
      'a misspelt seed',
      () => new Autoencoder(small).initialize({ sed: 1 } as object),
      'INVALID_OPTION',
      ['initialize: unknown option "sed"'],
    ],
    [
      'images where options belong, without showing their pixels',
      () => new Autoencoder(small).initialize(images as object),
      'INVALID_OPTION',
      ['initialize: expected an object', `received a list of ${images.length}.`],
    ],
    ['a folder that is a number', () => Autoencoder.load(5 as never), 'INVALID_OPTION', ['load, place', 'received 5']],
    ['use before initialize', () => new Autoencoder().summary(), 'NOT_INITIALIZED', ['initialize()']],
  ])('%s', async (_, action, code, parts) => {
    await expectError(action, code, ...parts);
  });

  it('examines no more of a wrong value than it shows', async () => {
    let looks = 0;
    const sample = () => Object.defineProperty({}, 'data', { enumerable: true, get: () => ++looks });
    const many = Array.from({ length: 5000 }, sample);
    await expectError(() => new Autoencoder(small).initialize(many as object), 'INVALID_OPTION', 'a list of 5000');
    expect(looks).toBeLessThan(100);
    const circular = { self: {}, ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`name${i}`, i])) };
    circular.self = circular;
    await expectError(
      () => new Autoencoder({ inputShape: circular as never }),
      'INVALID_OPTION',
      'an object of self, name0',
    );
  });

  it('names sizes, options and samples in training', async () => {
    const ae = await initialized();
    await expectError(() => ae.train([]), 'INVALID_SAMPLE', 'at least one');
    await expectError(() => ae.train(images, { epochs: 1.5 }), 'INVALID_OPTION', 'epochs', '1.5');
    await expectError(() => ae.train(images, { learningRate: 1 } as object), 'INVALID_OPTION', 'learningRate');
    await expectError(
      () => ae.train(images, { optimizer: { name: 'sgd', nesterov: true } }),
      'INVALID_OPTION',
      'momentum',
    );
    const train = (options: object) => () => ae.train(images, options);
    await expectError(
      train({ batchSize: '8' }),
      'INVALID_OPTION',
      'batchSize: expected a whole number',
      'received "8"',
    );
    await expectError(train({ optimizer: 'adam' }), 'INVALID_OPTION', '{ name: \'adam\' }, received "adam"');
    await expectError(train({ loss: 'ssim' }), 'INVALID_OPTION', 'loss: expected an object', '"ssim"');
    await expectError(train({ schedule: 'step' }), 'INVALID_OPTION', 'schedule: expected an object', '"step"');
    await expectError(train({ run: {} }), 'INVALID_OPTION', 'run.folder: expected text, received undefined');
    await expectError(() => ae.train(undefined as never), 'INVALID_SAMPLE', 'train: expected images, one or many');
    await expectError(() => ae.train({ length: 3 } as never), 'INVALID_SAMPLE', 'at(index), received {"length":3}');
    await expectError(() => ae.reconstruct([{}] as never), 'INVALID_SAMPLE', 'something without channels, height');
    await expectError(() => ae.interpolate(images[0], images[1], undefined as never), 'INVALID_OPTION', 'interpolate');
    const wrongSize: Sample[] = rectangleSamples(1, { size: 20 });
    await expectError(() => ae.evaluate(wrongSize), 'INVALID_SAMPLE', 'sample 0', '3x16x16', '3x20x20');
    const short = { ...images[0], data: images[0].data.subarray(1) };
    await expectError(() => ae.reconstruct([images[0], short]), 'INVALID_SAMPLE', 'sample 1', '768', '767');
    ae.dispose();
    await expectError(() => ae.evaluate(images), 'DISPOSED');
    ae.dispose();
  });
});

describe('save and load', () => {
  it('restores the same reconstructions, with the same pixel format, and continues training', async () => {
    const ae = await initialized({ ...small, pixels: { scale: 1 / 255, channelOrder: 'bgr' } });
    const target = path.join(folder, 'model');
    await ae.save(target);
    expect((await readdir(target)).sort()).toEqual(['model.json', 'weights.bin']);
    const loaded = await Autoencoder.load(target);
    expect(loaded.pixels).toEqual({ scale: 1 / 255, channelOrder: 'bgr' });
    expect(await loaded.reconstruct(images)).toEqual(await ae.reconstruct(images));
    await expect(loaded.train(images, { epochs: 1, batchSize: 32 })).resolves.toMatchObject({ steps: 1 });
    ae.dispose();
    loaded.dispose();
  });

  it('never overwrites anything unless asked, and never anything but a model', async () => {
    const ae = await initialized();
    const target = path.join(folder, 'kept');
    await ae.save(target);
    await expectError(() => ae.save(target), 'OUTPUT_EXISTS', target);
    await ae.save(target, { overwrite: true });
    const other = path.join(folder, 'holiday');
    await mkdir(other);
    await writeFile(path.join(other, 'diary.txt'), 'dear diary');
    await expectError(
      () => ae.save(other, { overwrite: true }),
      'OUTPUT_EXISTS',
      'already exists; it contains no saved model, so it is not overwritten',
    );
    expect(await readFile(path.join(other, 'diary.txt'), 'utf8')).toBe('dear diary');
    ae.dispose();
  });

  it('leaves nothing behind when the disk refuses', async () => {
    const ae = await initialized();
    const file = path.join(folder, 'a-file');
    await writeFile(file, '');
    await expect(ae.save(path.join(file, 'model'))).rejects.toThrow(/ENOTDIR|EEXIST/);
    expect(existsSync(path.join(file, 'model'))).toBe(false);
    expect((await readdir(folder)).filter((name) => name.includes('.tmp'))).toEqual([]);
    ae.dispose();
  });

  it('says what is wrong with a model it cannot load', async () => {
    const ae = await initialized();
    await expectError(
      () => Autoencoder.load(path.join(folder, 'nowhere')),
      'MODEL_NOT_FOUND',
      'model.json',
      'does not exist',
    );
    const target = path.join(folder, 'broken');
    await ae.save(target);
    const bytes = 4 * ae.model.countParams();
    await truncate(path.join(target, 'weights.bin'), 1000);
    await expectError(() => Autoencoder.load(target), 'MODEL_INVALID', `expected ${bytes} bytes`, 'received 1000');
    await writeFile(path.join(target, 'model.json'), '{"modelTopology":');
    await expectError(() => Autoencoder.load(target), 'MODEL_INVALID', 'expected JSON');
    await writeFile(path.join(target, 'model.json'), '{}');
    await expectError(() => Autoencoder.load(target), 'MODEL_INVALID', 'modelTopology');
    ae.dispose();
  });
});
