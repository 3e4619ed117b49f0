/** Untrusted models: whatever model.json and weights.bin contain, `load` finishes at once, and says what is wrong in one sentence. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Autoencoder, type AutoencoderError, useBackend } from '../src/entries/index';
import { rectangleSamples } from './rectangles';

const folder = mkdtempSync(path.join(tmpdir(), 'ae-saved-model-'));
const images = rectangleSamples(2, { size: 16 });
let network: Autoencoder;
// biome-ignore lint/suspicious/noExplicitAny: tests break what types describe.
let saved: any;
let weights: Buffer;
let expected: unknown;

beforeAll(async () => {
  await useBackend('wasm', { threads: 1 });
  network = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 16 });
  await network.initialize({ seed: 1, scheme: 'torch' });
  await network.save(path.join(folder, 'sound'));
  saved = JSON.parse(readFileSync(path.join(folder, 'sound/model.json'), 'utf8'));
  weights = readFileSync(path.join(folder, 'sound/weights.bin'));
  expected = await network.reconstruct(images);
});
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;

/** Writes a model that `change` alters; returns its folder. */
function write(change: (json: typeof saved) => unknown = () => {}, bytes: Uint8Array = weights): string {
  const target = path.join(folder, `model-${count++}`);
  mkdirSync(target);
  const json = structuredClone(saved);
  const replaced = change(json);
  writeFileSync(path.join(target, 'model.json'), typeof replaced === 'string' ? replaced : JSON.stringify(json));
  writeFileSync(path.join(target, 'weights.bin'), bytes);
  return target;
}

async function refusal(target: string): Promise<string> {
  const before = tf.memory().numTensors;
  const error = await Autoencoder.load(target).then(
    () => undefined,
    (reason: AutoencoderError) => reason,
  );
  expect(error?.code).toBe('MODEL_INVALID');
  expect(tf.memory().numTensors).toBe(before);
  return (error as Error).message;
}

const layersOf = (json: typeof saved) => json.modelTopology.config.layers;
const layer = (json: typeof saved, name: string) => layersOf(json).find((each: { name: string }) => each.name === name);
const source = (json: typeof saved, name: string) => layer(json, name).inbound_nodes[0][0];
const spec = (json: typeof saved, index = 0) => json.weightsManifest[0].weights[index];

describe('an untrusted model', () => {
  it.each<[string, (json: typeof saved) => unknown, RegExp]>([
    ['a cycle', (json) => source(json, 'conv1').fill('relu2', 0, 1), /a cycle: layer "\w+" depends on its own output/],
    ['a layer that feeds itself', (json) => source(json, 'relu1').fill('relu1', 0, 1), /a cycle: layer "relu1"/],
    ['an application that there is not', (json) => source(json, 'conv1').splice(1, 2, 99, 99), /received number 99/],
    [
      'an output that there is not',
      (json) => source(json, 'conv1').splice(2, 1, 7),
      /1 outputs of layer "input".* number 7/,
    ],
    [
      'a layer that there is not',
      (json) => source(json, 'conv2').fill('nowhere', 0, 1),
      /received "nowhere", which it does not have/,
    ],
    ['no input', (json) => layer(json, 'conv2').inbound_nodes.pop(), /inbound_nodes: expected at least one/],
    ['two layers of a name', (json) => layersOf(json).push(layer(json, 'relu1')), /received "relu1" twice/],
    [
      'a class that is no layer',
      (json) => Object.assign(layer(json, 'relu1'), { class_name: 'Zeros' }),
      /a kind of layer, received "Zeros"/,
    ],
    [
      'a class that nobody knows',
      (json) => Object.assign(layer(json, 'relu1'), { class_name: 'constructor' }),
      /received "constructor"/,
    ],
    [
      'an activation that is a layer',
      (json) => Object.assign(layer(json, 'code').config, { activation: 'Flatten' }),
      /activation: expected the name of a known activation/,
    ],
    [
      'twenty million filters',
      (json) => Object.assign(layer(json, 'conv1').config, { filters: 2e7 }),
      /config.filters: expected an integer from 1 to/,
    ],
    [
      'a million filters',
      (json) => Object.assign(layer(json, 'conv1').config, { filters: 1e6 }),
      /the weight "kernel" of 3x3x3x1000000 in weightsManifest, received one of 3x3x3x12/,
    ],
    [
      'filters that are text',
      (json) => Object.assign(layer(json, 'conv1').config, { filters: 'two' }),
      /received "two"/,
    ],
    [
      'an image of a terapixel',
      (json) => layer(json, 'input').config.batch_input_shape.splice(1, 2, 1e6, 1e6),
      /of at most 1073741824 numbers/,
    ],
    [
      'a number that is none',
      (json) => JSON.stringify(json).replace('"filters":12', '"filters":1e999'),
      /received Infinity/,
    ],
    [
      'an unpooling of values',
      (json) => layer(json, 'unpool1').inbound_nodes[0][1].splice(2, 1, 0),
      /expected the mask of a pooling layer/,
    ],
    [
      'no code',
      (json) => JSON.stringify(json).replaceAll('"code"', '"cipher"').replaceAll('"code/', '"cipher/'),
      /received "code"; the layers are/,
    ],
    [
      'a manifest of nothing',
      (json) => json.weightsManifest.fill(null),
      /weightsManifest\[0\]: expected an object, received null/,
    ],
    ['a weight of a terabyte', (json) => spec(json).shape.push(2 ** 30), /expected at most 2147483647 numbers/],
    ['weights of gigabytes', (json) => Object.assign(spec(json), { shape: [2 ** 30] }), /of at most 2147483647 bytes/],
    ['a weight twice', (json) => json.weightsManifest[0].weights.push(spec(json)), /"conv1\/kernel" twice/],
    ['a weight less', (json) => json.weightsManifest[0].weights.pop(), /the weight "bias"|more than the/],
    [
      'a type that there is not',
      (json) => Object.assign(spec(json), { dtype: 'float64' }),
      /dtype: expected .* received "float64"/,
    ],
    [
      'weights of another folder',
      (json) => Object.assign(json.weightsManifest[0], { paths: ['../sound/weights.bin'] }),
      /a file in the folder of the model/,
    ],
    [
      'weights of the system',
      (json) => Object.assign(json.weightsManifest[0], { paths: ['/dev/zero'] }),
      /a file in the folder of the model/,
    ],
    [
      'pixels of no size',
      (json) => Object.assign(json.userDefinedMetadata.ae.pixels, { scale: 0 }),
      /pixels.scale: expected a number/,
    ],
    [
      'channels of no order',
      (json) => Object.assign(json.userDefinedMetadata.ae.pixels, { channelOrder: 'cmyk' }),
      /received "cmyk"/,
    ],
    ['no metadata', (json) => Object.assign(json, { userDefinedMetadata: null }), /received another tfjs model/],
    ['lists in lists', () => '['.repeat(100_000) + ']'.repeat(100_000), /nested at most 64 deep/],
    ['ten megabytes of nothing', () => ' '.repeat(10 * 2 ** 20), /has 10485760 bytes, more than/],
    ['nothing', () => 'null', /expected an object, received null/],
  ])('%s is said', async (_, change, message) => {
    const said = await refusal(write(change));
    expect(said).toMatch(message);
    expect(said.split('\n')).toHaveLength(1);
  });

  it('reports a file that is a pipe, a folder or a device, without waiting for it', async () => {
    for (const [file, make] of [
      ['model.json', (name: string) => execFileSync('mkfifo', [name])],
      ['weights.bin', (name: string) => execFileSync('mkfifo', [name])],
      ['weights.bin', (name: string) => symlinkSync('/dev/zero', name)],
      ['weights.bin', (name: string) => mkdirSync(name)],
    ] as const) {
      const target = write();
      rmSync(path.join(target, file));
      make(path.join(target, file));
      expect(await refusal(target)).toMatch(/: this is a (pipe|device|folder), not a file\.$/);
    }
  });

  it('allocates no memory for weights that are only holes', async () => {
    const target = write();
    truncateSync(path.join(target, 'weights.bin'), 2 ** 40);
    expect(await refusal(target)).toMatch(/the file has 1099511627776 bytes, more than the/);
  });
});

