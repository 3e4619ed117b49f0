/** Databases that are not files: the same results as from the reader of files, with few requests, without modules of Node.js. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Datum, openDatumLmdb, type Sample } from '../src/entries/index';
import { openDatumSource, type SourceEntry, type SourceInput } from '../src/entries/source';
import { FIXTURES, fixture, GOLDEN_NAMES, sha256 } from './golden';
import { serveRanges } from './range-server';
import { goldenSchemas } from './schema-conformance';
import { scratchFolder } from './scratch';
import { describeRequests } from './source-requests';

const collect = async <T>(items: AsyncIterable<T>) => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};
const hashed = <T extends Datum | Sample>({ data, ...rest }: T) => ({ ...rest, data: sha256(data) });
const plain = ({ key, datum }: Pick<SourceEntry, 'key' | 'datum'>) => [key, hashed(datum)];

const kinds: [string, (file: string) => SourceInput | Promise<SourceInput>][] = [
  ['a Blob', (file) => fs.openAsBlob(file)],
  ['an ArrayBuffer', (file) => new Uint8Array(fs.readFileSync(file)).buffer],
  ['bytes', (file) => fs.readFileSync(file)],
  [
    'an address',
    async (file) => {
      const server = await serveRanges(file);
      onTestFinished(() => server.close());
      return server.address;
    },
  ],
];

describe.each(kinds)('%s', (_, makeSource) => {
  it.each([...GOLDEN_NAMES, 'v2'])('reads %s as the reader of files does', async (name) => {
    const file = fixture(`${name}.mdb`);
    using reader = openDatumLmdb(file);
    const source = await openDatumSource(await makeSource(file));
    expect(source.length).toBe(reader.length);
    const { depth, pageSizeBytes, format, lastTransactionId } = reader.info;
    expect(source.info).toMatchObject({ depth, pageSizeBytes, format, lastTransactionId });
    expect(await collect(source.keys())).toEqual([...reader.keys()]);
    expect((await collect(source)).map(plain)).toEqual([...reader].map(plain));
    for (const i of reader.length > 0 ? [0, 1, reader.length - 1] : []) {
      const key = reader.keyBytesAt(i) as Uint8Array;
      expect(Buffer.from((await source.getBytes(key)) as Uint8Array)).toEqual(reader.getBytes(key));
    }
    expect(await source.get('no such key')).toBeUndefined();
    const range = { start: reader.keyAt(reader.length >> 1), end: reader.lastKeyBytes };
    expect(await collect(source.keys(range))).toEqual([...reader.keys(range)]);
  });
});

describeRequests(20_000);

it.each(Object.keys(goldenSchemas))('reads other schemas as the reader of files does: %s', async (name) => {
  const file = fixture(`schemas/${name}.lmdb`);
  using reader = openDatumLmdb(file);
  const source = await openDatumSource(fs.readFileSync(file));
  expect([source.length, source.info.schema]).toEqual([reader.length, reader.schema]);
  expect((await collect(source)).map(plain)).toEqual([...reader].map(plain));
  for (let i = 0; i < reader.length; i++) expect(hashed((await source.at(i))!)).toEqual(hashed((await reader.at(i))!));
});

it('reads a named database, and a schema that is given', async () => {
  using reader = openDatumLmdb(fixture('named.mdb'));
  const [database] = reader.info.databases!;
  using named = openDatumLmdb(fixture('named.mdb'), { database });
  const source = await openDatumSource(fs.readFileSync(fixture('named.mdb')), { database });
  expect((await collect(source)).map(plain)).toEqual([...named].map(plain));
  const unnamed = await openDatumSource(fs.readFileSync(fixture('named.mdb')));
  await expect(unnamed.get(database!)).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT' });
  const small = await openDatumSource(fs.readFileSync(fixture('schemas/stylegan2.lmdb')), { schema: 'stylegan2:8' });
  expect(await collect(small.keys())).toEqual(['8-00000', '8-00001', '8-00002']);
});

it('counts images by their keys if the database does not store their number', async () => {
  const bytes = fs.readFileSync(fixture('schemas/ocr.lmdb'));
  using reader = openDatumLmdb(fixture('schemas/ocr.lmdb'));
  const renamed = Buffer.from(bytes.toString('latin1').replaceAll('num-samples', 'mum-samples'), 'latin1');
  expect((await openDatumSource(renamed)).length).toBe(reader.length);
});

it('keeps keys within bounds', async () => {
  const file = fixture('deep.mdb');
  using reader = openDatumLmdb(file);
  const source = await openDatumSource(fs.readFileSync(file));
  const keys = [...reader.keys()];
  const bounds = { start: keys[50], end: keys[250] };
  expect(await collect(source.keys(bounds))).toEqual(keys.slice(50, 250));
  expect(await collect(source.keys({ ...bounds, limit: 7 }))).toEqual(keys.slice(50, 57));
  expect(await collect(source.keys({ ...bounds, limit: 0 }))).toEqual([]);
  expect(await collect(source.keys({ start: '\x7f' }))).toEqual([]);
  expect(await collect(source.keys({ end: '\0' }))).toEqual([]);
});

it('damaged files cause errors of this package', async () => {
  const bytes = fs.readFileSync(fixture('deep.mdb'));
  for (let page = 2; page * 4096 < bytes.length; page += 5) {
    const damaged = Buffer.from(bytes);
    damaged.fill(0xab, page * 4096 + 10, page * 4096 + 30);
    const outcome = await openDatumSource(damaged)
      .then((reader) => collect(reader.entries()))
      .catch((error) => error);
    if (!Array.isArray(outcome)) expect(outcome).toMatchObject({ code: 'CORRUPT_DATABASE' });
  }
});

it('a branch whose children were swapped is damage, not another order of records', async () => {
  const damaged = fs.readFileSync(fixture('deep.mdb'));
  using reader = openDatumLmdb(fixture('deep.mdb'));
  const root = damaged.readUInt32LE(
    4096 * (damaged.readBigUInt64LE(4096 + 144) > damaged.readBigUInt64LE(144) ? 1 : 0) + 128,
  );
  // The last two nodes of the root: the position of each, and the page that it points to.
  const lower = damaged.readUInt16LE(root * 4096 + 12);
  const [first, second] = [4, 2].map((back) => root * 4096 + damaged.readUInt16LE(root * 4096 + lower - back));
  const children = [first!, second!].map((node) => damaged.readUInt32LE(node));
  damaged.writeUInt32LE(children[1]!, first);
  damaged.writeUInt32LE(children[0]!, second);
  const source = await openDatumSource(damaged);
  const lost = { code: 'CORRUPT_DATABASE', message: expect.stringContaining('keys within the range') };
  await expect(source.getBytes(reader.lastKeyBytes as Uint8Array)).rejects.toMatchObject(lost);
  await expect(collect(source.keys())).rejects.toMatchObject(lost);
  await expect(source.at(0)).rejects.toMatchObject(lost);
});

it('is refused if it is truncated, not an LMDB database, or closed', async () => {
  const bytes = fs.readFileSync(fixture('deep.mdb'));
  const cut = await openDatumSource(bytes.subarray(0, bytes.length / 2));
  await expect(collect(cut)).rejects.toMatchObject({ code: 'CORRUPT_DATABASE' });
  cut.close();
  await expect(cut.get('x')).rejects.toMatchObject({ code: 'CLOSED' });
  const open = (text: string) => openDatumSource(Buffer.from(text));
  await expect(open('')).rejects.toMatchObject({ code: 'NOT_LMDB' });
  await expect(open('PK\x03\x04 and so on')).rejects.toThrow('a zip archive');
});

it.each([null, undefined, 5, {}, 'train.lmdb', 'https://', [], { read: async () => 'text' }])(
  'is refused in a sentence when it is %j',
  async (input) => {
    await expect(openDatumSource(input as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  },
);

it('works in an environment without the features of Node.js', async () => {
  const page = path.join(scratchFolder(), 'page.mjs');
  // As bundlers do for web pages: a module of Node.js would be an error.
  await build({
    stdin: {
      contents: "export { openDatumSource } from '@ae/lmdb-datum/source';",
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    outfile: page,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  });
  const files = ['variants.mdb', ...Object.keys(goldenSchemas).map((name) => `schemas/${name}.lmdb`)];
  const script = `
    const { readFileSync } = await import('node:fs');
    const files = ${JSON.stringify(files.map((name) => path.join(FIXTURES, name)))}.map((name) => new Uint8Array(readFileSync(name)));
    const print = console.log;
    for (const name of ['Buffer', 'process', 'require', 'global']) delete globalThis[name];
    const { openDatumSource } = await import(${JSON.stringify(page)});
    for (const bytes of files) {
      const reader = await openDatumSource(new Blob([bytes]));
      let images = 0;
      for await (const { datum } of reader) images += datum.data.length > 0 || datum.floatData?.length > 0 ? 1 : 0;
      print(reader.info.schema.name, images);
    }
    await openDatumSource(new Uint8Array(99)).catch(({ code }) => print(code));`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const expected = files.map((name) => {
    using reader = openDatumLmdb(fixture(name));
    const images = [...reader].filter(({ datum }) => datum.data.length > 0 || (datum.floatData?.length ?? 0) > 0);
    return `${reader.schema.name} ${images.length}`;
  });
  expect(printed).toBe([...expected, 'NOT_LMDB', ''].join('\n'));
});
