import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPython, runPython } from '@ae/testing/python';
import { sharedFolder } from '@ae/testing/scratch';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { samplesToTensor, useBackend } from '../../src/entries/index';
import { exportKeras } from '../../src/entries/interchange';
import { madeNetwork, tiedSamples } from './networks';

const python = findPython(['keras', 'numpy', 'torch'], 'exported files in Keras');
const folder = sharedFolder();
const root = fileURLToPath(new URL('../../../../', import.meta.url));

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

/** Installs the built package with all its dependencies except h5wasm, which is optional. */
function installAlone(): string {
  const project = path.join(folder, 'alone');
  const modules = path.join(project, 'node_modules');
  mkdirSync(path.join(modules, '@ae'), { recursive: true });
  const link = (name: string) =>
    symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name), 'junction');
  const others = readdirSync(path.join(root, 'node_modules')).filter((name) => !['h5wasm', '@ae'].includes(name));
  for (const name of [...others, '@ae/layers', '@ae/images']) if (!name.startsWith('.')) link(name);
  for (const name of ['package.json', 'dist']) {
    cpSync(path.join(root, 'packages/autoencoder', name), path.join(modules, '@ae/autoencoder', name), {
      recursive: true,
    });
  }
  return project;
}

it.each(['import', 'require'])(
  'says how to install h5wasm where it is not there, by %s',
  (way) => {
    const file = fileURLToPath(new URL('../golden/keras/nested.keras', import.meta.url));
    const load = way === 'import' ? 'await import' : 'createRequire(process.cwd() + "/x.js")';
    const script = `
    import { createRequire } from 'node:module';
    const { importKeras } = ${load}('@ae/autoencoder/interchange');
    await importKeras(${JSON.stringify(file)}).catch(({ code, message }) => console.log(code, message));
  `;
    const cwd = way === 'import' ? installAlone() : path.join(folder, 'alone');
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd, encoding: 'utf8' });
    expect(said).toBe(
      'DEPENDENCY_MISSING [autoencoder] Keras stores weights as HDF5, which needs the package h5wasm, but that is not installed; ' +
        'run npm install h5wasm (with -g if this package was installed with -g).\n',
    );
  },
  60_000,
);
