import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cosineMatrix } from '@ae/layers/ops';
import { sharedFolder } from '@ae/testing/scratch';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { inZonesOf } from '../src/codes/zoned-codes';
import { Random } from '../src/data/random';
import { quantizeCodes } from '../src/entries/codes';
import {
  Autoencoder,
  type AutoencoderOptions,
  resumeTraining,
  type Sample,
  samplesToTensor,
  useBackend,
} from '../src/entries/index';
import { readConfigFile } from '../src/entries/runs';
import { drawingSamples } from './drawings';
import { meanPsnr, newNetwork } from './transform-networks';

const size = 24;
const inputShape = [size, size, 1] as const;

/** Gray images of lines, every other one of columns and rows, each with a brightness of its own. */
function lineSamples(count: number, seed: number): Sample[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, image) => {
    const lines = Array.from({ length: size }, () => random.uint32() & 255);
    const data = Uint8Array.from({ length: size * size }, (_, i) => lines[image % 2 ? i % size : Math.floor(i / size)]);
    return { channels: 1, height: size, width: size, data };
  });
}

/** Encodes an image by the definition: cosines in double precision, and the zone with the largest sum of squares. */
function encodeByDefinition({ data }: Sample, model: Autoencoder['model'], scale: number): number[] {
  const values = (name: string) =>
    model
      .getLayer(name)
      .getWeights()
      .map((weight) => weight.arraySync());
  const places = values('analysis')[1] as number[];
  const means = values('from_code')[1] as number[];
  const zones = values('zones')[0] as number[][];
  const cosines = cosineMatrix(size);
  const deviations = places.slice(0, 2 * 33).map((place, k) => {
    const [v, u] = [place % size, Math.floor(place / size)];
    let sum = 0;
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) sum += cosines[v * size + y] * cosines[u * size + x] * data[y * size + x] * scale;
    return sum - means[k];
  });
  const kept = zones.map((zone) => zone.reduce((sum, k) => sum + deviations[k] ** 2, 0));
  const best = kept.indexOf(Math.max(...kept));
  return [best / zones.length, ...zones[best].map((k) => deviations[k])];
}

async function started(options: Partial<AutoencoderOptions>, samples: Sample[]): Promise<Autoencoder> {
  const network = await newNetwork({ inputShape, codeSize: 33, ...options });
  await network.computeStart(samples, { seed: 1 });
  return network;
}

beforeAll(async () => {
  await useBackend('wasm');
});

