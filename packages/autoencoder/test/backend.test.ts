import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type BackendName, listBackends, useBackend } from '../src/entries/index';

describe('useBackend', () => {
  it('chooses wasm if there is no GPU, and keeps what is set', async () => {
    // Another file of this process may have set one.
    tf.engine().backendName = '';
    const info = await useBackend();
    expect(info).toMatchObject({ name: 'wasm', gpu: false });
    expect(info.threads).toBeGreaterThanOrEqual(1);
    expect(tf.getBackend()).toBe('wasm');
    await useBackend('cpu');
    expect(await useBackend()).toMatchObject({ name: 'cpu', warning: expect.stringContaining('slower') });
    expect(tf.getBackend()).toBe('cpu');
    expect(await useBackend('auto')).toMatchObject({ name: 'wasm' });
  });

  it('lists every engine, with a one-sentence reason if it is unavailable', async () => {
    const backends = await listBackends();
    expect(backends.map(({ name }) => name)).toEqual(['tensorflow-gpu', 'webgpu', 'wasm', 'tensorflow', 'cpu']);
    for (const { available, reason } of backends)
      if (!available)
        expect(reason).toMatch(
          /^(@tensorflow\/tfjs-node.*ae backend install|webgpu is not installed; run npm install).*\.$/,
        );
    expect(backends.find(({ eligible }) => eligible)?.name).not.toBe('cpu');
  });

  it('lists the engines if asked for another', async () => {
    await expect(useBackend('cuda' as BackendName)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message:
        '[autoencoder] backend: expected one of auto, tensorflow-gpu, webgpu, wasm, tensorflow, webgl, cpu, received "cuda".',
    });
  });

  it.each([
    ['tfjs_binding.node', "Cannot find module '../lib/napi-v8/tfjs_binding.node'", 'install script did not finish'],
    [
      'a library',
      'libcudart.so.11.0: cannot open shared object file: No such file',
      'the library libcudart.so.11.0 is missing',
    ],
    [
      'anything else',
      'Segmentation of the moon',
      '("Segmentation of the moon"); run ae backend install tensorflow, or use the wasm engine',
    ],
  ])('explains native TensorFlow failing for lack of %s', async (_, message, expected) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ae-native-'));
    const addon = path.join(folder, 'node_modules/@tensorflow/tfjs-node');
    await mkdir(addon, { recursive: true });
    await writeFile(path.join(addon, 'index.js'), `throw new Error(${JSON.stringify(message)});`);
    await expect(useBackend('tensorflow', { tensorflowFolder: folder })).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringContaining(expected),
    });
    await rm(folder, { recursive: true });
  });
});
