import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runPython } from '@ae/testing/python';
import { sharedFolder } from '@ae/testing/scratch';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-web';
import { beforeAll, expect, it } from 'vitest';
import { type Autoencoder, type Sample, samplesToTensor, useBackend } from '../../src/entries/index';
import { exportOnnx, type OnnxOptions } from '../../src/entries/interchange';
import { madeNetwork, tiedSamples } from './networks';

type Values = Record<string, ort.Tensor>;

export const folder = sharedFolder();
const count = 3;
const forms = ['lowered', 'operator'] as const;

beforeAll(async () => {
  ort.env.wasm.numThreads = 1;
  await useBackend('wasm');
});

/** Samples as ONNX takes them: `[N, C, H, W]`, red first. */
export function imagesOf(samples: readonly Sample[], order: 'rgb' | 'bgr' = 'rgb'): ort.Tensor {
  const [{ channels, height, width }] = samples;
  const area = height * width;
  const values = new Float32Array(samples.length * channels * area);
  for (const [i, { data }] of samples.entries()) {
    for (let c = 0; c < channels; c++) {
      const plane = channels >= 3 && order === 'rgb' && c < 3 ? 2 - c : c;
      values.set(data.subarray(plane * area, (plane + 1) * area), (i * channels + c) * area);
    }
  }
  return new ort.Tensor('float32', values, [samples.length, channels, height, width]);
}

/** What the network makes of samples, as ONNX gives it. */
export function expectedOf(network: Autoencoder, samples: readonly Sample[]): Float32Array {
  return tf.tidy(() => {
    const [{ channels, height, width }] = samples;
    const made = network.forward(samplesToTensor(samples, [height, width, channels], network.pixels));
    const { scale, channelOrder } = network.pixels;
    const swapped = [2, 1, 0, 3].slice(0, channels);
    const ordered = channels >= 3 && channelOrder === 'bgr' ? tf.gather(made, swapped, 3) : made;
    return tf.div(tf.transpose(ordered, [0, 3, 1, 2]), scale).dataSync<'float32'>();
  });
}

export async function run(file: string, inputs: Values): Promise<Values> {
  const session = await ort.InferenceSession.create(readFileSync(file));
  const outputs = await session.run(inputs);
  await session.release();
  return outputs as Values;
}

export async function exported(network: Autoencoder, name: string, options?: OnnxOptions): Promise<string> {
  const file = path.join(folder, `${name.replaceAll(' ', '-')}.onnx`);
  await exportOnnx(network, file, { overwrite: true, ...options });
  return file;
}

/** The largest difference of values, of images from 0 to 255. */
export function distance(received: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(received.length).toBe(expected.length);
  return Array.from(expected).reduce((most, value, i) => Math.max(most, Math.abs(value - received[i])), 0);
}

export const close = 1e-5 * 255;

interface Job {
  readonly model: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: string;
  readonly expected: Readonly<Record<string, Float32Array>>;
}

/** Tests networks by name, in the forms of unpooling that there are: on onnxruntime-web, and where `python` is given there, too. */
export function describeOnnx(names: readonly string[], python?: string): void {
  const jobs: Job[] = [];

  it.each(names)('%s: computes the same, whole and in two parts', async (name) => {
    const network = await madeNetwork(name);
    const samples = tiedSamples(count, network.inputShape);
    const expected = expectedOf(network, samples);
    const codes = codesOf(network, samples);
    for (const unpooling of network.sizes.masks.length > 0 ? forms : forms.slice(0, 1)) {
      const label = `${name}-${unpooling}`;
      const files: Record<string, string> = {};
      for (const [part, opset] of [
        ['network', 17],
        ['encoder', 13],
        ['decoder', 21],
      ] as const) {
        files[part] = await exported(network, `${label}-${part}`, { part, unpooling, opset });
      }
      const images = imagesOf(samples);
      const whole = await run(files.network, { images });
      const code = await run(files.encoder, { images });
      const decoded = await run(files.decoder, code);
      expect(distance(whole.reconstructions.data as Float32Array, expected)).toBeLessThan(close);
      expect(distance(decoded.reconstructions.data as Float32Array, expected)).toBeLessThan(close);
      expect(distance(code.code.data as Float32Array, codes)).toBeLessThan(1e-5 * sizeOf(codes, 1));
      if (!python) continue;
      jobs.push(jobOf(files.network, { images }, { reconstructions: expected }));
      jobs.push(jobOf(files.encoder, { images }, { code: codes }));
      jobs.push(jobOf(files.decoder, code, { reconstructions: expected }));
    }
    network.dispose();
  });

  it.runIf(python)('onnx.checker passes all of them, and onnxruntime for Python computes the same', () => {
    const script = fileURLToPath(new URL('run_onnx.py', import.meta.url));
    const tasks = JSON.stringify(jobs.map(({ model, inputs, outputs }) => ({ model, inputs, outputs })));
    const results = runPython<{ operators: string[] }[]>(python as string, script, tasks);
    for (const [i, { outputs, expected: all, model }] of jobs.entries()) {
      for (const [output, values] of Object.entries(all)) {
        expect(distance(readNpy(`${outputs}${output}.npy`), values), model).toBeLessThan(1e-5 * sizeOf(values, 255));
      }
      if (model.includes('lowered')) expect(results[i].operators).not.toContain('MaxUnpool');
    }
  });
}

function codesOf(network: Autoencoder, samples: readonly Sample[]): Float32Array {
  return tf.tidy(() => {
    const images = samplesToTensor(samples, network.inputShape, network.pixels);
    return network.encode(images).code.dataSync<'float32'>();
  });
}

function sizeOf(values: Float32Array, least: number): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), least);
}

function jobOf(model: string, inputs: Values, expected: Job['expected']): Job {
  const files = Object.entries(inputs).map(([input, tensor]) => {
    const file = `${model}.${input}.npy`;
    writeFileSync(file, npyOf(tensor));
    return [input, file];
  });
  return { model, inputs: Object.fromEntries(files), outputs: `${model}.out.`, expected };
}

function npyOf({ type, dims, data }: ort.Tensor): Uint8Array {
  const kind = { float32: '<f4', int32: '<i4', int64: '<i8' }[type as string];
  const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`;
  const text = `{'descr': '${kind}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
  const head = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${text}\n`, 'latin1');
  const { buffer, byteOffset, byteLength } = data as Float32Array;
  return Buffer.concat([head, new Uint8Array(buffer, byteOffset, byteLength)]);
}

/** Reads float32 values of a file of version 1. */
function readNpy(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(new Uint8Array(bytes.subarray(10 + bytes.readUInt16LE(8))).buffer);
}
