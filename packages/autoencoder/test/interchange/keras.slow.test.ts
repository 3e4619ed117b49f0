import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findPython, runPython } from '@ae/testing/python';
import { sharedFolder } from '@ae/testing/scratch';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { samplesToTensor, useBackend } from '../../src/index';
import { exportKeras } from '../../src/interchange';
import { madeNetwork, tiedSamples } from './networks';

const python = findPython(['keras', 'numpy', 'torch'], 'exported files in Keras');
const folder = sharedFolder();

const program = [
  'import os, sys',
  'os.environ["KERAS_BACKEND"] = "torch"',
  'import keras, numpy as np',
  'for file in sys.argv[1:]:',
  '    network = keras.saving.load_model(file)',
  '    images = np.fromfile(file + ".images", np.float32).reshape(-1, *network.input_shape[1:])',
  '    network.predict(images, verbose=0).tofile(file + ".made")',
  'print("null")',
].join('\n');

beforeAll(async () => {
  await useBackend('wasm');
});

describe.runIf(python)('as Keras', () => {
  it('computes the same', async () => {
    const expected = new Map<string, Float32Array>();
    for (const name of ['strided convolutions', 'layers of Keras']) {
      const network = await madeNetwork(name);
      const file = path.join(folder, `${name.replaceAll(' ', '-')}.keras`);
      await exportKeras(network, file);
      tf.tidy(() => {
        const images = samplesToTensor(tiedSamples(3, network.inputShape), network.inputShape, network.pixels);
        writeFileSync(`${file}.images`, new Uint8Array(images.dataSync<'float32'>().slice().buffer));
        expected.set(file, network.forward(images).dataSync<'float32'>());
      });
      network.dispose();
    }
    runPython(python as string, '-c', program, ...expected.keys());
    for (const [file, values] of expected) {
      const made = new Float32Array(new Uint8Array(readFileSync(`${file}.made`)).buffer);
      expect(made.length).toBe(values.length);
      const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
      const distance = values.reduce((largest, value, i) => Math.max(largest, Math.abs(value - made[i])), 0);
      expect(distance / most, file).toBeLessThan(1e-5);
    }
  });
});
