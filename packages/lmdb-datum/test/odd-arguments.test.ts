/** Whatever a public function is given, it throws an error of this package with one sentence. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { testOddArguments } from '@ae/testing/odd-arguments';
import { afterAll, expect, test } from 'vitest';
import * as lmdb from '../src/entries/index';
import * as sources from '../src/entries/source';

const pixels = { channels: 1, height: 1, width: 2, data: Uint8Array.of(1, 2), label: 3 };
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'lmdb-datum-'));
// Where an odd value is a path that can be written.
const home = process.cwd();
process.chdir(scratch);
let outputs = 0;
const output = () => path.join(scratch, String(outputs++));
const database = path.join(scratch, 'db');
const writer = await lmdb.DatumWriter.open(database);
for (const name of 'ab') await writer.put(name, pixels);
await writer.close();
const file = fs.readFileSync(path.join(database, 'data.mdb'));
const merged = output();
await lmdb.convertDatabase({ input: database, output: merged, to: 'lmdb', shard: { index: 0, count: 1 } });
const reader = lmdb.openDatumLmdb(database);
const source = await sources.openDatumSource(file);
const mean = { data: new Float32Array(2), channels: 1, height: 1, width: 2 };
const { signal } = new AbortController();
const onProgress = () => undefined;
afterAll(() => {
  reader.close();
  process.chdir(home);
  fs.rmSync(scratch, { recursive: true });
});

/** Calls a method of a new writer. */
const written =
  (name: 'put' | 'putBytes' | 'stage') =>
  async (...args: [never, never]) => {
    await using writer = await lmdb.DatumWriter.open(output());
    await writer[name](...args);
  };

const batch = {
  ...{ batchSize: 1, shuffle: 1, shard: { index: 0, count: 1 }, epochs: 1, dropLast: false, padLast: false },
  ...{ position: undefined, layout: 'NCHW', channelOrder: 'bgr', dtype: 'float32', channels: 1, mirror: false },
  ...{ resize: { height: 2, width: 2 }, crop: { height: 1, width: 1, random: false }, mean: 1, scale: 1 },
  ...{ prefetch: 0, workers: 0, reuse: false, signal },
} as const;

