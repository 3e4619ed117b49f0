import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { caffeKey, DatumWriter, openDatumLmdb, readMean } from '@ae/lmdb-datum';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { discPixels, jsonLines, makeFolder, makePictures, plainDatum, remove } from './ae';
import { ae, aeOk } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));
const inFolder = (...names: string[]) => path.join(folder, ...names);

beforeAll(async () => {
  await makePictures(inFolder('photos', 'red'), 6);
  await makePictures(inFolder('photos', 'blue'), 2);
  await aeOk(folder, 'import', 'photos', 'photos.lmdb');
}, 60_000);

const filesIn = (name: string) =>
  readdirSync(inFolder(name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(inFolder(name), path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();

describe('ae verify', () => {
  test('finds no damage in a sound database', async () => {
    expect(await aeOk(folder, 'verify', 'photos.lmdb')).toMatch(/^photos\.lmdb: sound\n {2}records {2}8, all of them/);
  });

  test('names all damage by page and key, says how much can be read, and fails', async () => {
    const data = readFileSync(inFolder('photos.lmdb', 'data.mdb'));
    const key = '00000003_red/disc-001.png';
    // The first byte of the Datum after its key: a field of a type that no message has.
    for (let at = data.indexOf(key); at >= 0; at = data.indexOf(key, at + 1)) {
      if (data[at + key.length] === 8) data[at + key.length] = 0xff;
    }
    mkdirSync(inFolder('damaged.lmdb'));
    writeFileSync(inFolder('damaged.lmdb', 'data.mdb'), data);
    const { code, stdout, stderr } = await ae(folder, 'verify', 'damaged.lmdb');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('damaged.lmdb: damaged');
    expect(stdout).toMatch(/records {2}8, 7 readable\n/);
    expect(stdout).toMatch(/^ {2}page \d+, key 00000003_red\/disc-001\.png: .*expected/m);
    const { stdout: json } = await ae(folder, 'verify', 'damaged.lmdb', '--json');
    expect(JSON.parse(json)).toMatchObject({
      ok: false,
      records: 8,
      readable: 7,
      damage: [{ page: expect.any(Number) }],
    });

    const refused = await ae(folder, 'export', 'damaged.lmdb', 'refused');
    expect(refused.stderr).toMatch(/^ae export: key 00000003_red\/disc-001\.png: expected/);
    expect(existsSync(inFolder('refused'))).toBe(false);
    expect(await aeOk(folder, 'export', 'damaged.lmdb', 'rest', '--lenient')).toMatch(
      /rest: 7 images\nskipped 1 damaged record:\n {2}key 00000003_red/,
    );
  });
});

describe('ae resize', () => {
  test('makes a database of one size, with the same keys and labels', async () => {
    const text = await aeOk(folder, 'resize', 'photos.lmdb', 'small.lmdb', '16x24', '--fit', 'crop');
    expect(text).toMatch(/^small\.lmdb: 8 images of 3x16x24 in /);
    const [before, after] = await Promise.all(
      ['photos.lmdb', 'small.lmdb'].map(async (name) => JSON.parse(await aeOk(folder, 'inspect', name, '--json'))),
    );
    expect(after).toMatchObject({ count: 8, firstKey: before.firstKey, lastKey: before.lastKey });
    using reader = openDatumLmdb(inFolder('small.lmdb'));
    using source = openDatumLmdb(inFolder('photos.lmdb'));
    for (const { key, datum } of reader) {
      expect(datum).toMatchObject({ channels: 3, height: 16, width: 24, label: source.get(key)?.label });
    }
  });

  test('says what is wrong, and writes nothing', async () => {
    const refusals = [
      [['nowhere', 'new.lmdb', '16'], /^ae resize: nowhere does not exist; name a folder of images/],
      [['photos.lmdb', 'small.lmdb', '16'], /^ae resize: small\.lmdb already exists/],
      [['photos.lmdb', 'new.lmdb', '16x'], /^ae resize: <size>: expected a size such as 64/],
    ] as const;
    for (const [args, message] of refusals) {
      const { code, stderr } = await ae(folder, 'resize', ...args);
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
    }
    expect(existsSync(inFolder('new.lmdb'))).toBe(false);
  });
});

test('ae inspect says how pixels are stored: packed or not, with or without an encoded field', async () => {
  const writer = await DatumWriter.open(inFolder('variants.lmdb'));
  const one = Buffer.from('080110011801', 'hex');
  const float = Buffer.from('0000803f', 'hex');
  await writer.putBytes(caffeKey(0, 'plain'), Buffer.concat([one, Buffer.from('2201092804', 'hex')]));
  await writer.putBytes(caffeKey(1, 'packed'), Buffer.concat([one, Buffer.from('3204', 'hex'), float]));
  await writer.putBytes(
    caffeKey(2, 'single'),
    Buffer.concat([one, Buffer.from('35', 'hex'), float, Buffer.from('3800', 'hex')]),
  );
  await writer.close();
  expect(await aeOk(folder, 'inspect', 'variants.lmdb')).toMatch(
    /stored as {2,}raw bytes, no encoded field \(1\), float_data, packed, no encoded field \(1\), float_data \(1\)/,
  );
});

test('ae import --background puts a color behind transparent pixels, and accepts only colors', async () => {
  mkdirSync(inFolder('clear'));
  const clear = Buffer.from([1, 2, 3, 0]);
  await sharp(clear, { raw: { width: 1, height: 1, channels: 4 } })
    .png()
    .toFile(inFolder('clear', 'a.png'));
  await aeOk(folder, 'import', 'clear', 'clear.lmdb', '--background', '#ff8000');
  await aeOk(folder, 'export', 'clear.lmdb', 'cleared');
  expect([...(await sharp(inFolder('cleared', 'a.png')).raw().toBuffer())]).toEqual([255, 128, 0]);
  const { stderr } = await ae(folder, 'import', 'clear', 'other.lmdb', '--background', 'red');
  expect(stderr).toContain('--background: expected a color such as "#ffffff", received "red".');
});

test('ae mean writes a binaryproto and prints the mean of each channel', async () => {
  const [result] = jsonLines(await aeOk(folder, 'mean', 'photos.lmdb', 'mean.binaryproto', '--json'));
  const numbers = [0, 1, 0, 1, 2, 3, 4, 5];
  const expected = [0, 1, 2].map((c) => {
    const sum = numbers.reduce(
      (all, number) =>
        all +
        discPixels(number, 16)
          .filter((_, i) => i % 3 === c)
          .reduce((a, b) => a + b),
      0,
    );
    return sum / (numbers.length * 256);
  });
  const { rgb, bgr } = result.channelMeans as { rgb: number[]; bgr: number[] };
  for (const [c, value] of expected.entries()) {
    expect(rgb[c]).toBeCloseTo(value, 3);
    expect(bgr[2 - c]).toBe(rgb[c]);
  }
  expect(readMean(inFolder('mean.binaryproto'))).toMatchObject({ channels: 3, height: 16, width: 16 });
});

describe('ae export', () => {
  test('returns the pictures under their original names', async () => {
    await aeOk(folder, 'export', 'photos.lmdb', 'back');
    expect(filesIn('back')).toEqual(filesIn('photos'));
    const pixels = await sharp(inFolder('back', 'red', 'disc-003.png'))
      .raw()
      .toBuffer();
    expect(pixels).toEqual(discPixels(3, 16));
  });

  test('sorts them by label, with image files as they are stored', async () => {
    await aeOk(folder, 'import', 'photos', 'files.lmdb', '--encoded');
    await aeOk(folder, 'export', 'files.lmdb', 'labels', '--by', 'label');
    expect(filesIn('labels')).toContain('0/disc-001.png');
    expect(filesIn('labels')).toHaveLength(8);
    expect(readFileSync(inFolder('labels', '1', 'disc-005.png'))).toEqual(
      readFileSync(inFolder('photos', 'red', 'disc-005.png')),
    );
  });

  test('never leaves the folder or overwrites files, whatever keys contain', async () => {
    const keys = [
      '../../escape.png',
      '/etc/passwd',
      'C:\\windows\\x.png',
      '..',
      'a.png',
      'a.png/b.png',
      'A.PNG',
      'con',
      '',
    ];
    const writer = await DatumWriter.open(inFolder('odd.lmdb'));
    for (const [i, key] of keys.entries())
      await writer.put(key === 'a.png/b.png' ? key : caffeKey(i, key), plainDatum(4, 4));
    await writer.close();
    const before = filesIn('.').filter((name) => !name.startsWith('odd'));
    await aeOk(folder, 'export', 'odd.lmdb', 'odd');
    expect(filesIn('.').filter((name) => !name.startsWith('odd'))).toEqual(before);
    const names = filesIn('odd');
    expect(names).toHaveLength(keys.length);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(keys.length);
    expect(names).toEqual(expect.arrayContaining(['escape.png', 'etc/passwd.png', 'C_/windows/x.png', '_con.png']));
    expect(existsSync(path.join(folder, '..', 'escape.png'))).toBe(false);
  });
});

test('ae inspect says how keys are formed and whether classes are mixed', async () => {
  const text = await aeOk(folder, 'inspect', 'photos.lmdb');
  expect(text).toContain('numbered from 0 without gaps, as by convert_imageset');
  expect(text).toContain('one class after another');
  const writer = await DatumWriter.open(inFolder('plain.lmdb'));
  for (let i = 0; i < 12; i++) await writer.put(String(i), { ...plainDatum(4, 4), label: i % 2 });
  await writer.close();
  const [info] = jsonLines(await aeOk(folder, 'inspect', 'plain.lmdb', '--json'));
  expect(info).toMatchObject({ keyOrder: 'unpadded', classOrder: 'mixed' });
});

describe('a file with any name', () => {
  const fixture = (name: string) => new URL(`../../lmdb-datum/test/fixtures/${name}`, import.meta.url);
  const v2 = readFileSync(fixture('v2.mdb'));

  test('that is an LMDB in version 2 of the format is read', async () => {
    writeFileSync(inFolder('version two'), v2);
    expect(await aeOk(folder, 'inspect', 'version two')).toMatch(/LMDB data format 2/);
    expect(await aeOk(folder, 'convert', 'version two', 'two.tar')).toMatch(/two\.tar: 24 images/);
  });

  test.each(['inspect', 'convert'])(
    'that is an LMDB of another machine is refused as such by ae %s',
    async (command) => {
      const foreign = Buffer.from(readFileSync(fixture('variants.mdb')));
      for (const page of [0, 4096]) foreign.subarray(page + 16, page + 20).reverse();
      writeFileSync(inFolder('foreign'), foreign);
      const output = command === 'convert' ? ['foreign.tar'] : [];
      expect((await ae(folder, command, 'foreign', ...output)).stderr).toContain(
        'foreign: expected a little-endian LMDB, received a big-endian one; run mdb_dump',
      );
    },
  );

  test('that is an LMDB is not imported, nor is a folder with one', async () => {
    const advice = 'an LMDB needs no import, and cannot be combined with other images.';
    writeFileSync(inFolder('lmdb file'), readFileSync(inFolder('photos.lmdb', 'data.mdb')));
    expect((await ae(folder, 'import', 'lmdb file', 'x.lmdb')).stderr).toContain(`lmdb file is an LMDB; ${advice}`);
    expect((await ae(folder, 'import', 'photos.lmdb', 'x.lmdb')).stderr).toContain(
      `photos.lmdb contains no images, only data.mdb, labels.txt; ${advice}`,
    );
    expect((await ae(folder, 'convert', 'lmdb file', 'photos', 'x.tar')).stderr).toContain(
      `lmdb file is an LMDB; ${advice}`,
    );
  });
});