describe('weights', () => {
  it('with one changed bit are refused, thanks to the checksum that save writes', async () => {
    const damaged = Buffer.from(weights);
    damaged[5000] ^= 4;
    expect(await refusal(write(undefined, damaged))).toMatch(
      /weights.bin: expected weights with the checksum [0-9a-f]{8}/,
    );
  });

  it('load without a checksum, in several files and groups, and quantized, as saved by other programs', async () => {
    const target = write((json) => {
      const [first, ...others] = json.weightsManifest[0].weights;
      const half = { name: first.name, shape: first.shape, dtype: 'float32', quantization: { dtype: 'float16' } };
      const paths = ['rest.1', 'rest.2'];
      Object.assign(json, {
        weightsManifest: [
          { paths: ['half.bin'], weights: [half] },
          { paths, weights: others },
        ],
      });
    });
    const values = new Float32Array(weights.buffer.slice(weights.byteOffset), 0, 324);
    writeFileSync(path.join(target, 'half.bin'), Uint16Array.from(values, toHalf));
    writeFileSync(path.join(target, 'rest.1'), weights.subarray(4 * 324, 5000));
    writeFileSync(path.join(target, 'rest.2'), weights.subarray(5000));
    const loaded = await Autoencoder.load(target);
    const difference = tf.tidy(() => {
      const [kernel, original] = [loaded, network].map(({ model }) => model.weights[0].read());
      return tf.max(tf.abs(tf.sub(kernel, original))).dataSync()[0];
    });
    expect(difference).toBeLessThan(2e-4);
    expect(loaded.warnings).toEqual([]);
    loaded.dispose();
  });

  it('that are NaN load with a warning, which names them', async () => {
    const damaged = Buffer.from(weights);
    damaged.writeFloatLE(Number.NaN, 0);
    const target = write((json) => {
      delete json.weightsManifest[0].crc32;
    }, damaged);
    const loaded = await Autoencoder.load(target);
    expect(loaded.warnings).toEqual([
      expect.stringMatching(/^1 of the 324 weights of conv1\/kernel are NaN or infinite/),
    ]);
    loaded.dispose();
  });

  it('are restored unchanged, and free all memory', async () => {
    const before = tf.memory().numTensors;
    const loaded = await Autoencoder.load(write());
    expect(await loaded.reconstruct(images)).toEqual(expected);
    loaded.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

/** A float32 as IEEE 754 half precision, for numbers between 2^-14 and 65504, cut off. */
function toHalf(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0];
  const exponent = ((bits >>> 23) & 0xff) - 112;
  if (exponent <= 0) return (bits >>> 16) & 0x8000;
  return ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}
