/** Unusual databases: a damaged record, other channels and sizes, floats, named databases, and values of other kinds. */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DatumInit, DatumWriter, readMean } from '@ae/lmdb-datum';
import { findPython } from '@ae/testing/python';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { discPixels, jsonLines, makeFolder, makeLmdb, remove } from './ae';
import { ae, aeOk } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));
const lmdb = (name: string, records: readonly DatumInit[]) => makeLmdb(path.join(folder, name), records);

const raw = (channels: number, height = 16, width = 16, value = 90): DatumInit => ({
  ...{ channels, height, width },
  data: new Uint8Array(channels * height * width).map((_, i) => (value + 3 * i) & 255),
});

async function png(number: number): Promise<DatumInit> {
  const pixels = discPixels(number, 16);
  const data = await sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } })
    .png()
    .toBuffer();
  return { data, encoded: true, label: number % 2 };
}

beforeAll(async () => {
  const pictures = await Promise.all(Array.from({ length: 10 }, (_, i) => png(i)));
  const cut = pictures[4].data as Uint8Array;
  pictures[4] = { ...pictures[4], data: cut.subarray(0, cut.length - 30) };
  await lmdb('one-damaged.lmdb', pictures);
  await lmdb('gray-too.lmdb', [raw(3), raw(3), raw(1)]);
  await lmdb('six-too.lmdb', [raw(3), raw(6)]);
  await lmdb('sizes.lmdb', [raw(3, 16, 20), raw(3, 24, 16), raw(3, 18, 18)]);
  await lmdb('gray.lmdb', [raw(1), raw(1), raw(1)]);
  const disc = (i: number) => Uint8Array.from(discPixels(i, 16));
  const floats = Array.from({ length: 8 }, (_, i) => Float32Array.from(disc(i), (byte) => byte / 255));
  await lmdb(
    'floats.lmdb',
    floats.map((floatData) => ({ channels: 3, height: 16, width: 16, floatData })),
  );
  await lmdb(
    'bytes.lmdb',
    Array.from({ length: 8 }, (_, i) => ({ channels: 3, height: 16, width: 16, data: disc(i) })),
  );
  mkdirSync(path.join(folder, 'named.lmdb'));
  const named = fileURLToPath(new URL('../../lmdb-datum/test/fixtures/named.mdb', import.meta.url));
  copyFileSync(named, path.join(folder, 'named.lmdb', 'data.mdb'));
}, 60_000);

const short = ['--epochs', '1', '--no-report'];

test('classes are called by the names in labels.txt, which an import of a Parquet file writes', async () => {
  const parquet = fileURLToPath(new URL('../../images/test/fixtures/archives/photos-zstd.parquet', import.meta.url));
  await aeOk(folder, 'import', parquet, 'animals.lmdb', '--resize', '16');
  await aeOk(folder, 'train', 'animals.lmdb', '--out', 'animals', ...short);
  const scores = await aeOk(folder, 'test', 'animals', 'animals.lmdb', '--no-baselines', '--no-report');
  expect(scores).toMatch(/by class +class 0, cat: .*\n +class 1, dog: .*\n/);
  expect(await aeOk(folder, 'neighbors', 'animals', 'animals.lmdb', '0')).toMatch(/, class 1, dog$/m);
}, 60_000);

