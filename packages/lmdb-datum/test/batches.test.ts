import { ImageKernels } from '@ae/images/threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packPixels } from '../src/batches/pack-pixels';
import type { PackPlan } from '../src/batches/pack-plan';
import type { Batch, BatchOptions, BatchPosition, DatumReader } from '../src/entries/index';
import { openDatumLmdb } from '../src/entries/index';
import { fixture } from './golden';
import { writeDatabase } from './scratch';

/** A database of random records of one size. */
const randomDatabase = (count: number, channels = 3, height = 9, width = 21) =>
  writeDatabase(
    Array.from({ length: count }, (_, i) => ({
      channels,
      height,
      width,
      data: Uint8Array.from({ length: channels * height * width }, (_, k) => (i * 31 + k * 17 + (k >> 4)) & 255),
      label: i - 3,
    })),
  );

async function collect(reader: DatumReader, options: BatchOptions): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of reader.batches(options)) batches.push(batch);
  return batches;
}

/** Pixel of a record as an image library would return it: RGB by name. */
function pixel(reader: DatumReader, i: number, y: number, x: number, c: 'r' | 'g' | 'b'): number {
  const { data, height, width } = reader.datumAt(i)!;
  return data[('bgr'.indexOf(c) * height + y) * width + x]!;
}

