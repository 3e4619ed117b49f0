/** Networks of zonal codes: saved, loaded, counted, and refused if their description is wrong. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { flatten, inverseZonalCode, reshape, zonalCode } from '@ae/layers';
import { scratchFolder, sharedFolder } from '@ae/testing/scratch';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Autoencoder, useBackend } from '../src/entries/index';
import { importTfjs } from '../src/entries/interchange';

const [zones, numbers, values] = [3, 400, 48 * 48 * 3];
/** Some are beyond 2048, where 16-bit floats are 2 and more apart. */
const positions = Float32Array.from({ length: zones * (numbers - 1) }, (_, i) => (i * 5) % values);
const means = new Float32Array(values).fill(128 / 255);
const folder = sharedFolder();
let network: Autoencoder;

const area = 48 * 48;
/** Where a value of an image, `[48, 48, 3]`, is in a sample, which has planes of blue, green and red. */
const placeOf = (at: number) => (2 - (at % 3)) * area + Math.floor(at / 3);
const zoneOf = (zone: number) => positions.subarray(zone * (numbers - 1), (zone + 1) * (numbers - 1));

/** An image for each zone, the last one first: gray but for what the zone keeps. */
const samples = [2, 1, 0].map((zone) => {
  const data = new Uint8Array(values).fill(128);
  for (const [i, at] of zoneOf(zone).entries()) data[placeOf(at)] = i % 256;
  return { channels: 3, height: 48, width: 48, data };
});

beforeAll(async () => {
  await useBackend('wasm', { threads: 1 });
  network = new Autoencoder({
    inputShape: [48, 48, 3],
    pixels: { scale: 1 / 255, channelOrder: 'rgb' },
    layers: [
      flatten(),
      zonalCode({ zones, numbers, name: 'code' }),
      inverseZonalCode({ zones, values, name: 'from_zones' }),
      reshape({ targetShape: [48, 48, 3] }),
    ],
  });
  await network.initialize();
  const weights = [tf.tensor2d(positions, [zones, numbers - 1]), tf.tensor1d(means)];
  for (const name of ['code', 'from_zones']) network.model.getLayer(name).setWeights(weights);
  await network.save(path.join(folder, 'whole'));
});

/** Changes the description in a copy of the saved network. */
function changed(change: (config: Record<string, unknown>) => void): string {
  const copy = path.join(scratchFolder(), 'copy');
  cpSync(path.join(folder, 'whole'), copy, { recursive: true });
  const file = path.join(copy, 'model.json');
  const json = JSON.parse(readFileSync(file, 'utf8'));
  change(json.modelTopology.config.layers.find(({ name }: { name: string }) => name === 'code').config);
  writeFileSync(file, JSON.stringify(json));
  return copy;
}

describe('a network of a zonal code', () => {
  it('keeps the values of the zone that keeps most of an image', async () => {
    const { values: codes } = await network.encode(samples);
    const expected = [2, 1, 0].flatMap((zone, i) => {
      const kept = Array.from(zoneOf(zone), (at) => (samples[i].data[placeOf(at)] - 128) / 255);
      return [zone / zones, ...kept];
    });
    expect(codes).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) expect(codes[i]).toBeCloseTo(value, 5);
  });

  it('is counted as not trained', () => {
    const all = 2 * (positions.length + values);
    expect(network.weightCount).toEqual({ all, trained: 0 });
  });

  it.each([
    ['as it is', () => Autoencoder.load(path.join(folder, 'whole'))],
    ['from another program', () => importTfjs(path.join(folder, 'whole'), { pixels: { channelOrder: 'rgb' } })],
  ])('is loaded %s, and computes the same', async (_, load) => {
    const loaded = await load();
    expect(await loaded.reconstruct(samples)).toEqual(await network.reconstruct(samples));
    loaded.dispose();
  });

  it('keeps its positions when its weights become 16-bit floats', async () => {
    const place = path.join(folder, 'half');
    await network.save(place, { weights: 'float16' });
    const loaded = await Autoencoder.load(place);
    const [kept, ownMeans] = loaded.model.getLayer('code').getWeights();
    expect(kept.dataSync()).toEqual(positions);
    expect(ownMeans.dataSync()[0]).toBeCloseTo(means[0], 3);
    loaded.dispose();
  });

  it.each<[string, (config: Record<string, unknown>) => void, RegExp]>([
    [
      'no zones',
      (config) => delete config.zones,
      /cannot \(layer "code": expected zones as an integer from 1 to 256, received undefined\)/,
    ],
    ['numbers that are text', (config) => Object.assign(config, { numbers: '400' }), /expected numbers as an integer/],
    [
      'more zones than its weights',
      (config) => Object.assign(config, { zones: 4 }),
      /the weight "positions" of 4x399 in weightsManifest, received one of 3x399/,
    ],
    ['a code of a terabyte', (config) => Object.assign(config, { numbers: 1e12 }), /of at most 1073741824 numbers/],
  ])('with %s is refused in a sentence', async (_, change, message) => {
    await expect(Autoencoder.load(changed(change))).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    await expect(Autoencoder.load(changed(change))).rejects.toThrow(message);
  });
});
