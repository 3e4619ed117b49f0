import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { splitModel } from '@ae/layers';
import { runPython } from '@ae/testing/python';
import { sharedFolder } from '@ae/testing/scratch';
import * as tf from '@tensorflow/tfjs-core';
import { model as tfModel } from '@tensorflow/tfjs-layers';
import { beforeAll, expect } from 'vitest';
import { type Autoencoder, type Sample, samplesToTensor, useBackend } from '../../src/entries/index';
import { exportPyTorch } from '../../src/entries/interchange';
import { fixedMasks } from '../../src/network/masks';
import type { Network } from '../../src/network/network';
import { codeLayerName } from '../../src/network/presets';
import { type Distribution, variationalCodeOf } from '../../src/network/variational-code';
import { madeNetwork, tiedSamples } from './networks';

export const folder = sharedFolder();
const count = 3;

beforeAll(async () => {
  await useBackend('wasm');
});

/** A network, and what is expected of it in PyTorch. */
export interface TorchCase {
  readonly name: string;
  readonly network: Autoencoder;
  readonly samples: Sample<Uint8Array>[];
  readonly weights: string;
  readonly module: string;
  readonly size: readonly number[];
}

/** What Python says of a module. */
export interface TorchResult {
  readonly imports: string[];
  readonly shapes: Record<string, number[]>;
  readonly code: number[];
}

/** Exports a network; `size` is that of the images that it is run on. */
export async function exportedCase(name: string, size?: readonly number[]): Promise<TorchCase> {
  const network = await madeNetwork(name);
  const inputSize = size ?? network.inputShape;
  const place = path.join(folder, `${name} ${inputSize.join('x')}`.replaceAll(' ', '-'));
  mkdirSync(place);
  const weights = path.join(place, 'model.safetensors');
  const module = await exportPyTorch(network, weights);
  return { name, network, samples: tiedSamples(count, inputSize), weights, module, size: inputSize };
}

/** Runs modules in Python, all in one process. */
export function runTorch(python: string, cases: readonly TorchCase[], train = false): TorchResult[] {
  const tasks = cases.map(({ network, samples, weights, module, size }) => {
    const [height, width, channels] = size;
    const images = `${weights}.images`;
    writeFileSync(images, bytesOf(inTorch(imagesOf(network, samples))));
    const pixels = `${weights}.bytes`;
    writeFileSync(pixels, bytesOf(planes(samples)));
    return { module, weights, images, pixels, shape: [samples.length, channels, height, width], train };
  });
  const script = fileURLToPath(new URL('run_torch.py', import.meta.url));
  return runPython<TorchResult[]>(python, script, JSON.stringify(tasks));
}

/** Compares all that a module computed with what the network here does. */
export function checkCase({ network, samples, weights }: TorchCase, { imports }: TorchResult): void {
  expect(new Set(imports)).toEqual(new Set([...imports.filter((name) => name === 'math'), ...usualImports]));
  tf.tidy(() => {
    const images = imagesOf(network, samples);
    const forward = inTorch(network.forward(images));
    expectClose(`${weights}.forward`, forward);
    expectClose(`${weights}.decoded`, network.takesAnySize ? undefined : forward);
    const { code, masks } = network.encode(images);
    expectClose(`${weights}.code`, code.dataSync<'float32'>());
    const { scale, channelOrder } = network.pixels;
    const made =
      channelOrder === 'bgr' && images.shape[3] >= 3 ? turned(network.forward(images)) : network.forward(images);
    expectClose(`${weights}.pixels`, inTorch(tf.div(made, scale)), 255);
    const distribution = distributionOf(network, images);
    if (distribution) {
      const all = tf.broadcastTo(distribution.logVariance, distribution.mean.shape);
      expectClose(`${weights}.log-variance`, all.dataSync<'float32'>());
    }
    if (masks.length === 0) return;
    const fixed = fixedMasks(encoderOf(network), count);
    expectClose(`${weights}.fixed`, inTorch(network.decode(code, fixed)));
  });
}

const usualImports = ['ctypes', 'json', 'collections', 'torch'];

/** What a variational network makes of images before a code is drawn. */
function distributionOf(network: Autoencoder, images: tf.Tensor4D): Distribution | undefined {
  const { encoder } = encoderOf(network);
  const code = variationalCodeOf(encoder);
  if (!code) return undefined;
  const before = tfModel({ inputs: encoder.inputs, outputs: code.features });
  return code.layer.distribution(before.apply(images) as tf.Tensor);
}

function encoderOf({ model }: Autoencoder): Network {
  return splitModel(model, codeLayerName) as unknown as Network;
}

/** Red and blue change places. */
function turned(images: tf.Tensor4D): tf.Tensor4D {
  const [red, green, blue, ...rest] = tf.split(images, images.shape[3], 3);
  return tf.concat([blue, green, red, ...rest], 3) as tf.Tensor4D;
}

/** Values in a file, of images from 0 to `range`, are those expected, to 1e-5 of the largest. */
export function expectClose(file: string, expected: Float32Array | undefined, range = 1): void {
  if (!expected) return;
  const received = readValues(file);
  expect(received.length).toBe(expected.length);
  const most = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), range);
  const distance = expected.reduce((largest, value, i) => Math.max(largest, Math.abs(value - received[i])), 0);
  expect(distance / most, file).toBeLessThan(1e-5);
}

export function readValues(file: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(file)).buffer);
}

export function imagesOf(network: Autoencoder, samples: readonly Sample[]): tf.Tensor4D {
  const [{ channels, height, width }] = samples;
  return samplesToTensor(samples, [height, width, channels], network.pixels);
}

/** Values `[N, C, H, W]`. */
export function inTorch(images: tf.Tensor4D): Float32Array {
  return tf.tidy(() => tf.transpose(images, [0, 3, 1, 2]).dataSync<'float32'>());
}

/** Pixels as people have them: red first. */
function planes(samples: readonly Sample<Uint8Array>[]): Float32Array {
  const area = samples[0].height * samples[0].width;
  return Float32Array.from(
    samples.flatMap(({ data, channels }) => {
      const all = Array.from({ length: channels }, (_, c) => data.subarray(c * area, (c + 1) * area));
      const [blue, green, red, ...rest] = all;
      return channels >= 3 ? [red, green, blue, ...rest].flatMap((plane) => [...plane]) : [...data];
    }),
  );
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
