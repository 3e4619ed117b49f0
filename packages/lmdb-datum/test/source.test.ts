/** Databases that are no files: what is read of them is what the reader of files reads, by few requests, without Node's own. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { openDatumLmdb } from '../src/index';
import { openDatumSource, type SourceLike, type SourceRecord } from '../src/source';
import { FIXTURES, fixture, GOLDEN_NAMES } from './golden';
import { scratchFolder } from './scratch';
import { describeRequests } from './source-requests';

const collect = async <T>(items: AsyncIterable<T>) => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

const kinds: [string, (bytes: Buffer) => SourceLike][] = [
  ['a Blob', (bytes) => new Blob([new Uint8Array(bytes)])],
  ['an ArrayBuffer', (bytes) => new Uint8Array(bytes).buffer],
  ['bytes', (bytes) => bytes],
];

describe.each(kinds)('%s', (_, makeSource) => {
  it.each([...GOLDEN_NAMES, 'v2'])('reads %s as the reader of files does', async (name) => {
    const file = fixture(`${name}.mdb`);
    using reader = openDatumLmdb(file);
    const source = await openDatumSource(makeSource(fs.readFileSync(file)));
    expect(source.length).toBe(reader.length);
    const { depth, pageSizeBytes, format } = reader.info;
    expect(source.info).toMatchObject({ depth, pageSizeBytes, format });
    expect(await collect(source.keys())).toEqual([...reader.keys()]);
    const plain = ({ key, datum }: Pick<SourceRecord, 'key' | 'datum'>) => [
      key,
      { ...datum, data: Buffer.from(datum.data).toString('hex') },
    ];
    expect((await collect(source.entries())).map(plain)).toEqual([...reader].map(plain));
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

it('damaged files end in errors of this package', async () => {
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

it('a branch whose children have changed places is damage, not another order of records', async () => {
  const damaged = fs.readFileSync(fixture('deep.mdb'));
  using reader = openDatumLmdb(fixture('deep.mdb'));
  const root = damaged.readUInt32LE(
    4096 * (damaged.readBigUInt64LE(4096 + 144) > damaged.readBigUInt64LE(144) ? 1 : 0) + 128,
  );
  // The last two nodes of the root: where each is, and the page that it leads to.
  const lower = damaged.readUInt16LE(root * 4096 + 12);
  const [first, second] = [4, 2].map((back) => root * 4096 + damaged.readUInt16LE(root * 4096 + lower - back));
  const children = [first, second].map((node) => damaged.readUInt32LE(node));
  damaged.writeUInt32LE(children[1], first);
  damaged.writeUInt32LE(children[0], second);
  const source = await openDatumSource(damaged);
  const lost = { code: 'CORRUPT_DATABASE', message: expect.stringContaining('keys within the range') };
  await expect(source.getBytes(reader.lastKeyBytes as Uint8Array)).rejects.toMatchObject(lost);
  await expect(collect(source.keys())).rejects.toMatchObject(lost);
});

it('works in a place without what only Node.js has', async () => {
  const built = fileURLToPath(new URL('../dist/source.js', import.meta.url));
  const page = path.join(scratchFolder(), 'page.mjs');
  // As bundlers do for pages: a module of Node.js would be an error.
  await build({
    entryPoints: [built],
    outfile: page,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  });
  const script = `
    const bytes = new Uint8Array((await import('node:fs')).readFileSync(${JSON.stringify(path.join(FIXTURES, 'variants.mdb'))}));
    const print = console.log;
    for (const name of ['Buffer', 'process', 'require', 'global']) delete globalThis[name];
    const { openDatumSource } = await import(${JSON.stringify(page)});
    const reader = await openDatumSource(new Blob([bytes]));
    const kinds = new Set();
    for await (const { kind, datum } of reader.entries()) kinds.add(kind ?? typeof datum.data.length);
    print([...kinds].sort().join());
    await openDatumSource(new Uint8Array(99)).catch(({ code }) => print(code));`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(printed).toBe('jpeg,number,png\nNOT_LMDB\n');
});
