/** Round trips: a database becomes a tar, Parquet or a folder, which becomes the same database. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPython, runPython } from '@ae/testing/python';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { convertDatabase, convertImageset, DatumWriter, encodeDatum, openDatumLmdb } from '../src/entries/index';
import { fixture } from './golden';
import { scratchFolder } from './scratch';

const photos = fileURLToPath(new URL('../../images/test/fixtures/', import.meta.url));
const jpeg = fs.readFileSync(path.join(photos, 'archives', 'expected.json'), 'utf8');
const files = Object.values((JSON.parse(jpeg) as { photos: Record<string, string> }).photos).map((text) =>
  Buffer.from(text, 'base64'),
);
const [png, jpg] = files;

/** Bytes that differ for every pixel. */
const noise = (count: number, seed: number) =>
  Uint8Array.from({ length: count }, (_, i) => (i * 151 + seed * 37 + (i >> 3)) & 255);

/** Messages of all kinds. */
const messages: Record<string, Uint8Array> = {
  '00000000_cat/a.jpg': encodeDatum({ data: jpg, label: 3, encoded: true }),
  '00000001_cat/a.png': encodeDatum({ data: png, label: -1, encoded: true }),
  '00000002_cat/a.gray': encodeDatum({ channels: 1, height: 5, width: 7, data: noise(35, 1), label: 0 }),
  '00000003_cat/b.png': encodeDatum({ channels: 3, height: 5, width: 7, data: noise(105, 2), label: 2 ** 31 - 1 }),
  '00000004_alpha': encodeDatum({ channels: 4, height: 3, width: 3, data: noise(36, 3), label: 1 }),
  '00000005_two': encodeDatum({ channels: 2, height: 3, width: 3, data: noise(18, 4), label: 1 }),
  '00000006_floats': encodeDatum({
    channels: 1,
    height: 1,
    width: 3,
    floatData: Float32Array.of(0.5, -1, 2e9),
    label: 4,
  }),
  '00000007_unlabeled': encodeDatum({ data: png, encoded: true }),
  // The fields in another order, one that Caffe does not have, and the label twice.
  '00000008_odd': Buffer.concat([
    Buffer.from([0x38, 1, 0x28, 9, 0x22, (png.length & 127) | 128, png.length >> 7]),
    png,
    Buffer.from([0x28, 6, 0x4a, 2, 1, 2]),
  ]),
  '00000009_dims': encodeDatum({ channels: 3, height: 6, width: 9, data: jpg, label: 7, encoded: true }),
  // The way pycaffe writes raw pixels: without `encoded`.
  '00000010_pycaffe': encodeDatum({ channels: 3, height: 1, width: 2, data: noise(6, 5), label: 1 }).subarray(0, -2),
};
const oddKeys = [
  '../up',
  '..',
  '.',
  '/abs/x.jpg',
  'a//b.jpg',
  'a.b.c.jpg',
  'same.jpg',
  'same.png',
  'CON.jpg',
  'tab\there',
  'SAME.jpg',
  `${'k'.repeat(505)}.jpg`,
  'ünï/ç.JPEG',
  'metadata.jsonl',
  '\u202egpj.x',
];

async function makeDatabase(folder: string): Promise<string> {
  const database = path.join(folder, 'original.lmdb');
  const records = [...Object.entries(messages).map(([key, value]) => [Buffer.from(key), value] as const)];
  for (const [i, key] of oddKeys.entries())
    records.push([Buffer.from(key), encodeDatum({ data: files[i % 2], label: i, encoded: true })]);
  records.push([Buffer.from([0xff, 0xfe, 0x2e]), encodeDatum({ data: png, label: 5, encoded: true })]);
  const writer = await DatumWriter.open(database);
  for (const [key, value] of records.sort(([a], [b]) => Buffer.compare(a, b))) await writer.putBytes(key, value);
  await writer.close();
  return database;
}

const dataOf = (database: string) => fs.readFileSync(path.join(database, 'data.mdb'));

