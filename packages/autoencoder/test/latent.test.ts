import { flatten, linear, reshape } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../src/data/random';
import {
  type Codes,
  type InterpolateOptions,
  type NeighborOptions,
  nearestNeighbors,
  projectCodes,
  quantizeCodes,
} from '../src/entries/codes';
import { Autoencoder, type Sample, useBackend } from '../src/entries/index';
import { rectangleSamples } from './rectangles';

const images: Sample[] = rectangleSamples(7, { size: 16 }).map((image, i) => ({ ...image, label: i % 2 }));
let ae: Autoencoder;

beforeAll(async () => {
  await useBackend('wasm');
  ae = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 32 });
  await ae.initialize({ seed: 1 });
});

function codesOf(rows: number[][]): Codes {
  return {
    values: Float32Array.from(rows.flat()),
    count: rows.length,
    codeSize: rows[0].length,
    keys: rows.map((_, i) => `k${i}`),
    labels: rows.map((_, i) => i),
  };
}

describe('encodeAll', () => {
  it('returns the same codes as encode, in order, with keys and labels', async () => {
    const named = images.map((image, i) => (i === 2 ? { ...image, key: 'third' } : image));
    const done: number[] = [];
    const codes = await ae.encodeAll(named, { batchSize: 3, onProgress: (n) => done.push(n) });
    expect(codes).toMatchObject({ count: 7, codeSize: 32, keys: ['0', '1', 'third', '3', '4', '5', '6'] });
    expect(codes.labels).toEqual([0, 1, 0, 1, 0, 1, 0]);
    expect(done).toEqual([3, 6, 7]);
    for (const i of [0, 6]) {
      const alone = await ae.encodeAll([images[i]]);
      const row = Array.from(codes.values.subarray(i * 32, (i + 1) * 32));
      expect(Math.max(...row.map((value, k) => Math.abs(value - alone.values[k])))).toBeLessThan(1e-6);
    }
    expect(await ae.encodeAll([])).toMatchObject({ count: 0, codeSize: 32 });
  });

  it('stops when asked and leaks nothing', async () => {
    const { numTensors } = tf.memory();
    await expect(ae.encodeAll(images, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    for await (const { count } of ae.encodeBatches(images, { batchSize: 2 })) {
      expect(count).toBe(2);
      break;
    }
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe('nearestNeighbors', () => {
  const codes = codesOf([
    [0, 1],
    [0, 10],
    [2, 2],
    [0, 2],
  ]);
  const indices = (query: number | number[], options?: NeighborOptions) =>
    nearestNeighbors(codes, query, options).map(({ index }) => index);

  it('ranks by distance, leaving out the query itself', () => {
    expect(indices(0)).toEqual([3, 2, 1]);
    expect(nearestNeighbors(codes, 0, { count: 1 })).toEqual([{ index: 3, key: 'k3', label: 3, distance: 1 }]);
    expect(indices([0, 1])).toEqual([0, 3, 2, 1]);
    expect(indices(0, { metric: 'cosine' })).toEqual([1, 3, 2]);
    expect(nearestNeighbors(codes, 0, { metric: 'cosine' })[2].distance).toBeCloseTo(1 - Math.SQRT1_2, 6);
  });

  it('refuses codes of another size, invalid indexes and unknown metrics', () => {
    expect(() => indices([1, 2, 3])).toThrow(/query: expected 2 numbers, received \[1,2,3\]/);
    expect(() => indices(4)).toThrow(/query.*from 0 to 3, received 4/);
    expect(() => indices(0, { metric: 'manhattan' as 'cosine' })).toThrow(/"euclidean" or "cosine"/);
  });
});

describe('projectCodes', () => {
  it('finds the directions and shares of variance that the codes were made with', () => {
    const random = new Random(3);
    const axes = [
      [0.6, 0.8, 0, 0],
      [-0.8, 0.6, 0, 0],
      [0, 0, 1, 0],
    ];
    const coordinates = Array.from({ length: 300 }, () => [5, 2, 0.1].map((scale) => scale * random.normal()));
    const rows = coordinates.map((point) =>
      [0, 1, 2, 3].map((k) => 7 + point.reduce((s, v, a) => s + v * axes[a][k], 0)),
    );
    const { values, varianceShares } = projectCodes(codesOf(rows));
    const total = 25 + 4 + 0.01;
    expect(varianceShares[0]).toBeCloseTo(25 / total, 1);
    expect(varianceShares[0] + varianceShares[1]).toBeGreaterThan(0.999);
    for (const c of [0, 1]) {
      const column = coordinates.map((point) => point[c]);
      const projected = coordinates.map((_, i) => values[2 * i + c]);
      expect(Math.abs(correlation(column, projected))).toBeGreaterThan(0.98);
    }
    expect(projectCodes(codesOf(rows)).values).toEqual(values);
  });

  it('works with a single code, and with codes that are all equal', () => {
    expect(Array.from(projectCodes(codesOf([[1, 2, 3]])).values, (v) => v + 0)).toEqual([0, 0]);
    const same = projectCodes(
      codesOf([
        [1, 2],
        [1, 2],
        [1, 2],
      ]),
    );
    expect(Array.from(same.values, (v) => v + 0)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(same.varianceShares).toEqual([0, 0]);
  });
});

function correlation(a: number[], b: number[]): number {
  const centerd = (values: number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const [x, y] = [centerd(a), centerd(b)];
  const dot = (u: number[], v: number[]) => u.reduce((sum, value, i) => sum + value * v[i], 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

describe('quantizeCodes', () => {
  it('keeps the ends, and moves nothing past the level next to it', () => {
    const codes = Float32Array.from([-1, 0.1, 0.33, 3, 5, 5, 5, 5]);
    const rounded = quantizeCodes(codes, 4, 3);
    expect([rounded[0], rounded[3]]).toEqual([-1, 3]);
    const ramp = quantizeCodes(
      Float32Array.from({ length: 401 }, (_, i) => i / 100 - 1),
      401,
      3,
    );
    const levels = [...new Set(ramp)].sort((a, b) => a - b);
    expect(levels).toHaveLength(8);
    for (const [i, value] of codes.subarray(0, 4).entries())
      expect(Math.min(...levels.map((level) => Math.abs(level - value))), `${value}`).toBeCloseTo(
        Math.abs(rounded[i] - value),
        6,
      );
    expect(Array.from(rounded.subarray(4))).toEqual([5, 5, 5, 5]);
    expect(Array.from(quantizeCodes(new Float32Array(3), 3, 8))).toEqual([0, 0, 0]);
  });

  it('has its levels where mu-law of telephony has them, with mu = 63', () => {
    // ln(1 + 63 x) / ln 64 of 1/3 and 2/3 is x = (64^(1/3) - 1) / 63 = 3/63 and (64^(2/3) - 1) / 63 = 15/63.
    const rounded = quantizeCodes(Float32Array.from([0, 1, 0.04, 0.3]), 4, 2);
    expect(Array.from(rounded)).toEqual([0, 1, Math.fround(3 / 63), Math.fround(15 / 63)]);
  });
});

describe('interpolate', () => {
  it('starts and ends at the reconstructions of the images whose masks are used', async () => {
    const [first, second] = await ae.reconstruct(images.slice(0, 2));
    const withFirst = await ae.interpolate(images[0], images[1], { masks: 'first', steps: 5 });
    const withSecond = await ae.interpolate(images[0], images[1], { masks: 'second', steps: 5 });
    expect(withFirst).toHaveLength(5);
    expect(withFirst[0].data).toEqual(first.data);
    expect(withSecond[4].data).toEqual(second.data);
    expect(withFirst[4].data).not.toEqual(second.data);
    const fixed = await ae.interpolate(images[0], images[1], { masks: 'fixed' });
    expect(fixed).toHaveLength(8);
    expect(fixed[0].data).not.toEqual(first.data);
  });

  it('is a straight line in the code: halfway through a linear decoder is the mean of the ends', async () => {
    const layers = [
      flatten(),
      linear({ units: 6, name: 'code' }),
      linear({ units: 16 * 16 * 3 }),
      reshape({ targetShape: [16, 16, 3] }),
    ];
    const flat = new Autoencoder({ inputShape: [16, 16, 3], layers });
    await flat.initialize({ seed: 4 });
    // Bright enough that nothing is clamped at black.
    flat.model.layers.at(-2)?.setWeights([tf.randomUniform([6, 768], -0.02, 0.02, 'float32', 1), tf.fill([768], 0.5)]);
    const { numTensors } = tf.memory();
    const [a, middle, b] = await flat.interpolate(images[0], images[1], { masks: 'fixed', steps: 3 });
    expect(tf.memory().numTensors).toBe(numTensors);
    const errors = Array.from(middle.data, (byte, i) => Math.abs(byte - (a.data[i] + b.data[i]) / 2));
    expect(Math.max(...errors)).toBeLessThanOrEqual(1);
    flat.dispose();
  });

  it('requires a choice of masks', async () => {
    const attempt = (options: object) => ae.interpolate(images[0], images[1], options as InterpolateOptions);
    await expect(attempt({})).rejects.toThrow(/first, second, fixed.*say whose masks/);
    await expect(attempt({ masks: 'first', steps: 1 })).rejects.toThrow(/steps.*at least 2/);
  });
});