describe('one damaged record', () => {
  test('ends training with its name and what to do; with --lenient it is skipped, counted and named', async () => {
    const strict = await ae(folder, 'train', 'one-damaged.lmdb', '--out', 'strict', ...short);
    expect(strict.stderr).toMatch(/key 00000004_a: .*; use --lenient to skip such records\.\n/);
    const printed = await aeOk(folder, 'train', 'one-damaged.lmdb', '--out', 'run', '--lenient', ...short);
    expect(printed).toMatch(/^9 images/m);
    expect(printed).toMatch(/one-damaged\.lmdb: skipped 1 damaged record:\n {2}key 00000004_a: expected a valid image/);
    // The run knows that it was lenient.
    const resumed = await aeOk(folder, 'train', '--resume', 'run', '--json', '--no-report');
    expect(jsonLines(resumed)).toContainEqual(
      expect.objectContaining({ event: 'leftOut', leftOut: [expect.objectContaining({ key: '00000004_a' })] }),
    );
  }, 60_000);

  test('is only advised to be skipped where that leaves records', async () => {
    mkdirSync(path.join(folder, 'cut.lmdb'));
    const whole = readFileSync(path.join(folder, 'bytes.lmdb', 'data.mdb'));
    writeFileSync(path.join(folder, 'cut.lmdb', 'data.mdb'), whole.subarray(0, 8192));
    const bad = { data: Buffer.from('ffd8ffe000104a464946', 'hex'), encoded: true };
    await lmdb('all-damaged.lmdb', [bad, bad, bad]);
    for (const args of [
      ['train', 'cut.lmdb', ...short],
      ['export', 'cut.lmdb', 'cut-files'],
    ]) {
      const { stderr } = await ae(folder, ...args);
      expect(stderr).toMatch(/cut\.lmdb.*: expected at least \d+ bytes .*; the file is truncated; copy it again\.\n$/);
    }
    const { stderr } = await ae(folder, 'train', 'all-damaged.lmdb', ...short);
    expect(stderr).toMatch(/key 00000000_a: expected a valid image/);
    expect(stderr).not.toContain('--lenient');
  });

  test('is named by ae inspect, also if it has no pixels', async () => {
    const writer = await DatumWriter.open(path.join(folder, 'hollow.lmdb'));
    await writer.put('a', raw(3));
    await writer.putBytes('b', new Uint8Array(0));
    await writer.close();
    const printed = await aeOk(folder, 'inspect', 'hollow.lmdb');
    expect(printed).toMatch(
      /damaged +1 record; the first is b: expected pixels, received a Datum of 0x0x0 without any/,
    );
    expect(printed).toMatch(/size +3x16x16, channels/);
  });

  test('is skipped by ae test, encode, neighbors and mean as well, and all others keep their keys', async () => {
    const [scores] = jsonLines(
      await aeOk(folder, 'test', 'run', 'one-damaged.lmdb', '--lenient', '--no-baselines', '--no-report', '--json'),
    );
    expect(scores).toMatchObject({ count: 9, leftOut: [{ key: '00000004_a' }] });
    const [codes] = jsonLines(await aeOk(folder, 'encode', 'run', 'one-damaged.lmdb', 'codes', '--lenient', '--json'));
    expect(codes).toMatchObject({ count: 9, leftOut: [{ key: '00000004_a' }] });
    const keys = readFileSync(path.join(folder, 'codes', 'keys.npy'), 'latin1').replaceAll('\0', '');
    expect(keys).toContain('00000005_a');
    expect(keys).not.toContain('00000004_a');
    const near = ['neighbors', 'run', 'one-damaged.lmdb'];
    const [found] = jsonLines(await aeOk(folder, ...near, '00000007_a', '--count', '8', '--lenient', '--json'));
    expect(found).toMatchObject({ key: '00000007_a' });
    expect((await ae(folder, ...near, '00000004_a', '--lenient')).stderr).toMatch(
      /00000004_a is damaged and was skipped/,
    );
    expect((await ae(folder, 'encode', 'run', 'one-damaged.lmdb', 'strict')).stderr).toMatch(
      /key 00000004_a: .*--lenient/,
    );
  }, 60_000);
});