describe('a database and back', () => {
  it.each<[string, object, string]>([
    ['out.tar', {}, 'out.tar'],
    ['out.tar', { shardImages: 7 }, 'out-{000000..000003}.tar'],
    ['out.tar', { shardBytes: 20_000 }, 'out-*.tar'],
    ['out.parquet', {}, 'out.parquet'],
    ['out.parquet', { shardImages: 10 }, 'out-*.parquet'],
    ['out', {}, 'out'],
    ['deep/er/out_lmdb', {}, 'deep/er/out_lmdb'],
  ])('%s %j has the very bytes', async (name, options, again) => {
    const folder = scratchFolder();
    const database = await makeDatabase(folder);
    const report = await convertDatabase({ input: database, output: path.join(folder, name), ...options });
    expect(report).toMatchObject({ records: 27, skipped: [], warnings: [] });
    expect(fs.readdirSync(folder).filter((each) => /partial|lock/.test(each))).toEqual([]);
    await convertDatabase({ input: path.join(folder, again), output: path.join(folder, 'back.lmdb') });
    expect(dataOf(path.join(folder, 'back.lmdb')).equals(dataOf(database))).toBe(true);
  });

  it('is converted from each form to the next', async () => {
    const folder = scratchFolder();
    const inFolder = (name: string) => path.join(folder, name);
    const database = await makeDatabase(folder);
    const forms = ['a.tar', 'b.parquet', 'c', 'd.tar', 'e', 'f.parquet', 'g.lmdb'];
    for (const [i, name] of forms.entries()) {
      await convertDatabase({ input: i === 0 ? database : inFolder(forms[i - 1]), output: inFolder(name) });
    }
    expect(dataOf(inFolder('g.lmdb')).equals(dataOf(database))).toBe(true);
    expect(fs.readFileSync(inFolder('a.tar')).equals(fs.readFileSync(inFolder('d.tar')))).toBe(true);
    expect(fs.readFileSync(inFolder('b.parquet')).equals(fs.readFileSync(inFolder('f.parquet')))).toBe(true);
  });

  it.each(['ssd.lmdb', 'ocr.lmdb', 'lsun.lmdb'])(
    'of another schema (%s) becomes Datums of the same images',
    async (name) => {
      const source = fixture(`schemas/${name}`);
      const folder = scratchFolder();
      await convertDatabase({ input: source, output: path.join(folder, 'x.tar') });
      await convertDatabase({ input: path.join(folder, 'x.tar'), output: path.join(folder, 'x.lmdb') });
      const [own, back] = [openDatumLmdb(source), openDatumLmdb(path.join(folder, 'x.lmdb'))];
      expect(back.schema.name).toBe('datum');
      const content = (reader: typeof own) =>
        [...reader].map(({ key, datum: { data, label, encoded } }) => ({
          key,
          label,
          encoded,
          data: Buffer.from(data).toString('hex'),
        }));
      expect(content(back)).toEqual(content(own));
      own.close();
      back.close();
    },
  );
});

describe('images from other sources', () => {
  it('get the keys of an import, wherever they come from', async () => {
    const folder = scratchFolder();
    const input = path.join(photos, 'archives', 'photos.zip');
    await convertImageset({ input, output: path.join(folder, 'import'), encoded: true, workers: 0 });
    await convertDatabase({ input, output: path.join(folder, 'a.parquet') });
    await convertDatabase({ input: path.join(folder, 'a.parquet'), output: path.join(folder, 'b.lmdb') });
    expect([...openDatumLmdb(path.join(folder, 'b.lmdb')).keys()]).toEqual([
      ...openDatumLmdb(path.join(folder, 'import')).keys(),
    ]);
    expect(dataOf(path.join(folder, 'b.lmdb')).equals(dataOf(path.join(folder, 'import')))).toBe(true);
  });
});

const python = findPython(['pyarrow', 'webdataset'], 'what others read of conversions');

it('the names of classes stay in labels.txt, whatever a database is made of or converted to', async () => {
  const folder = scratchFolder();
  const at = (name: string) => path.join(folder, name);
  const namesIn = (name: string) => fs.readFileSync(at(`${name}/labels.txt`), 'utf8');
  const input = path.join(photos, 'archives', 'photos-zstd.parquet');
  const report = await convertImageset({ input, output: at('db'), workers: 0, resizeHeight: 4, resizeWidth: 4 });
  expect(report.labelsFile).toBe(at('db/labels.txt'));
  expect(namesIn('db')).toBe('cat\ndog\nemu\n');
  await convertDatabase({ input: at('db'), output: at('a.parquet') });
  await convertDatabase({ input: at('a.parquet'), output: at('back.lmdb') });
  expect(namesIn('back.lmdb')).toBe('cat\ndog\nemu\n');
  for (const name of ['one', 'two\nlines']) {
    fs.mkdirSync(at(`odd/${name}`), { recursive: true });
    fs.copyFileSync(path.join(photos, 'images', 'color.png'), at(`odd/${name}/a.png`));
  }
  const odd = await convertImageset({ input: at('odd'), output: at('odd-db'), workers: 0 });
  expect(odd).toMatchObject({ records: 2, classes: [{ name: 'one' }, { name: 'two\nlines' }] });
  expect(fs.existsSync(at('odd-db/labels.txt'))).toBe(false);
});

