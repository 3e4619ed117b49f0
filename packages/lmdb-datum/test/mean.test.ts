import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { findPython, runPython } from '@ae/testing/python';
import { describe, expect, it } from 'vitest';
import {
  channelMeans,
  computeMean,
  decodeMean,
  encodeMean,
  openDatumLmdb,
  readMean,
  writeMean,
} from '../src/entries/index';
import { fixture } from './golden';
import { scratchFolder, writeDatabase } from './scratch';

const three = (...values: number[]) =>
  values.map((value) => ({ channels: 3, height: 1, width: 2, data: Uint8Array.from([value, 0, 10, 20, 255, value]) }));

describe('computeMean', () => {
  it('is the mean of each stored byte, and of each channel', async () => {
    using reader = openDatumLmdb(await writeDatabase(three(1, 2, 6)));
    const mean = await computeMean(reader);
    expect(mean).toEqual({ channels: 3, height: 1, width: 2, data: Float32Array.of(3, 0, 10, 20, 255, 3) });
    expect(channelMeans(mean, 'bgr')).toEqual([1.5, 15, 129]);
    expect(channelMeans(mean, 'rgb')).toEqual([129, 15, 1.5]);
    expect(channelMeans(mean)).toEqual([129, 15, 1.5]);
    expect(() => channelMeans(mean, 'RGB' as 'rgb')).toThrow(
      '[lmdb-datum] channelMeans, order: expected "rgb" or "bgr", received "RGB"',
    );
  });

  it('accepts encoded records, and refuses mixed sizes and empty databases', async () => {
    const data = fs.readFileSync(fixture('images/one-pixel.png'));
    using encoded = openDatumLmdb(await writeDatabase([{ data, encoded: true }]));
    expect(await computeMean(encoded)).toMatchObject({ channels: 3, height: 1, width: 1 });
    using mixed = openDatumLmdb(fixture('variants.mdb'));
    await expect(computeMean(mixed)).rejects.toMatchObject({ code: 'MIXED_SIZES', key: '00000001_gray.png' });
    using empty = openDatumLmdb(fixture('empty.mdb'));
    await expect(computeMean(empty)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('binaryproto', () => {
  const mean = { channels: 1, height: 2, width: 2, data: Float32Array.of(0.5, -1, 1e9, 3) };

  it('is read back as it was written', () => {
    const file = path.join(scratchFolder(), 'mean.binaryproto');
    writeMean(file, mean);
    expect(readMean(file)).toEqual(mean);
  });

  it('is read in its other forms: with a shape, and with floats that are not packed', () => {
    // BlobProto(data=[1, 2], shape=BlobShape(dim=[1, 2, 1])), packed and not.
    const packed = Buffer.from('2a080000803f000000403a050a03010201', 'hex');
    const unpacked = Buffer.from('2d0000803f2d000000403a06080108020801', 'hex');
    for (const bytes of [packed, unpacked]) {
      expect(decodeMean(bytes)).toEqual({ channels: 1, height: 2, width: 1, data: Float32Array.of(1, 2) });
    }
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a cut file', Buffer.from(encodeMean(mean)).subarray(0, 12)],
    ['text', Buffer.from('hello')],
    ['other dimensions', Buffer.from(encodeMean(mean)).fill(mean.width + 1, 7, 8)],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeMean(bytes, 'm.binaryproto')).toThrow(/^\[lmdb-datum\] m\.binaryproto: expected a binaryproto/);
  });
});

describe('hostile binaryprotos', () => {
  const varint = (value: bigint): number[] =>
    value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)];
  const old = (...sizes: number[]) =>
    sizes.flatMap((size, i) => [8 * (i + 1), ...varint(BigInt.asUintN(64, BigInt(size)))]);
  const floats = (...values: number[]) => {
    const data = Buffer.from(Float32Array.from(values).buffer);
    return [0x2a, ...varint(BigInt(data.length)), ...data];
  };
  const shape = (...sizes: bigint[]) => {
    const dims = sizes.flatMap((size) => varint(BigInt.asUintN(64, size)));
    return [
      0x3a,
      ...varint(BigInt(dims.length) + 1n + BigInt(varint(BigInt(dims.length)).length)),
      0x0a,
      ...varint(BigInt(dims.length)),
      ...dims,
    ];
  };

  it.each<[string, number[]]>([
    ['negative dimensions whose product fits', [...old(1, -1, -2, 2), ...floats(1, 2, 3, 4)]],
    ['dimensions that overflow', [...old(1, 2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1), ...floats(1)]],
    ['a shape beyond all numbers', [...shape(2n ** 62n, 4n, 1n), ...floats(1)]],
    ['a negative shape', [...shape(-1n, -1n, 1n), ...floats(1)]],
    ['fifty thousand dimensions', shape(...Array(50_000).fill(1n))],
    ['no dimension', [...shape(), ...floats(1)]],
    ['a zero dimension', old(1, 3, 0, 2)],
    ['NaN', [...old(1, 1, 1, 2), ...floats(1, Number.NaN)]],
    ['infinity', [...old(1, 1, 1, 2), ...floats(Number.POSITIVE_INFINITY, 1)]],
    ['floats longer than the file', [...old(1, 1, 1, 1), 0x2a, ...varint(2n ** 31n)]],
    ['floats of three bytes', [...old(1, 1, 1, 1), 0x2a, 3, 0, 0, 0]],
    ['groups in groups', Array(100_000).fill(0x0b)],
  ])('%s: one clear error', (_, bytes) => {
    expect(() => decodeMean(Uint8Array.from(bytes), 'm')).toThrow(
      /^\[lmdb-datum\] m: expected a binaryproto with the mean/,
    );
  });

  it('what is not a file, or far too large, is refused without being read', () => {
    const folder = scratchFolder();
    execFileSync('mkfifo', [`${folder}/pipe`]);
    fs.symlinkSync(`${folder}/loop`, `${folder}/loop`);
    fs.closeSync(fs.openSync(`${folder}/large`, 'w'));
    fs.truncateSync(`${folder}/large`, 2 ** 40);
    for (const [name, said] of [
      ['pipe', /that is a pipe/],
      ['loop', /is a link that leads back to itself/],
      ['large', /has 1099511627776 bytes, more than/],
      ['', /that is a folder/],
      ['../../dev/zero', /that is a device/],
    ] as const) {
      expect(() => readMean(name.startsWith('..') ? '/dev/zero' : `${folder}/${name}`)).toThrow(said);
    }
  });

  it('a mean that the database cannot have is refused by batches()', () => {
    const image = { channels: 3, height: 1, width: 2, data: new Float32Array(6) };
    const wrong = [
      { ...image, data: new Float32Array(6).fill(Number.NaN) },
      { ...image, channels: -3, height: -1 },
      { ...image, channels: 1.5, height: 2 },
    ];
    using reader = openDatumLmdb(fixture('overflow.mdb'));
    for (const mean of wrong) expect(() => reader.batches({ batchSize: 1, mean })).toThrow(/mean: expected/);
  });
});

const python = findPython(['lmdb', 'protobuf', 'numpy'], 'means by Caffe’s proto');

describe.runIf(python)('Caffe’s proto in Python', () => {
  it('computes the same for float_data, and for records that are not images', async () => {
    const folder = scratchFolder();
    for (const [channels, height, width] of [
      [3, 2, 2],
      [6, 1, 2],
      [300, 1, 1],
    ] as const) {
      const count = channels * height * width;
      const records = [0, 1, 2].map((i) => ({
        ...{ channels, height, width },
        floatData: Float32Array.from({ length: count }, (_, k) => Math.sin(i * 7 + k) * 40),
      }));
      const database = await writeDatabase(records);
      using reader = openDatumLmdb(database);
      const theirs = runPython<{ data: number[] }>(python!, fixture('mean.py'), database, `${folder}/${channels}`);
      const ours = await computeMean(reader);
      expect(ours).toMatchObject({ channels, height, width });
      ours.data.forEach((value, i) => {
        expect(value).toBeCloseTo(theirs.data[i]!, 4);
      });
    }
  });

  it('reads our mean, computes the same one, and we read its file', async () => {
    const database = await writeDatabase(three(1, 2, 4));
    const folder = scratchFolder();
    using reader = openDatumLmdb(database);
    const mean = await computeMean(reader);
    writeMean(`${folder}/ours`, mean);
    const ours = runPython<object>(python!, fixture('mean.py'), '--read', `${folder}/ours`);
    expect(runPython<object>(python!, fixture('mean.py'), database, `${folder}/theirs`)).toEqual(ours);
    expect(readMean(`${folder}/theirs`)).toEqual(mean);
    expect(fs.readFileSync(`${folder}/theirs`).equals(fs.readFileSync(`${folder}/ours`))).toBe(true);
  });
});