describe('what a network cannot take is found before it is built', () => {
  test.each<[string, RegExp, string[]?]>([
    [
      'gray-too.lmdb',
      /key 00000002_a: expected 3x16x16 .*, received 1x16x16; convert them all to gray with ae resize gray-too\.lmdb <out\.lmdb> 16x16 --gray, or to color/,
    ],
    ['six-too.lmdb', /key 00000001_a: expected 3x16x16 .*, received 6x16x16; these are records of different kinds/],
    [
      'sizes.lmdb',
      /key 00000001_a: expected 3x16x20 .*, received 3x24x16 - in all 3x16x20 \(1\), 3x24x16 \(1\), 3x18x18 \(1\); resize them with ae resize .*--crop 16x16\./,
    ],
    [
      'sizes.lmdb',
      /key 00000000_a: expected at least 3x18x16 .* to crop from, received 3x16x20 - in all .*; crop less, or resize them with ae resize sizes\.lmdb <out\.lmdb> 18x20/,
      ['--crop', '18x16'],
    ],
  ])('%s', async (name, message, options = []) => {
    const { code, stderr } = await ae(folder, 'train', name, '--out', 'none', ...short, ...options);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });

  test('crops of one size are taken from images of any size', async () => {
    expect(await aeOk(folder, 'train', 'sizes.lmdb', '--crop', '16', '--out', 'cropped', ...short)).toMatch(
      /^3 images/m,
    );
  }, 60_000);

  test('gray images for a color network, and vice versa', async () => {
    expect((await ae(folder, 'test', 'run', 'gray.lmdb')).stderr).toMatch(
      /expected images of 3x16x16 .*, received 1x16x16; convert them to color with ae resize gray\.lmdb <out\.lmdb> 16x16, or/,
    );
    expect((await ae(folder, 'train', 'gray.lmdb', '--val', 'bytes.lmdb', '--out', 'none')).stderr).toMatch(
      /bytes\.lmdb: expected images of 1x16x16 .*, received 3x16x16; convert them to gray with ae resize bytes\.lmdb <out\.lmdb> 16x16 --gray, or/,
    );
  }, 60_000);
});

describe('records that are not pictures made of bytes', () => {
  test('pairs of pictures and floats of any value are trained on, scored, drawn and reported', async () => {
    const any = Array.from({ length: 4 }, (_, i) =>
      Float32Array.from({ length: 768 }, (_, k) => Math.sin(i + k / 9) / 3 + 0.5),
    );
    await lmdb('six.lmdb', [raw(6), raw(6, 16, 16, 7), raw(6, 16, 16, 200)]);
    await lmdb(
      'any.lmdb',
      any.map((floatData) => ({ channels: 3, height: 16, width: 16, floatData })),
    );
    for (const name of ['six', 'any']) {
      const options = ['--epochs', '1', '--out', `${name}-run`];
      const { code, stderr } = await ae(folder, 'train', `${name}.lmdb`, ...options);
      expect([code, stderr.includes('no report')]).toEqual([0, false]);
      expect(await aeOk(folder, 'test', `${name}-run`, `${name}.lmdb`, '--no-report')).toMatch(/images +\d inputs/);
    }
  }, 60_000);
});

describe('float_data', () => {
  test('from 0 to 1 trains like the same bytes, and is drawn', async () => {
    const lossOf = async (name: string) => {
      const lines = jsonLines(await aeOk(folder, 'train', name, '--out', `run-${name}`, '--json', ...short));
      return (lines.find(({ event }) => event === 'epoch') as { loss: number }).loss;
    };
    expect(await lossOf('floats.lmdb')).toBeCloseTo(await lossOf('bytes.lmdb'), 5);
    const psnrOf = async (name: string) =>
      /PSNR +([\d.]+) dB/.exec(
        await aeOk(folder, 'test', 'run-bytes.lmdb', name, '--no-baselines', '--no-report'),
      )?.[1];
    expect(await psnrOf('floats.lmdb')).toBe(await psnrOf('bytes.lmdb'));
    await aeOk(folder, 'inspect', 'floats.lmdb', '--grid', 'floats.png', '--scale', '1');
    await aeOk(folder, 'inspect', 'bytes.lmdb', '--grid', 'bytes.png', '--scale', '1');
    const drawn = (name: string) => sharp(path.join(folder, name)).raw().toBuffer();
    expect((await drawn('floats.png')).equals(await drawn('bytes.png'))).toBe(true);
  }, 60_000);

  test('has the mean that Caffe computes, from the unscaled numbers', async () => {
    await aeOk(folder, 'mean', 'floats.lmdb', 'floats.binaryproto');
    await aeOk(folder, 'mean', 'bytes.lmdb', 'bytes.binaryproto');
    const [floats, bytes] = ['floats', 'bytes'].map((name) => readMean(path.join(folder, `${name}.binaryproto`)).data);
    floats.forEach((value, i) => {
      expect(value).toBeCloseTo(bytes[i] / 255, 5);
    });
  });
});

