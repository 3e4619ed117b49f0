/** Weights as 16-bit floats, compared with NumPy's rounding where it is known; and networks that are stored elsewhere than in a folder. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { scratchFolder } from '@ae/testing/scratch';
import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Autoencoder, useBackend } from '../src/entries/index';
import { halfOf, halveWeights } from '../src/network/saved-model/half-floats';
import { rectangleSamples } from './rectangles';

const samples = rectangleSamples(8, { size: 16 });
let network: Autoencoder;
beforeAll(async () => {
  await useBackend('wasm', { threads: 1 });
  network = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 24 });
  await network.initialize({ seed: 1 });
  await network.train(samples, { recipe: 'plain', epochs: 10, batchSize: 4 });
});

describe('16-bit floats', () => {
  // numpy.float16(x).view(numpy.uint16)
  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [0.1, 0x2e66],
    [1 / 3, 0x3555],
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [1.5 * 2 ** -24, 0x0002],
    [1023 * 2 ** -24, 0x03ff],
    [2049, 0x6800],
    [2051, 0x6802],
  ])('%s is %i', (value, bits) => {
    expect(halfOf(value)).toBe(bits);
  });

  it('leave positions unchanged if any of them is not a 16-bit float', () => {
    const specs = [{ name: 'positions', shape: [3], dtype: 'float32' as const }];
    const kept = new Uint8Array(Float32Array.of(7, 2049, 0).buffer);
    expect(halveWeights(specs, kept)).toEqual({ specs, bytes: kept });
    const small = halveWeights(specs, new Uint8Array(Float32Array.of(7, 2048, 0).buffer));
    expect(small.bytes).toHaveLength(6);
  });

  it('leave weights unchanged that are too large or not floats', () => {
    const specs = [
      { name: 'a', shape: [1], dtype: 'float32' as const },
      { name: 'b', shape: [1], dtype: 'int32' as const },
    ];
    const bytes = new Uint8Array(Float32Array.of(1e6, 1).buffer);
    expect(halveWeights(specs, bytes)).toEqual({ specs, bytes });
  });
});

/** Keeps what is saved in memory, like tf.io.fromMemory and a browser's storage. */
function memory(): { save: tf.io.SaveHandler; load: () => Promise<tf.io.ModelArtifacts>; kept?: tf.io.ModelArtifacts } {
  const store = {
    kept: undefined as tf.io.ModelArtifacts | undefined,
    save: async (artifacts: tf.io.ModelArtifacts) => {
      store.kept = structuredClone(artifacts);
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const } };
    },
    load: async () => {
      if (store.kept) return store.kept;
      throw new Error('Cannot find model.');
    },
  };
  return store;
}

describe('a network', () => {
  const score = async (place: Parameters<typeof Autoencoder.load>[0]) => {
    const loaded = await Autoencoder.load(place);
    const { psnrDb } = await loaded.evaluate(samples);
    loaded.dispose();
    return psnrDb;
  };

  it('with 16-bit weights is half as large and as good within 0.05 dB', async () => {
    const folder = scratchFolder();
    const [whole, half] = ['whole', 'half'].map((name) => path.join(folder, name));
    await network.save(whole);
    await network.save(half, { weights: 'float16' });
    const bytes = (place: string) => statSync(path.join(place, 'weights.bin')).size;
    expect(bytes(half)).toBe(bytes(whole) / 2);
    expect(Math.abs((await score(half)) - (await score(whole)))).toBeLessThan(0.05);
  });

  it('is stored by a handler of tf.io, including its checksum', async () => {
    const store = memory();
    await expect(Autoencoder.load(store)).rejects.toThrow(
      '[autoencoder] the model could not be loaded (Cannot find model); name what save() wrote.',
    );
    await network.save(store, { weights: 'float16' });
    expect(Math.abs((await score(store)) - (await network.evaluate(samples)).psnrDb)).toBeLessThan(0.05);
    new Uint8Array(store.kept?.weightData as ArrayBuffer)[100] ^= 1;
    await expect(Autoencoder.load(store)).rejects.toThrow(
      /the model, weights\.bin: expected weights with the checksum/,
    );
    const full = { save: async () => Promise.reject(new Error('The quota has been exceeded.')) };
    await expect(network.save(full)).rejects.toThrow('The network could not be saved (The quota has been exceeded).');
  });

  it('is loaded from its files as they are on a page', async () => {
    const folder = path.join(scratchFolder(), 'model');
    await network.save(folder);
    const [json, weights] = ['model.json', 'weights.bin'].map(
      (name) => new File([readFileSync(path.join(folder, name))], name),
    );
    expect(await score([weights, json])).toBe((await network.evaluate(samples)).psnrDb);
    await expect(Autoencoder.load([json])).rejects.toThrow(
      'weights.bin is missing from the files (model.json); add it.',
    );
  });

  it('at an address that exists only in browsers is refused elsewhere', async () => {
    const expected = `expected an address that exists here, received "indexeddb://a"; a browser's address needs a browser.`;
    await expect(network.save('indexeddb://a')).rejects.toThrow(`save, place: ${expected}`);
    await expect(Autoencoder.load('indexeddb://a')).rejects.toThrow(`load, place: ${expected}`);
  });
});