describe('batches', () => {
  it('are float32 NHWC RGB by default, in key order, with labels', async () => {
    using reader = openDatumLmdb(await randomDatabase(7));
    const batches = await collect(reader, { batchSize: 3 });
    expect(batches.map(({ shape, size, epoch }) => [shape, size, epoch])).toEqual([
      [[3, 9, 21, 3], 3, 0],
      [[3, 9, 21, 3], 3, 0],
      [[1, 9, 21, 3], 1, 0],
    ]);
    expect(batches.flatMap(({ indices }) => [...indices])).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(batches.flatMap(({ labels }) => [...labels])).toEqual([-3, -2, -1, 0, 1, 2, 3]);
    const { data } = batches[1]!;
    expect(data).toBeInstanceOf(Float32Array);
    for (const [row, y, x] of [
      [0, 0, 0],
      [1, 8, 20],
      [2, 4, 16],
      [0, 3, 15],
    ] as const) {
      const at = ((row * 9 + y) * 21 + x) * 3;
      expect([...data.subarray(at, at + 3)]).toEqual(
        (['r', 'g', 'b'] as const).map((c) => pixel(reader, 3 + row, y, x, c)),
      );
    }
  });

  it('accept layout, channel order, dtype, mean, scale and crop', async () => {
    using reader = openDatumLmdb(await randomDatabase(4));
    const options = { batchSize: 4, layout: 'NCHW', channelOrder: 'bgr', crop: { height: 5, width: 18 } } as const;
    const [bytes] = await collect(reader, { ...options, dtype: 'uint8' });
    expect([bytes!.shape, bytes!.data.constructor]).toEqual([[4, 3, 5, 18], Uint8Array]);
    expect(bytes!.data[((2 * 3 + 0) * 5 + 1) * 18 + 7]).toBe(pixel(reader, 2, 3, 8, 'b'));
    const [floats] = await collect(reader, { ...options, mean: [10, 20, 30], scale: 0.5 });
    expect(floats!.data[((2 * 3 + 1) * 5 + 4) * 18 + 17]).toBe((pixel(reader, 2, 6, 18, 'g') - 20) * 0.5);
    const mean = { channels: 3, height: 9, width: 21, data: Float32Array.from({ length: 567 }, (_, i) => i / 4) };
    const [centered] = await collect(reader, { batchSize: 4, mean });
    expect(centered!.data[((3 * 9 + 2) * 21 + 5) * 3]).toBe(pixel(reader, 3, 2, 5, 'r') - (2 * 189 + 2 * 21 + 5) / 4);
  });

  it('mirror about half of the records, the same ones whatever the batch size', async () => {
    using reader = openDatumLmdb(await randomDatabase(64));
    const options = { mirror: true, shuffle: 5, dtype: 'uint8' } as const;
    const isMirrored = new Map<number, boolean>();
    for (const { data, indices } of await collect(reader, { ...options, batchSize: 10 })) {
      indices.forEach((i, row) => {
        const left = data[row * 567];
        expect([pixel(reader, i, 0, 0, 'r'), pixel(reader, i, 0, 20, 'r')]).toContain(left);
        isMirrored.set(i, left === pixel(reader, i, 0, 20, 'r'));
        expect(data[row * 567 + 20 * 3 + 2]).toBe(pixel(reader, i, 0, isMirrored.get(i) ? 0 : 20, 'b'));
      });
    }
    const mirrored = [...isMirrored.values()].filter(Boolean).length;
    expect(mirrored).toBeGreaterThan(16);
    expect(mirrored).toBeLessThan(48);
    for (const { data, indices } of await collect(reader, { ...options, batchSize: 64 })) {
      indices.forEach((i, row) => {
        expect(data[row * 567] === pixel(reader, i, 0, 20, 'r')).toBe(isMirrored.get(i));
      });
    }
  });

  it('decode encoded records, and give the same result for records of all kinds', async () => {
    using reader = openDatumLmdb(fixture('variants.mdb'));
    const mixed = collect(reader, { batchSize: 4 });
    await expect(mixed).rejects.toMatchObject({ code: 'MIXED_SIZES', key: '00000001_gray.png' });
    await expect(mixed).rejects.toThrow(/received 1x7x5; set channels to 1 or 3, and resize, for example to /);
    const start = { shuffle: false, records: reader.length, epoch: 0 } as const;
    const options = {
      batchSize: 4,
      resize: { height: 8, width: 6 },
      channels: 3,
      position: { ...start, record: 7 },
    } as const;
    const stream = reader.batches(options);
    const { value } = await stream.next();
    await stream.return();
    expect([value!.shape, [...value!.indices]]).toEqual([
      [4, 8, 6, 3],
      [7, 8, 9, 10],
    ]);
    const gray = value!.data.subarray(2 * 144, 3 * 144);
    for (let i = 0; i < 144; i += 3) expect(new Set(gray.subarray(i, i + 3)).size).toBe(1);
  });

  it('return float_data unchanged', async () => {
    const floatData = Float32Array.from({ length: 6 }, (_, i) => i - 2.5);
    using reader = openDatumLmdb(await writeDatabase([{ channels: 1, height: 2, width: 3, floatData }]));
    const [batch] = await collect(reader, { batchSize: 1, scale: 2 });
    expect([...batch!.data]).toEqual([...floatData].map((value) => value * 2));
    await expect(collect(reader, { batchSize: 1, dtype: 'uint8' })).rejects.toMatchObject({
      code: 'BAD_DATUM',
      key: '00000000_x',
    });
  });

  it('drop or pad an epoch’s last batch', async () => {
    using reader = openDatumLmdb(await randomDatabase(5));
    const sizes = async (options: Partial<BatchOptions>) =>
      (await collect(reader, { batchSize: 2, epochs: 2, ...options })).map(({ size, shape }) => [size, shape[0]]);
    expect(await sizes({})).toEqual([
      [2, 2],
      [2, 2],
      [1, 1],
      [2, 2],
      [2, 2],
      [1, 1],
    ]);
    expect(await sizes({ dropLast: true })).toEqual([
      [2, 2],
      [2, 2],
      [2, 2],
      [2, 2],
    ]);
    expect(await sizes({ padLast: true })).toEqual([
      [2, 2],
      [2, 2],
      [1, 2],
      [2, 2],
      [2, 2],
      [1, 2],
    ]);
    for (const reuse of [false, true]) {
      const padded = await collect(reader, { batchSize: 3, padLast: true, reuse });
      expect(padded[1]!.data.subarray(2 * 567).every((value) => value === 0)).toBe(true);
      expect([...padded[1]!.labels]).toEqual([0, 1, 0]);
    }
  });

  it('of an empty database or shard: none', async () => {
    using empty = openDatumLmdb(fixture('empty.mdb'));
    expect(await collect(empty, { batchSize: 2, shuffle: 1, epochs: Number.POSITIVE_INFINITY })).toEqual([]);
    using one = openDatumLmdb(await randomDatabase(1));
    expect(await collect(one, { batchSize: 2, shard: { index: 0, count: 3, by: 'epoch' } })).toEqual([]);
  });

  it('reuse memory only when asked to, and then keep a batch until the next', async () => {
    using reader = openDatumLmdb(await randomDatabase(12));
    const expected = await collect(reader, { batchSize: 2 });
    const kept: number[][] = [];
    const buffers = new Set<string>();
    for await (const { data } of reader.batches({ batchSize: 2, reuse: true, prefetch: 2 })) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      kept.push([...data]);
      buffers.add(`${data.byteOffset}`);
    }
    expect(kept).toEqual(expected.map(({ data }) => [...data]));
    expect(buffers.size).toBe(3);
    expect(new Set(expected.map(({ data }) => data.buffer)).size).toBe(6);
  });

  it('stop at a signal, and close when the loop ends early', async () => {
    using reader = openDatumLmdb(await randomDatabase(9));
    const controller = new AbortController();
    const run = async () => {
      for await (const batch of reader.batches({ batchSize: 2, signal: controller.signal })) {
        if (batch.indices[0] === 2) controller.abort(new Error('enough'));
      }
    };
    await expect(run()).rejects.toThrow('enough');
    const stream = reader.batches({ batchSize: 2 });
    for await (const _ of stream) break;
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it.each<[string, object]>([
    ['batchSize', { batchSize: 0 }],
    ['batchSize', { batchSize: 2.5 }],
    ['shuffle', { shuffle: -1 }],
    ['shuffle', { shuffle: true }],
    ['shard', { shard: { index: 2, count: 2 } }],
    ['shard.by', { shard: { index: 0, count: 2, by: 'record' } }],
    ['layout', { layout: 'HWC' }],
    ['scale and mean', { dtype: 'uint8', scale: 2 }],
    ['dropLast and padLast', { dropLast: true, padLast: true }],
    ['crop.width', { crop: { height: 1, width: 0 } }],
    ['position', { shuffle: 2, position: { epoch: 0, record: 0, shuffle: 1, records: 2 } }],
  ])('refuse a wrong %s', async (name, options) => {
    using reader = openDatumLmdb(await randomDatabase(2));
    const open = () => reader.batches({ batchSize: 1, ...options } as BatchOptions);
    expect(open).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(open).toThrow(`[lmdb-datum] ${name}: expected`);
  });

  it('refuse a mean or a crop that does not fit, naming the record', async () => {
    using reader = openDatumLmdb(await randomDatabase(2));
    await expect(collect(reader, { batchSize: 1, mean: [1, 2] })).rejects.toThrow(
      /mean: expected 3 numbers, in the order of channelOrder \(red, green, blue\), received 2/,
    );
    const narrow = collect(reader, { batchSize: 1, crop: { height: 10, width: 2 } });
    await expect(narrow).rejects.toMatchObject({ code: 'MIXED_SIZES' });
    await expect(narrow).rejects.toThrow(
      / at least, received .*; set resize, for example to \{ height: 10, width: 2 \}\.$/,
    );
  });
});

describe('the order of records', () => {
  const orderOf = async (reader: DatumReader, options: Partial<BatchOptions>) =>
    (await collect(reader, { batchSize: 4, ...options })).flatMap(({ indices }) => [...indices]);

  it('has every record once per epoch, in shards that are disjoint and complete, the same for the same seed', async () => {
    using reader = openDatumLmdb(await randomDatabase(97, 1, 1, 1));
    const property = fc.asyncProperty(
      fc.record({
        seed: fc.oneof(fc.constant(false as const), fc.maxSafeNat()),
        count: fc.integer({ min: 1, max: 12 }),
        batchSize: fc.integer({ min: 1, max: 100 }),
        epochs: fc.integer({ min: 1, max: 2 }),
      }),
      async ({ seed, count, batchSize, epochs }) => {
        const shards = await Promise.all(
          Array.from({ length: count }, (_, index) =>
            orderOf(reader, { shuffle: seed, shard: { index, count, by: 'epoch' }, batchSize, epochs }),
          ),
        );
        const lengths = shards.map((shard) => shard.length / epochs);
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
        const epochOf = (epoch: number) =>
          shards.flatMap((shard) =>
            shard.slice((epoch * shard.length) / epochs, ((epoch + 1) * shard.length) / epochs),
          );
        for (let epoch = 0; epoch < epochs; epoch++) {
          expect([...epochOf(epoch)].sort((a, b) => a - b)).toEqual(Array.from({ length: 97 }, (_, i) => i));
        }
        expect(epochOf(0)).toEqual(await orderOf(reader, { shuffle: seed }));
        if (seed !== false && epochs === 2) expect(epochOf(1)).not.toEqual(epochOf(0));
      },
    );
    await fc.assert(property, { numRuns: 40, seed: 1 });
  });

  it('continues from a saved position as if nothing had happened', async () => {
    using reader = openDatumLmdb(await randomDatabase(23));
    const property = fc.asyncProperty(
      fc.nat(40),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      async (stop, batchSize, dropLast) => {
        const options = { batchSize, shuffle: 3, epochs: 3, mirror: true, dropLast };
        const all = await collect(reader, options);
        const stream = reader.batches(options);
        const first: Batch[] = [];
        while (first.length < stop) {
          const { value } = await stream.next();
          if (!value) break;
          first.push(value);
        }
        const position = JSON.parse(JSON.stringify(stream.position)) as BatchPosition;
        await stream.return();
        const rest = await collect(reader, { ...options, position });
        const both = [...first, ...rest];
        expect(both.map(({ epoch, indices }) => [epoch, ...indices])).toEqual(
          all.map(({ epoch, indices }) => [epoch, ...indices]),
        );
        expect(both.map(({ data }) => data)).toEqual(all.map(({ data }) => data));
      },
    );
    await fc.assert(property, { numRuns: 10, seed: 1 });
  });

  it('is always this one, on every machine and in every version', async () => {
    using reader = openDatumLmdb(await randomDatabase(12, 1, 1, 1));
    expect(await orderOf(reader, { shuffle: 1, epochs: 2 })).toMatchInlineSnapshot(`
      [
        9,
        7,
        1,
        0,
        8,
        2,
        5,
        10,
        11,
        6,
        3,
        4,
        11,
        8,
        9,
        6,
        4,
        3,
        2,
        5,
        1,
        10,
        0,
        7,
      ]
    `);
    expect(await orderOf(reader, { shuffle: Number.MAX_SAFE_INTEGER })).toMatchInlineSnapshot(`
      [
        7,
        2,
        3,
        6,
        9,
        4,
        1,
        5,
        0,
        10,
        11,
        8,
      ]
    `);
  });

  it('is uniform: each record comes first about equally often', async () => {
    using reader = openDatumLmdb(await randomDatabase(5, 1, 1, 1));
    const firsts = [0, 0, 0, 0, 0];
    for (const index of (await collect(reader, { batchSize: 5, shuffle: 9, epochs: 2000 })).map(
      ({ indices }) => indices[0]!,
    ))
      firsts[index]!++;
    for (const count of firsts) expect(Math.abs(count - 400)).toBeLessThan(80);
  });
});

describe('the SIMD kernels', () => {
  it('write exactly the bytes that plain loops write', () => {
    const { kernels, addresses } = ImageKernels.start([1 << 16, 1 << 18])!;
    const { memory } = kernels;
    const packer = { kernels: kernels.pack, memory };
    const property = fc.property(
      fc.record({
        channels: fc.constantFrom(1, 3, 4),
        height: fc.integer({ min: 1, max: 7 }),
        width: fc.integer({ min: 1, max: 70 }),
        layout: fc.constantFrom('NHWC' as const, 'NCHW' as const),
        channelOrder: fc.constantFrom('rgb' as const, 'bgr' as const),
        isFloat: fc.boolean(),
        mirror: fc.boolean(),
        cropTop: fc.nat(3),
        cropLeft: fc.nat(9),
        scale: fc.float({ min: -4, max: 4, noNaN: true }),
        means: fc.array(fc.float({ min: 0, max: 255, noNaN: true }), { minLength: 4, maxLength: 4 }),
        seed: fc.nat(255),
      }),
      (given) => {
        const { channels, layout, channelOrder, mirror, isFloat } = given;
        const source = {
          planar: true,
          channels,
          height: given.height + given.cropTop,
          width: given.width + given.cropLeft,
        };
        const pixels = channels * source.height * source.width;
        const plan: PackPlan = {
          layout,
          channelOrder,
          channels,
          height: given.height,
          width: given.width,
          scale: given.scale,
          channelMeans: Float32Array.from(given.means),
        };
        const placement = { top: given.cropTop, left: given.cropLeft, mirror };
        const count = channels * given.height * given.width;
        const [dataAt, outAt] = addresses as [number, number];
        const data = new Uint8Array(memory.buffer, dataAt, pixels).map((_, i) => (i * 73 + given.seed) & 255);
        new Uint8Array(memory.buffer, dataAt, pixels).set(data);
        const bySimd = isFloat
          ? new Float32Array(memory.buffer, outAt, count + 8)
          : new Uint8Array(memory.buffer, outAt, count + 8);
        const plain = isFloat ? new Float32Array(count + 8) : new Uint8Array(count + 8);
        for (const out of [bySimd, plain]) out.fill(77);
        packPixels(
          { ...source, data: new Uint8Array(memory.buffer, dataAt, pixels) },
          bySimd,
          4,
          plan,
          placement,
          packer,
        );
        packPixels({ ...source, data }, plain, 4, plan, placement);
        expect([...bySimd]).toEqual([...plain]);
      },
    );
    fc.assert(property, { numRuns: 300, seed: 1 });
  });
});
