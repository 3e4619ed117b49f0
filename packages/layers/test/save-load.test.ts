import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerCpuKernels } from '../src/backends/cpu';
import { initWasm } from '../src/backends/wasm/index';
import { conv2d, MaxPooling2D, maxPooling2d, maxUnpooling2d, Sequential, splitModel } from '../src/entries/index';
import { expectTensor } from './conformance/expect-tensor';
import { type GoldenTensor, readGolden, toTensor } from './golden/read';
import { buildMirror } from './networks';
import { readSavedModel, saveInMemory } from './saved-model';

const golden = readGolden('network');
const savedBy010 = new URL('./fixtures/saved-model/', import.meta.url);
const expected: Record<'x' | 'code' | 'y', GoldenTensor> = JSON.parse(
  readFileSync(new URL('expected.json', savedBy010), 'utf8'),
);

beforeAll(async () => {
  registerCpuKernels();
  await initWasm();
});

describe.each(['cpu', 'wasm'])('a model saved by version 0.1.0, on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  it('loads with tf.loadLayersModel and computes the same', async () => {
    const model = await loadLayersModel(readSavedModel(savedBy010));
    const y = tf.tidy(() => model.predict(toTensor(expected.x)) as tf.Tensor);
    await expectTensor(y, expected.y, { tolerance: 1e-5 });
    model.dispose();
  });

  it('splits into encoder and decoder', async () => {
    const model = await loadLayersModel(readSavedModel(savedBy010));
    const { encoder, decoder, codeLayerName, poolNames } = splitModel(model, 'linear_1');
    expect([codeLayerName, ...poolNames]).toEqual(['linear_1', 'max_pooling2d_1', 'max_pooling2d_2']);
    const parts = tf.tidy(() => encoder.predict(toTensor(expected.x)) as tf.Tensor[]);
    await expectTensor(parts[0], expected.code, { tolerance: 1e-5 });
    const y = tf.tidy(() => decoder.predict(parts) as tf.Tensor);
    await expectTensor(y, expected.y, { tolerance: 1e-5 });
    for (const part of [model, encoder, decoder]) part.dispose();
  });
});

describe('saving and loading', () => {
  it.each([
    ['cpu', 'wasm'],
    ['wasm', 'cpu'],
  ])('saved on %s, loaded on %s', async (from, to) => {
    await tf.setBackend(from);
    const model = buildMirror(16, [4, 6], 10).build();
    tf.tidy(() => model.setWeights(golden.weights.map((weight) => toTensor(weight))));
    const artifacts = await saveInMemory(model);
    model.dispose();
    await tf.setBackend(to);
    const loaded = await loadLayersModel(tf.io.fromMemory(artifacts));
    const y = tf.tidy(() => loaded.predict(toTensor(golden.x)) as tf.Tensor);
    await expectTensor(y, golden.y, { tolerance: 1e-5 });
    loaded.dispose();
  });

  it('keeps encoder and decoder apart: each loads by itself', async () => {
    await tf.setBackend('cpu');
    const network = buildMirror(16, [4, 6], 10);
    network.build().setWeights(golden.weights.map((weight) => toTensor(weight)));
    const { encoder, decoder } = network.split();
    const load = async (part: typeof encoder) => loadLayersModel(tf.io.fromMemory(await saveInMemory(part)));
    const [loadedEncoder, loadedDecoder] = [await load(encoder), await load(decoder)];
    expect(loadedDecoder.inputs.map(({ dtype }) => dtype)).toEqual(['float32', 'int32', 'int32']);
    const y = loadedDecoder.predict(loadedEncoder.predict(toTensor(golden.x)) as tf.Tensor[]) as tf.Tensor;
    await expectTensor(y, golden.y, { tolerance: 1e-5 });
  });

  it('keeps every option of pooling and unpooling', async () => {
    await tf.setBackend('cpu');
    const padding = [
      [1, 0],
      [0, 1],
    ] as const;
    const network = new Sequential({ inputShape: [5, 6, 4] })
      .add(maxPooling2d({ poolSize: [2, 3], strides: [2, 1], padding }))
      .add(conv2d({ filters: 2, kernelSize: 1 }))
      .add(maxUnpooling2d({ mask: 'torch7', name: 'Undo.it' }));
    const loaded = await loadLayersModel(tf.io.fromMemory(await saveInMemory(network.build())));
    const pool = loaded.layers.find((layer) => layer instanceof MaxPooling2D)!;
    expect(pool.getConfig()).toMatchObject({
      poolSize: [2, 3],
      strides: [2, 1],
      padding: [
        [1, 0],
        [0, 1],
      ],
    });
    expect(loaded.getLayer('Undo.it').getConfig()).toMatchObject({
      outputSize: [5, 6],
      mask: 'torch7',
      distinctIndices: false,
    });
    const x = tf.randomUniform([2, 5, 6, 4], -1, 1, 'float32', 3);
    const expected = network.build().predict(x) as tf.Tensor;
    expect([...(loaded.predict(x) as tf.Tensor).dataSync()]).toEqual([...expected.dataSync()]);
  });
});