describe('--database', () => {
  test('selects a database in every command that reads one', async () => {
    expect(await aeOk(folder, 'inspect', 'named.lmdb')).toMatch(
      /databases +train, val; choose one with --database <name>/,
    );
    expect(await aeOk(folder, 'inspect', 'named.lmdb', '--database', 'val')).toMatch(/records +5$/m);
    expect(await aeOk(folder, 'verify', 'named.lmdb')).toMatch(
      /sound\n +records +of "train": 20, all of them readable\n +records +of "val": 5/,
    );
    expect(await aeOk(folder, 'verify', 'named.lmdb', '--database', 'val')).not.toContain('train');
    expect(await aeOk(folder, 'mean', 'named.lmdb', 'val.binaryproto', '--database', 'val')).toContain(
      '5 images of 1x4x4',
    );
    expect(await aeOk(folder, 'export', 'named.lmdb', 'val', '--database', 'val')).toContain('5 images');
    await aeOk(folder, 'resize', 'named.lmdb', 'train16.lmdb', '16', '--database', 'train', '--gray');
    const trained = [
      'train',
      'named.lmdb',
      '--val',
      'named.lmdb',
      '--database',
      'train',
      '--crop',
      '16',
      '--out',
      'run-named',
    ];
    expect((await ae(folder, ...trained, '--val-database', 'val', ...short)).stderr).toMatch(
      /expected at least 1x16x16/,
    );
    expect(await aeOk(folder, ...trained, ...short)).toMatch(/^20 images, 20 for validation/m);
    expect((await ae(folder, 'test', 'run-named', 'named.lmdb')).stderr).toMatch(/instead \(--database\)\.$/m);
    expect((await ae(folder, 'inspect', 'named.lmdb', '--database', 'x')).stderr).toMatch(/only "train", "val"/);
  }, 60_000);
});

const write = `
import lmdb, sys
with lmdb.open(sys.argv[1], map_size=1 << 20) as env, env.begin(write=True) as txn:
    for pair in sys.argv[2:]:
        key, value = pair.split("=")
        txn.put(key.encode(), bytes.fromhex(value))
`;
const python = findPython(['lmdb'], 'inspecting what is no image');