describe.skipIf(!python)('others read', () => {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

  it('a tar as in WebDataset, and Parquet as in Hugging Face', async () => {
    const folder = scratchFolder();
    const database = await makeDatabase(folder);
    await convertDatabase({ input: database, output: path.join(folder, 'x.tar'), shardImages: 20 });
    await convertDatabase({ input: database, output: path.join(folder, 'x.parquet') });
    const script = fileURLToPath(new URL('read_conversions.py', import.meta.url));
    const found = runPython<{
      web: [string, number, string][];
      rows: [string, number | null, string | null][];
      features: object;
    }>(python as string, script, folder);
    const reader = openDatumLmdb(database);
    const expected = [...reader]
      .filter(({ datum }) => datum.encoded)
      .map(({ key, datum }) => [key, datum.label ?? null, digest(datum.data)]);
    reader.close();
    const encoded = new Set(expected.map(([key]) => key));
    expect(found.web.filter(([key]) => encoded.has(key))).toEqual(expected);
    expect(found.rows.filter(([key]) => encoded.has(key))).toEqual(expected);
    expect(found.web).toHaveLength(27);
    expect(found.rows).toHaveLength(27);
    expect(found.features).toMatchObject({ image: { _type: 'Image' } });
  });
});

describe('is refused or stopped', () => {
  it.each<[string, object, RegExp]>([
    [
      'an output that is there',
      { output: 'there.tar' },
      /there\.tar already exists; delete it, or choose another output/,
    ],
    ['a shard that is there', { output: 'shard.tar', shardImages: 2 }, /shard-000003\.tar already exists/],
    [
      'shards of a database',
      { output: 'x.lmdb', shardImages: 2 },
      /shardImages: expected a tar or Parquet file as the output/,
    ],
    [
      'a strange form',
      { output: 'x', to: 'zip' },
      /to: expected "lmdb" or "tar" or "parquet" or "folder", received "zip"/,
    ],
    ['an unknown option', { output: 'x', shards: 2 }, /expected options of .*received "shards"/],
    ['a folder of somebody', { output: 'own' }, /own\.partial already exists, and was not written by a conversion/],
    ['an input that is not there', { output: 'x', input: 'nothing' }, /nothing does not exist/],
  ])('%s', async (_, options, message) => {
    const folder = scratchFolder();
    const inFolder = (name: string) => path.join(folder, name);
    fs.writeFileSync(inFolder('there.tar'), '');
    fs.writeFileSync(inFolder('shard-000003.tar'), '');
    fs.mkdirSync(inFolder('own.partial'));
    fs.writeFileSync(inFolder('own.partial/mine.txt'), '');
    const before = fs.readdirSync(folder).sort();
    const {
      output,
      input = path.join(photos, 'archives', 'photos.tar'),
      ...more
    } = options as { output: string; input?: string };
    await expect(convertDatabase({ input, output: inFolder(output), ...more })).rejects.toThrow(message);
    expect(fs.readdirSync(folder).sort()).toEqual(before);
  });

  it.each(['x.tar', 'x.parquet', 'x', 'x.lmdb'])(
    '%s leaves nothing when it is stopped, and what a killed process left is no obstacle',
    async (name) => {
      const folder = scratchFolder();
      const inFolder = (each: string) => path.join(folder, each);
      const input = await makeDatabase(folder);
      const stop = new AbortController();
      stop.abort(new Error('stopped'));
      await expect(convertDatabase({ input, output: inFolder(name), signal: stop.signal })).rejects.toThrow('stopped');
      expect(fs.readdirSync(folder)).toEqual(['original.lmdb']);
      // A process that has died leaves its lock, and what it wrote.
      const lock = JSON.stringify({
        pid: 2 ** 22 + 1,
        host: (await import('node:os')).hostname(),
        started: '',
        id: 'x',
      });
      if (name === 'x.lmdb') return;
      fs.writeFileSync(inFolder(`${name}.partial-lock`), lock);
      if (name === 'x') {
        fs.mkdirSync(inFolder('x.partial'));
        fs.writeFileSync(inFolder('x.partial/.ae-convert'), '');
        fs.writeFileSync(inFolder('x.partial/metadata.jsonl'), 'half');
      } else fs.writeFileSync(inFolder(`${name}.partial`), 'x'.repeat(1e6));
      await convertDatabase({ input, output: inFolder(name) });
      await convertDatabase({ input: inFolder(name), output: inFolder('back.lmdb') });
      expect(dataOf(inFolder('back.lmdb')).equals(dataOf(input))).toBe(true);
      expect(fs.readdirSync(folder).sort()).toEqual(['back.lmdb', 'original.lmdb', name].sort());
    },
  );

  it('a damaged record, unless it may be skipped', async () => {
    const folder = scratchFolder();
    const database = path.join(folder, 'bad.lmdb');
    const writer = await DatumWriter.open(database);
    await writer.putBytes('a', encodeDatum({ data: png, encoded: true, label: 1 }));
    await writer.putBytes('b', Uint8Array.of(0xff, 1));
    await writer.close();
    const output = path.join(folder, 'x.tar');
    await expect(convertDatabase({ input: database, output })).rejects.toThrow(/key b: expected a Datum message/);
    const report = await convertDatabase({ input: database, output, lenient: true });
    expect(report).toMatchObject({ records: 1, skipped: [{ reason: expect.stringContaining('key b') }] });
  });

  it.each(['x.tar', 'x.parquet'])('a disk that is full at the end of %s, which is named', async (name) => {
    const folder = scratchFolder();
    const input = await makeDatabase(folder);
    const output = path.join(folder, name);
    const spy = vi.spyOn(fs, 'writeSync');
    onTestFinished(() => spy.mockRestore());
    await convertDatabase({ input, output });
    fs.rmSync(output);
    let left = spy.mock.calls.length - 1;
    spy.mockRestore();
    const passing = fs.writeSync as (...args: unknown[]) => number;
    const full = vi.spyOn(fs, 'writeSync').mockImplementation((...args: unknown[]) => {
      if (left-- > 0) return passing(...args);
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
    });
    onTestFinished(() => full.mockRestore());
    await expect(convertDatabase({ input, output })).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      sentence: `${output} cannot be written: the disk is full; free some space.`,
    });
    expect(fs.readdirSync(folder)).toEqual(['original.lmdb']);
  });

  it.each(['x.lmdb', 'x'])('a full quota at the beginning of %s, with advice', async (name) => {
    const folder = scratchFolder();
    const input = await makeDatabase(folder);
    const spy = vi.spyOn(fs, 'mkdirSync').mockImplementation(() => {
      throw Object.assign(new Error('EDQUOT: disk quota exceeded, mkdir'), { code: 'EDQUOT', syscall: 'mkdir' });
    });
    onTestFinished(() => spy.mockRestore());
    await expect(convertDatabase({ input, output: path.join(folder, name) })).rejects.toThrow(
      /x\S* cannot be \w+ \(EDQUOT: disk quota exceeded\); free some space\.$/,
    );
    expect(fs.readdirSync(folder)).toEqual(['original.lmdb']);
  });

  it('a disk that takes a part of what is written to a folder, without losing the rest', async () => {
    const folder = scratchFolder();
    const input = await makeDatabase(folder);
    const real = fs.writeSync as (...args: unknown[]) => number;
    const spy = vi.spyOn(fs, 'writeSync').mockImplementation((...[fd, data, at]: unknown[]) => {
      const bytes = Buffer.from(data as string).subarray(Number(at ?? 0));
      return real(fd, bytes, 0, Math.ceil(bytes.length / 2));
    });
    onTestFinished(() => spy.mockRestore());
    await convertDatabase({ input, output: path.join(folder, 'x') });
    spy.mockRestore();
    await convertDatabase({ input: path.join(folder, 'x'), output: path.join(folder, 'back.lmdb') });
    expect(dataOf(path.join(folder, 'back.lmdb')).equals(dataOf(input))).toBe(true);
  });
});
