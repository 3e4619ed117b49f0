import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sharedFolder } from '@ae/testing/scratch';
import * as tf from '@tensorflow/tfjs-core';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { Autoencoder, useBackend } from '../../src/entries/index';
import { exportKeras, importKeras } from '../../src/entries/interchange';
import { weightsOf } from '../../src/network/named-variables';
import golden from '../golden/keras.json';
import { madeNetwork, networks } from './networks';

const folder = sharedFolder();
type Case = keyof typeof golden.cases;

function fileOf(name: Case): string {
  return fileURLToPath(new URL(`../golden/keras/${name}.keras`, import.meta.url));
}

beforeAll(async () => {
  await useBackend('wasm');
});

describe('importKeras', () => {
  it.each([
    ['nested', 7],
    ['branched', 48],
  ] as [Case, number][])('%s: reconstructs as Keras does', async (name, codeSize) => {
    const { shape, images, expected } = golden.cases[name];
    const network = await importKeras(fileOf(name));
    expect(network.inputShape).toEqual(shape);
    expect(network.codeSize).toBe(codeSize);
    expect(network.pixels).toEqual({ scale: 1 / 255, channelOrder: 'rgb' });
    const size = [2, ...shape] as [number, number, number, number];
    const made = tf.tidy(() => network.forward(tf.tensor4d(images, size)).dataSync());
    const most = Math.max(...expected.map(Math.abs));
    const distance = expected.reduce((largest, value, i) => Math.max(largest, Math.abs(value - made[i])), 0);
    expect(distance / most).toBeLessThan(1e-5);
    network.dispose();
  });

  /** The file of `nested`, with a modified config.json. */
  function changed(change: (config: string) => string): string {
    const parts = unzipSync(readFileSync(fileOf('nested')));
    const file = path.join(folder, 'changed.keras');
    writeFileSync(file, zipSync({ ...parts, 'config.json': strToU8(change(strFromU8(parts['config.json']))) }));
    return file;
  }

  it('names a layer that it does not know, or that has another meaning here', async () => {
    const strange = changed((config) => config.replace('"class_name": "PReLU"', '"class_name": "Swoosh"'));
    await expect(importKeras(strange)).rejects.toThrow(
      'changed.keras: layer "p_re_lu" is of class "Swoosh", which TensorFlow.js does not know; register its class first.',
    );
    const bilinear = changed((config) => config.replace('"nearest"', '"bilinear"'));
    await expect(importKeras(bilinear)).rejects.toThrow(
      'layer "up_sampling2d" is of class "UpSampling2D", whose interpolation "bilinear" has no counterpart here.',
    );
    const hard = changed((config) => config.replace('"activation": "sigmoid"', '"activation": "hard_sigmoid"'));
    await expect(importKeras(hard)).rejects.toThrow(/layer "conv2d_1" .* whose activation "hard/);
  });

  it('says what is wrong with a file', async () => {
    const file = path.join(folder, 'other.keras');
    const parts = unzipSync(readFileSync(fileOf('nested')));
    const read = (bytes: Uint8Array) => {
      writeFileSync(file, bytes);
      return importKeras(file);
    };
    await expect(read(strToU8('no zip'))).rejects.toThrow(
      'other.keras: it is not a readable zip file, as Keras 3 files are.',
    );
    await expect(read(zipSync({ 'config.json': parts['config.json'] }))).rejects.toThrow(
      'other.keras: it contains no model.weights.h5; save the network with Keras 3, as .keras.',
    );
    const cut = { ...parts, 'model.weights.h5': parts['model.weights.h5'].subarray(0, 3000) };
    await expect(read(zipSync(cut))).rejects.toThrow(/other.keras: its weights /);
    const wider = strToU8(strFromU8(parts['config.json']).replace('"units": 7', '"units": 9'));
    await expect(read(zipSync({ ...parts, 'config.json': wider }))).rejects.toThrow(
      /"kernel" of 96x9 .* received one of 96x7/,
    );
  });
});

describe('exportKeras', () => {
  it('is read back to the same bits, with the pixel format', async () => {
    const network = await madeNetwork('strided convolutions');
    const file = path.join(folder, 'strided.keras');
    await exportKeras(network, file);
    const back = await importKeras(file);
    expect(back.pixels).toEqual(network.pixels);
    expect(back.codeSize).toBe(network.codeSize);
    const own = weightsOf(network.model);
    for (const [name, weight] of Object.entries(weightsOf(back.model))) {
      expect(weight.dataSync(), name).toEqual(own[name].dataSync());
    }
    back.dispose();
    network.dispose();
  });

  it('says what Keras does not support, and writes nothing', async () => {
    const network = await madeNetwork('mirror');
    const file = path.join(folder, 'mirror.keras');
    await expect(exportKeras(network, file)).rejects.toThrow(
      'layer "pool1" (MaxPoolingWithIndices2D) has a mask, which Keras does not have; use layers without max-unpooling.',
    );
    network.dispose();
    const blocks = new Autoencoder(networks.transform());
    await blocks.initialize();
    await expect(exportKeras(blocks, file)).rejects.toThrow(
      /layer "analysis" \(BlockTransform2D\) has no counterpart in Keras; use/,
    );
    const zones = await madeNetwork('zonal codes of features');
    await expect(exportKeras(zones, file)).rejects.toThrow(
      /layer "code" \(ZonalCode\) has no counterpart in Keras; use/,
    );
    expect(existsSync(file)).toBe(false);
    blocks.dispose();
    zones.dispose();
  });
});