test.runIf(python)('ae inspect describes values that are not images, and so does training', async () => {
  const jpeg = 'ffd8ffe000104a46494600';
  const values = ['a=636174', 'b=32', `c=${jpeg}`, 'd=8004950a000000000000004302616294'];
  const { status, stderr } = spawnSync(python as string, ['-c', write, path.join(folder, 'odd.lmdb'), ...values], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  expect(await aeOk(folder, 'inspect', 'odd.lmdb', '--schema', 'datum')).toMatch(
    /no images +3 records: text \(1\), a number as text \(1\), a JPEG file \(1\)/,
  );
  expect(jsonLines(await aeOk(folder, 'inspect', 'odd.lmdb', '--json'))[0]).toMatchObject({
    schema: { name: 'image-files', told: 'JPEG files in 1 of the first 4 records' },
    layouts: [{ layout: 'text', count: 1 }, { count: 1 }, { count: 1 }],
  });
  expect((await ae(folder, 'train', 'odd.lmdb', '--schema', 'datum')).stderr).toMatch(
    /key a: expected a Datum message, received text \(\d bytes that don't parse as a Datum\); remove the record, or name the schema of the database \(--schema\)\./,
  );
});

test.runIf(python)(
  'labels stored beside images are skipped with --lenient, which is advised, as most records can be read',
  async () => {
    // By OpenCV.
    const file =
      'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVQIHWNkYmRgZmZm5GBnY2ZmBgABFwAtgu0NtwAAAABJRU5ErkJggg==';
    const png = Buffer.from(file, 'base64').toString('hex');
    const values = [`0-image=${png}`, `1-image=${png}`, '2-label=32', `length=33`];
    spawnSync(python as string, ['-c', write, path.join(folder, 'beside.lmdb'), ...values]);
    expect(await aeOk(folder, 'inspect', 'beside.lmdb')).toMatch(
      /records +3, and 1 other that is not read as an image$/m,
    );
    expect((await ae(folder, 'export', 'beside.lmdb', 'beside')).stderr).toMatch(
      /key 2-label: expected an image file, received a number as text; use --lenient to skip such records\.$/m,
    );
    expect(await aeOk(folder, 'export', 'beside.lmdb', 'beside', '--lenient')).toMatch(/beside: 2 images/);
    expect((await ae(folder, 'verify', 'beside.lmdb', '--schema', 'datum')).stdout).toMatch(
      /key 2-label: expected a Datum message, .* name the schema of the database \(--schema\)\.$/m,
    );
  },
);

const foreign = (name: string) =>
  fileURLToPath(new URL(`../../lmdb-datum/test/fixtures/schemas/${name}.lmdb`, import.meta.url));

describe('--schema', () => {
  test('ae inspect names the schema, texts and boxes', async () => {
    const boxes = await aeOk(folder, 'inspect', foreign('ssd'));
    expect(boxes).toMatch(/schema +annotated-datum: SSD's AnnotatedDatums \(a Datum as the first field in the first 4/);
    expect(boxes).toMatch(/boxes +6 boxes in 3 images, with labels 7 \(5\), 2 \(1\)/);
    expect(boxes).toMatch(/the first: label 7, left, top, right, bottom at 0\.25, 0\.125, 0\.5, 0\.75 of/);
    const texts = await aeOk(folder, 'inspect', foreign('ocr'));
    expect(texts).toMatch(/records +3, and 4 others that are not read as images/);
    expect(texts).toMatch(/texts +3 images with one: "hello", "Straße", "12\.50 €"$/m);
    expect(await aeOk(folder, 'inspect', foreign('stylegan2'))).toMatch(
      /images with sides of 16 pixels; --schema stylegan2:8 reads the other/,
    );
  });

  test('all commands read it: export keeps the bytes of files, resize the labels', async () => {
    await aeOk(folder, 'export', foreign('lsun'), 'lsun');
    const names = readdirSync(path.join(folder, 'lsun')).sort();
    expect(names.map((name) => path.extname(name))).toEqual(['.webp', '.png', '.webp', '.jpg']);
    await aeOk(folder, 'resize', foreign('folder2lmdb'), 'small.lmdb', '4', '--lenient');
    expect(await aeOk(folder, 'inspect', 'small.lmdb')).toMatch(/records +15$/m);
    expect(await aeOk(folder, 'mean', foreign('stylegan2'), 'mean8', '--schema', 'stylegan2:8')).toContain('3x8x8');
    expect(await aeOk(folder, 'verify', foreign('tensorpack'))).toMatch(/records +5 \(msgpack:bgr\), all of them/);
    expect((await ae(folder, 'inspect', foreign('lsun'), '--schema', 'x')).stderr).toMatch(
      /--schema: expected one of datum, annotated-datum, .*, received "x"/,
    );
  });
});
