import { describe, expect, it } from 'vitest';
import type { Batch, BatchOptions, BatchPosition, DatumReader } from '../src/entries/index';
import { openDatumLmdb } from '../src/entries/index';
import { writeDatabase } from './scratch';

const database = (count: number) =>
  writeDatabase(
    Array.from({ length: count }, (_, i) => ({
      channels: 3,
      height: 4,
      width: 6,
      data: Uint8Array.from({ length: 72 }, (_, k) => (i * 31 + k * 17) & 255),
      label: i,
    })),
  );

async function collect(reader: DatumReader, options: BatchOptions): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of reader.batches(options)) batches.push(batch);
  return batches;
}

/** The batches of all shards, step by step: their combination, and the size of each part. */
async function together(reader: DatumReader, count: number, options: BatchOptions) {
  const shards = await Promise.all(
    Array.from({ length: count }, (_, index) => collect(reader, { ...options, shard: { index, count } })),
  );
  expect(new Set(shards.map(({ length }) => length)).size).toBe(1);
  return shards[0]!.map((_, step) => {
    const parts = shards.map((batches) => batches[step]!);
    const positions = parts.map(({ position }) => JSON.stringify(position));
    expect(new Set(positions).size).toBe(1);
    return {
      indices: parts.flatMap(({ indices }) => [...indices]),
      data: parts.flatMap(({ data }) => [...data]),
      labels: parts.flatMap(({ labels }) => [...labels]),
      sizes: parts.map(({ size }) => size),
      position: parts[0]!.position,
    };
  });
}

const plain = ({ indices, data, labels }: Pick<Batch, 'indices' | 'data' | 'labels'>) => ({
  indices: [...indices],
  data: [...data],
  labels: [...labels],
});

describe('shards', () => {
  it.each([1, 2, 3, 7])('%i of them read the batches that one reader reads, in as many steps', async (count) => {
    for (const records of [1, 11, 23]) {
      using reader = openDatumLmdb(await database(records));
      for (const batchSize of [1, 4, 10]) {
        const options = { batchSize, shuffle: 5, epochs: 2, mirror: true, crop: { height: 3, width: 4, random: true } };
        const one = await collect(reader, options);
        const all = await together(reader, count, options);
        expect(all.map(plainly)).toEqual(one.map(plain));
        for (const { sizes } of all) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('continue where others stopped, within an epoch: no record twice, none left out', async () => {
    using reader = openDatumLmdb(await database(23));
    const options = { batchSize: 4, shuffle: 9, epochs: 2 };
    const whole = (await collect(reader, options)).map(plain);
    const [two, seven] = [await together(reader, 2, options), await together(reader, 7, options)];
    for (const stop of [1, 3, 5, 6, 7]) {
      for (const [first, count] of [
        [two, 1],
        [two, 3],
        [seven, 2],
      ] as const) {
        const position = JSON.parse(JSON.stringify(first[stop - 1]!.position)) as BatchPosition;
        const rest = await together(reader, count, { ...options, position });
        expect([...first.slice(0, stop), ...rest].map(plainly)).toEqual(whole);
      }
    }
  });

  it('drop or pad the last batch as one reader does', async () => {
    using reader = openDatumLmdb(await database(9));
    const dropped = await together(reader, 2, { batchSize: 4, dropLast: true });
    expect(dropped.map(({ sizes }) => sizes)).toEqual([
      [2, 2],
      [2, 2],
    ]);
    const last = async (index: number) => {
      const { size, shape, data } = (
        await collect(reader, { batchSize: 4, padLast: true, shard: { index, count: 3 } })
      )[2]!;
      return [size, shape[0], data.length / 72, data.some((value) => value !== 0)];
    };
    expect(await Promise.all([0, 1, 2].map(last))).toEqual([
      [0, 1, 1, false],
      [0, 1, 1, false],
      [1, 2, 2, true],
    ]);
  });

  it('know the size of a batch from which they have no records', async () => {
    using reader = openDatumLmdb(await database(1));
    const [batch] = await collect(reader, { batchSize: 2, dtype: 'uint8', shard: { index: 0, count: 3 } });
    expect([batch!.size, batch!.shape, batch!.data]).toEqual([0, [0, 4, 6, 3], new Uint8Array(0)]);
  });

  it('divide the epoch if asked to, into batches of their own with positions that only they can continue from', async () => {
    using reader = openDatumLmdb(await database(11));
    const shard = (index: number, count = 2) => ({ index, count, by: 'epoch' as const });
    const orders = await Promise.all(
      [0, 1].map((index) => collect(reader, { batchSize: 4, shuffle: 1, shard: shard(index) })),
    );
    expect(orders.map((batches) => batches.map(({ size }) => size))).toEqual([
      [4, 1],
      [4, 2],
    ]);
    const one = (await collect(reader, { batchSize: 11, shuffle: 1 }))[0]!;
    expect(orders.flat().flatMap(({ indices }) => [...indices])).toEqual([...one.indices]);
    const { position } = orders[1]![0]!;
    const rest = await collect(reader, { batchSize: 4, shuffle: 1, shard: shard(1), position });
    expect(rest.map(plain)).toEqual([plain(orders[1]![1]!)]);
    for (const other of [undefined, shard(0), shard(1, 3), { index: 1, count: 2 }]) {
      expect(() => reader.batches({ batchSize: 4, shuffle: 1, shard: other, position })).toThrow(
        /position: expected one in the order of shuffle 1, of 11 records.*, received one .*, shard 1 of 2 by epoch;/,
      );
    }
  });

  it('continue from positions that version 0.1 saved, if these mean the same', async () => {
    using reader = openDatumLmdb(await database(6));
    const saved = (index: number, count: number) => ({
      position: { epoch: 0, record: 2, shuffle: false as const, shard: { index, count }, records: 6 },
    });
    const rest = await collect(reader, { batchSize: 4, ...saved(0, 1) });
    expect(rest.flatMap(({ indices }) => [...indices])).toEqual([2, 3, 4, 5]);
    const shard = { index: 1, count: 2 };
    expect(() => reader.batches({ batchSize: 4, shard, ...saved(1, 2) })).toThrow(
      /position: expected one in key order, of 6 records, received/,
    );
    const part = await collect(reader, { batchSize: 4, shard: { ...shard, by: 'epoch' }, ...saved(1, 2) });
    expect(part.flatMap(({ indices }) => [...indices])).toEqual([5]);
  });
});

function plainly({ indices, data, labels }: { indices: number[]; data: number[]; labels: number[] }) {
  return { indices, data, labels };
}