describe('zones of preset transform', () => {
  const [training, validation] = [lineSamples(120, 1), lineSamples(20, 2)];

  it('keep what an image needs: 33 numbers are enough for 24 lines either way, but not for both', async () => {
    const [zonal, linear] = [await started({}, training), await started({ zones: 1 }, training)];
    expect(zonal.codeSize).toBe(33);
    expect(meanPsnr(linear, validation)).toBeLessThan(20);
    // What a zone leaves out becomes its mean over all images, which is not quite 0.
    expect(meanPsnr(zonal, validation)).toBeGreaterThan(30);
    zonal.dispose();
    linear.dispose();
  });

  it('are chosen by the sum of squares: a code is what its definition says', async () => {
    const network = await started({}, training);
    const indices = new Set<number>();
    for (const sample of validation.slice(0, 6)) {
      const expected = encodeByDefinition(sample, network.model, network.pixels.scale);
      const images = samplesToTensor([sample], inputShape, network.pixels);
      const { code } = network.encode(images);
      const numbers = [...code.dataSync()];
      expect(numbers[0]).toBe(expected[0]);
      expect(Math.max(...numbers.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-4);
      indices.add(numbers[0]);
      tf.dispose([images, code]);
    }
    expect(indices.size).toBeGreaterThan(1);
    network.dispose();
  });

  it('put a coefficient at the same number of the code wherever they have it', async () => {
    const network = await started({}, training);
    const zones = network.model.getLayer('zones').getWeights()[0].arraySync() as number[][];
    for (const zone of zones) {
      expect(new Set(zone).size).toBe(32);
      for (const [slot, k] of zone.entries()) if (k < 32) expect(slot).toBe(k);
    }
    network.dispose();
  });

  it('are the same on another engine, bit for bit', async () => {
    const weights: number[][] = [];
    for (const backend of ['cpu', 'wasm'] as const) {
      await useBackend(backend);
      const network = await started({}, training);
      weights.push(network.model.getWeights().flatMap((weight) => [...weight.dataSync()]));
      network.dispose();
    }
    expect(weights[0]).toEqual(weights[1]);
  });

  it('choose from mixtures of coefficients where those are better', async () => {
    const shape = { inputShape: [32, 32, 3], codeSize: 96 } as const;
    const [drawings, others] = [drawingSamples(100, 1, 32), drawingSamples(20, 2, 32)];
    const [zonal, linear] = [await started(shape, drawings), await started({ ...shape, zones: 1 }, drawings)];
    expect(meanPsnr(zonal, others)).toBeGreaterThan(meanPsnr(linear, others));
    zonal.dispose();
    linear.dispose();
  });

  it('change in the middle of an interpolation, where both codes are expressed in the zones of the nearer one', async () => {
    const zones = { numbers: 4, count: 2, positions: Float32Array.of(0, 1, 2, 7, 0, 3) };
    const [first, second] = [Float32Array.of(0, 10, 11, 12), Float32Array.of(0.5, 20, 21, 22)];
    expect([...inZonesOf(second, first, zones)]).toEqual([0.5, 0, 10, 0]);
    expect([...inZonesOf(first, second, zones)]).toEqual([0, 21, 0, 0]);
    const network = await started({}, training);
    const [rows, columns] = validation;
    const made = await network.interpolate(rows, columns, { masks: 'fixed', steps: 5 });
    const ends = await network.reconstruct([rows, columns]);
    expect([made[0].data, made[4].data]).toEqual(ends.map(({ data }) => data));
    // A quarter of the way, as in a blend of both: nothing is brighter or darker than their sum allows.
    const blend = ends[0].data.map((value, i) => 0.75 * value + 0.25 * ends[1].data[i]);
    const error = made[1].data.reduce((sum, value, i) => sum + (value - blend[i]) ** 2, 0) / blend.length;
    expect(10 * Math.log10(255 ** 2 / error)).toBeGreaterThan(20);
    network.dispose();
  });

  it('survive rounding of codes to few bits', async () => {
    const network = await started({}, training);
    // Of random zones, this would be 10 dB.
    expect((await network.evaluate(validation, { similarity: false, codeBits: 4 })).psnrDb).toBeGreaterThan(20);
    network.dispose();
    const codes = Float32Array.of(3 / 16, 5, -4, 0.1, 7 / 16, 2, 9, -9);
    const rounded = quantizeCodes(codes, 8, 2, { indexEvery: 4 });
    expect([rounded[0], rounded[4]]).toEqual([codes[0], codes[4]]);
    expect(quantizeCodes(codes, 8, 2)[0]).not.toBe(codes[0]);
  });

  it('are many only where an index is worth a number', async () => {
    const zonesOf = async (options: Partial<AutoencoderOptions>) => {
      const network = await newNetwork({ inputShape, ...options });
      const zonal = network.model.layers.find(({ name }) => name === 'zones');
      network.dispose();
      return zonal ? (zonal.getConfig().zones as number) : 1;
    };
    expect(await zonesOf({ codeSize: 32 })).toBe(16);
    expect(await zonesOf({ codeSize: 31 })).toBe(1);
    expect(await zonesOf({ codeSize: size * size })).toBe(1);
    expect(await zonesOf({ codeSize: 40, variational: true })).toBe(1);
    expect(await zonesOf({ codeSize: 8, zones: 3 })).toBe(3);
  });

  it('must suit the network', async () => {
    expect(() => new Autoencoder({ zones: 4 })).toThrow('zones: only preset transform uses zones');
    expect(() => new Autoencoder({ preset: 'transform', zones: 257 })).toThrow('zones: expected');
    const variational = { inputShape, codeSize: 40, variational: true, zones: 4 };
    await expect(newNetwork(variational)).rejects.toThrow('zones: expected 1 for a variational network, received 4');
    await expect(newNetwork({ inputShape, codeSize: 1, zones: 4 })).rejects.toThrow(
      'zones: expected 1 for codes of one',
    );
  });

  it('are as many in a resumed run as in the one that was stopped, none in those from before there were zones', async () => {
    const base = sharedFolder();
    for (const zones of [undefined, 1]) {
      const folder = path.join(base, `${zones}`);
      const network = await newNetwork({ inputShape, codeSize: 33, zones });
      const stop = new AbortController();
      const options = { batchSize: 40, epochs: 2, signal: stop.signal, onStep: () => stop.abort() };
      await expect(network.train(training, { ...options, run: { folder } })).rejects.toThrow('aborted');
      const file = path.join(folder, 'config.json');
      const config = JSON.parse(readFileSync(file, 'utf8'));
      expect(config.network.zones).toBe(zones ?? 16);
      if (zones === 1) {
        delete config.network.zones;
        writeFileSync(file, JSON.stringify(config));
      }
      const { autoencoder } = await resumeTraining(folder, training);
      expect(autoencoder.model.layers.some(({ name }) => name === 'zones')).toBe(zones !== 1);
      expect((await readConfigFile(file)).network?.zones).toBe(zones ?? 16);
      autoencoder.dispose();
      network.dispose();
    }
  });
});