testOddArguments(
  {
    'openDatumLmdb()': [
      (place: never, options: never) => lmdb.openDatumLmdb(place, options).close(),
      database,
      { database: undefined, lenient: true, indexFile: undefined, maxPixels: 9, schema: 'datum' },
    ],
    'reader.at()': [reader.at.bind(reader), 0],
    'reader.get()': [reader.get.bind(reader), 'a'],
    'reader.keys()': [reader.keys.bind(reader), { start: 'a', end: 'b', reverse: true, signal }],
    'reader.entries()': [reader.entries.bind(reader), { start: 'a', end: 'b', reverse: true, signal }],
    'reader.batches()': [reader.batches.bind(reader), batch],
    'reader.batches() from a position': [
      (position: never) => reader.batches({ batchSize: 1, position }),
      { epoch: 0, record: 0, shuffle: false, records: 2 },
    ],
    'reader.batches() with a mean image': [(mean: never) => reader.batches({ batchSize: 1, mean }), mean],
    'DatumWriter.open()': () => [
      async (place: never, options: never) => (await lmdb.DatumWriter.open(place, options)).close(),
      ...[output(), { mode: 'create', recordsPerCommit: 2 }],
    ],
    'writer.put()': [written('put'), 'a', { ...pixels, encoded: false, floatData: undefined }],
    'writer.putBytes()': [written('putBytes'), 'a', lmdb.encodeDatum(pixels)],
    'writer.stage()': [written('stage'), 'a', lmdb.encodeDatum(pixels)],
    'computeMean()': [lmdb.computeMean, reader, { signal, onProgress }],
    'channelMeans()': [lmdb.channelMeans, mean, 'rgb'],
    'encodeMean()': [lmdb.encodeMean, mean],
    'decodeMean()': [lmdb.decodeMean, lmdb.encodeMean(mean)],
    'writeMean()': () => [lmdb.writeMean, output(), mean],
    'encodeDatum()': [lmdb.encodeDatum, { ...pixels, encoded: false, floatData: undefined }],
    'decodeDatum()': [lmdb.decodeDatum, lmdb.encodeDatum(pixels)],
    'encodeSample()': [lmdb.encodeSample, pixels, 'png'],
    'describeValue()': [lmdb.describeValue, file],
    'caffeKey()': [lmdb.caffeKey, 1, 'a'],
    'verify()': [
      lmdb.verify,
      database,
      { database: undefined, images: true, schema: 'datum', maxPixels: 9, signal, onProgress },
    ],
    'resizeDatabase()': () => [
      // Worker threads need a built package.
      (options: object) => lmdb.resizeDatabase({ ...options, workers: 0 } as never),
      {
        ...{ input: database, output: output(), height: 1, width: 1, gray: true, lenient: false, maxPixels: 9 },
        ...{ database: undefined, schema: 'datum', fit: 'crop', resampler: 'bilinear', shard: undefined },
        ...{ signal, onProgress },
      },
    ],
    'convertDatabase()': () => [
      lmdb.convertDatabase,
      {
        ...{ input: database, output: output(), to: 'tar', database: undefined, schema: 'datum', lenient: false },
        ...{ shardImages: undefined, shardBytes: undefined, shard: undefined, signal, onProgress },
      },
    ],
    'mergeShards()': () => [lmdb.mergeShards, { output: merged, shards: undefined, signal, onProgress }],
    'openDatumSource()': [
      async (place: never, options: never) => (await sources.openDatumSource(place, options)).close(),
      file,
      { ...{ database: undefined, schema: 'datum', cacheBytes: 9, maxPixels: 9, signal }, headers: {}, fetch },
    ],
    'openDatumSource() of an object': [
      async (place: never) => (await sources.openDatumSource(place)).close(),
      { name: 'a', sizeBytes: file.length, read: async (at: number, count: number) => file.subarray(at, at + count) },
    ],
    'source.at()': [source.at.bind(source), 0],
    'source.get()': [source.get.bind(source), 'a'],
    'source.keyNear()': [source.keyNear.bind(source), 0.5],
    'source.entries()': [source.entries.bind(source), { start: 'a', end: 'b', limit: 1, signal }],
  },
  lmdb.LmdbDatumError,
);

test('says what is expected', async () => {
  expect(() => [...reader.keys({ reverse: 'yes' as never })]).toThrow(
    '[lmdb-datum] reverse: expected true or false, received "yes"; change the option.',
  );
  await expect(lmdb.computeMean(reader, { onProgress: 'log' as never })).rejects.toThrow(
    '[lmdb-datum] onProgress: expected a function, received "log"; change the option.',
  );
  await expect(lmdb.verify(database, { signal: true as never })).rejects.toThrow(
    '[lmdb-datum] signal: expected an AbortSignal, received true; change the option.',
  );
  expect(() => lmdb.encodeDatum({ ...pixels, encoded: 'false' as never })).toThrow(
    '[lmdb-datum] Datum: expected true or false as encoded, received "false"; pass a boolean.',
  );
  await expect(
    sources.openDatumSource('http://localhost/data.mdb', { fetch: async () => ({}) as never }),
  ).rejects.toThrow('[lmdb-datum] fetch: expected a function that returns a Response, received {}; change the option.');
});

test.each([
  ['BatchStream', lmdb.BatchStream, 'call reader.batches()'],
  ['DatumSourceReader', sources.DatumSourceReader, 'call openDatumSource(source)'],
])('the constructor of %s says how to create one', (name, type, advice) => {
  const construct = type as unknown as new (...args: unknown[]) => unknown;
  expect(reader.batches({ batchSize: 1 })).toBeInstanceOf(lmdb.BatchStream);
  expect(source).toBeInstanceOf(sources.DatumSourceReader);
  for (const args of [[], [null], [{}, {}], [null, null, null]]) {
    expect(() => new construct(...args)).toThrow(`[lmdb-datum] new ${name}: expected `);
    expect(() => new construct(...args)).toThrow(`; ${advice}.`);
  }
});
