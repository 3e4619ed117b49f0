/** Where blue and red are swapped, and where they are not: the rule is stated here a second time, independently of the code. */
import { describe, expect, it } from 'vitest';
import { type BatchOptions, channelMeans, computeMean, openDatumLmdb } from '../src/entries/index';
import { writeDatabase } from './scratch';

const built = (await import('../dist/index.js' as string)) as typeof import('../src/entries/index');
const [H, W] = [3, 5];

/** Value of record `i` in channel `c` at row `y` and column `x`, as it is stored. */
const stored = (i: number, c: number, y: number, x: number) => (i * 29 + c * 41 + y * 7 + x * 3) & 255;

function records(kind: 'bytes' | 'floats', channels: number, height = H, width = W) {
  return Array.from({ length: 3 }, (_, i) => {
    const values = Array.from({ length: channels * height * width }, (_, k) => {
      const c = Math.floor(k / (height * width));
      return stored(i, c, Math.floor(k / width) % height, k % width);
    });
    const pixels =
      kind === 'bytes' ? { data: Uint8Array.from(values) } : { floatData: Float32Array.from(values, (v) => v + 0.5) };
    return { channels, height, width, ...pixels };
  });
}

/** Stored channels in the order in which an RGB batch has them. */
const rgbOrder = (channels: number) =>
  ({ 3: [2, 1, 0], 4: [2, 1, 0, 3] })[channels] ?? Array.from({ length: channels }, (_, c) => c);

async function firstBatch(database: string, options: Partial<BatchOptions>, open = openDatumLmdb) {
  const reader = open(database);
  try {
    for await (const { data, shape } of reader.batches({ batchSize: 3, ...options })) return { data: [...data], shape };
  } finally {
    reader.close();
  }
  throw new Error('expected a batch');
}

describe.each(['bytes', 'floats'] as const)('channels of %s', (kind) => {
  const half = kind === 'floats' ? 0.5 : 0;

  it.each([1, 2, 3, 4, 5, 6, 9])(
    '%i of them: only images of 3 or 4 are converted from BGR to RGB',
    async (channels) => {
      const database = await writeDatabase(records(kind, channels));
      const order = rgbOrder(channels);
      const expected = (names: number[], change = (value: number, _c: number) => value) =>
        [0, 1, 2].flatMap((i) =>
          Array.from({ length: H * W * channels }, (_, k) => {
            const c = k % channels;
            const at = Math.floor(k / channels);
            return change(stored(i, names[c]!, Math.floor(at / W), at % W) + half, c);
          }),
        );
      expect((await firstBatch(database, {})).data).toEqual(expected(order));
      expect((await firstBatch(database, { workers: 1 }, built.openDatumLmdb)).data).toEqual(expected(order));
      expect((await firstBatch(database, { channelOrder: 'bgr' })).data).toEqual(expected(order.map((_, c) => c)));
      const mean = order.map((_, c) => c + 1);
      expect((await firstBatch(database, { mean })).data).toEqual(expected(order, (value, c) => value - mean[c]!));
      using reader = openDatumLmdb(database);
      const image = await computeMean(reader);
      expect(image.data[(channels - 1) * H * W]).toBeCloseTo(
        [0, 1, 2].reduce((sum, i) => sum + stored(i, channels - 1, 0, 0) + half, 0) / 3,
        4,
      );
      const plane = (c: number) => image.data.subarray(c * H * W, (c + 1) * H * W);
      const centered = (await firstBatch(database, { mean: image })).data;
      expect(centered[0]).toBe(Math.fround(stored(0, order[0]!, 0, 0) + half - plane(order[0]!)[0]!));
      const means = channelMeans(image, 'bgr');
      expect(channelMeans(image, 'rgb')).toEqual(order.map((c) => means[c]));
      const planar = (await firstBatch(database, { layout: 'NCHW' })).data;
      expect(planar.slice(0, H * W)).toEqual(
        Array.from({ length: H * W }, (_, at) => stored(0, order[0]!, Math.floor(at / W), at % W) + half),
      );
    },
  );
});

describe('what has no colors', () => {
  it('features of 4096 x 1 x 1, and of 3 or 4, stay as extract_features stored them', async () => {
    for (const channels of [3, 4, 4096]) {
      const database = await writeDatabase(records('floats', channels, 1, 1));
      const expected = [0, 1, 2].flatMap((i) => Array.from({ length: channels }, (_, c) => stored(i, c, 0, 0) + 0.5));
      expect((await firstBatch(database, {})).data).toEqual(expected);
    }
  });

  it('pairs of images are resized channel by channel, in order', async () => {
    const flat = { channels: 6, height: 4, width: 4, data: Uint8Array.from({ length: 96 }, (_, k) => 10 * (k >> 4)) };
    const database = await writeDatabase([flat]);
    for (const resampler of ['antialiased', 'bilinear'] as const) {
      for (const side of [2, 3, 8]) {
        const { data, shape } = await firstBatch(database, { resize: { height: side, width: side, resampler } });
        expect(shape).toEqual([1, side, side, 6]);
        expect(new Set(data.map((value, k) => value - 10 * (k % 6)))).toEqual(new Set([0]));
      }
    }
  });
});

it('documents the order of the numbers of `mean`', async () => {
  using reader = openDatumLmdb(await writeDatabase(records('bytes', 3)));
  const failing = (options: Partial<BatchOptions>) => reader.batches({ batchSize: 1, ...options }).next();
  await expect(failing({ mean: [1, 2] })).rejects.toThrow(
    /3 numbers, in the order of channelOrder \(red, green, blue\)/,
  );
  await expect(failing({ mean: [1, 2], channelOrder: 'bgr' })).rejects.toThrow(/\(blue, green, red\), received 2/);
});
