import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { discPixels, jsonLines, makeFolder, makePictures, remove } from './ae';
import { aeOk } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));
const inFolder = (...names: string[]) => path.join(folder, ...names);

/** A database in which images 0 and 12 are equal, and a variational network. */
beforeAll(async () => {
  await makePictures(inFolder('photos', 'a'), 12);
  await makePictures(inFolder('photos', 'b'), 1);
  await aeOk(folder, 'import', 'photos', 'photos.lmdb');
  await aeOk(
    folder,
    'train',
    'photos.lmdb',
    '--epochs',
    '1',
    '--code-size',
    '6',
    '--variational',
    '--no-report',
    '--out',
    'run',
  );
}, 60_000);

const size = async (file: string) => {
  const { width, height } = await sharp(inFolder(file)).metadata();
  return [width, height];
};

test('ae encode writes codes, keys and labels for NumPy and as Parquet', async () => {
  expect(await aeOk(folder, 'encode', 'run', 'photos.lmdb', 'codes', '--batch-size', '5')).toMatch(
    /^codes: 13 codes of 6/,
  );
  expect(readdirSync(inFolder('codes')).sort()).toEqual(['codes.npy', 'codes.parquet', 'keys.npy', 'labels.npy']);
  const codes = readFileSync(inFolder('codes', 'codes.npy'));
  expect(codes.toString('latin1')).toContain("'shape': (13, 6)");
  expect(readFileSync(inFolder('codes', 'labels.npy')).toString('latin1')).toContain("'shape': (13,)");
  const values = new Float32Array(new Uint8Array(codes.subarray(codes.length - 13 * 6 * 4)).buffer);
  // The first and the last image are equal.
  for (let i = 0; i < 6; i++) expect(values[12 * 6 + i]).toBeCloseTo(values[i], 5);
  const parquet = readFileSync(inFolder('codes', 'codes.parquet'));
  expect(parquet.subarray(0, 4).toString()).toBe('PAR1');
  expect(parquet.subarray(-4).toString()).toBe('PAR1');
});

test('ae neighbors finds the identical picture first, by key and by index', async () => {
  const text = await aeOk(folder, 'neighbors', 'run', 'photos.lmdb', '00000000_a/disc-000.png', '--grid', 'near.png');
  expect(text).toMatch(/^00000000_a\/disc-000\.png, nearest first by euclidean distance:\n {2}0\.0000 {2}00000012_b/);
  expect(await size('near.png')).toEqual([6 * 36 + 4, 40]);
  const [found] = jsonLines(
    await aeOk(folder, 'neighbors', 'run', 'photos.lmdb', '12', '--count', '1', '--metric', 'cosine', '--json'),
  );
  expect(found).toMatchObject({ key: '00000012_b/disc-000.png', neighbors: [{ index: 0 }] });
});

test('ae neighbors takes an image from elsewhere, of any size', async () => {
  const picture = inFolder('photos', 'b', 'disc-000.png');
  copyFileSync(picture, inFolder('mine.png'));
  const text = await aeOk(
    folder,
    'neighbors',
    'run',
    'photos.lmdb',
    'mine.png',
    '--count',
    '2',
    '--grid',
    'of-mine.png',
  );
  expect(text).toMatch(
    /^mine\.png, nearest .*\n {2}0\.0000 {2}00000000_a\/disc-000.*\n {2}0\.0000 {2}00000012_b\/disc-000/m,
  );
  expect(await size('of-mine.png')).toEqual([3 * 36 + 4, 40]);
  await sharp(picture).resize(160, 160, { kernel: 'nearest' }).toFile(inFolder('larger.png'));
  const printed = await aeOk(folder, 'neighbors', 'run', 'photos.lmdb', 'larger.png', '--count', '1', '--json');
  const found = jsonLines(printed).find((line) => 'neighbors' in line);
  expect(found).toMatchObject({ key: 'larger.png', neighbors: [{ index: 0 }] });
  expect(found).not.toHaveProperty('index');
});

test('ae interpolate draws a row for each kind of masks, with both images at the ends', async () => {
  const text = await aeOk(
    folder,
    'interpolate',
    'run',
    'photos.lmdb',
    '0',
    '5',
    'way.png',
    '--steps',
    '3',
    '--scale',
    '1',
  );
  expect(text).toMatch(
    /row 1 {2}the first image's masks\n {2}row 2 .*\n {2}row 3 {2}fixed masks, which carry no information/,
  );
  expect(await size('way.png')).toEqual([5 * 20 + 4, 3 * 20 + 4]);
  const corner = await sharp(inFolder('way.png')).extract({ left: 4, top: 4, width: 16, height: 16 }).raw().toBuffer();
  expect(corner).toEqual(discPixels(0, 16));
});

describe('ae sample', () => {
  test('draws the same images for the same seed, different ones for another, with fixed or given masks', async () => {
    const draw = (out: string, ...args: string[]) =>
      aeOk(folder, 'sample', 'run', out, '--count', '5', '--columns', '3', '--scale', '1', ...args);
    await draw('one.png', '--seed', '1');
    await draw('again.png', '--seed', '1');
    await draw('other.png', '--seed', '2');
    await draw('masked.png', '--seed', '1', '--masks', 'photos.lmdb', '--image', '3');
    const pictures = ['one', 'again', 'other', 'masked'].map((name) => readFileSync(inFolder(`${name}.png`)));
    expect(await size('one.png')).toEqual([3 * 20 + 4, 2 * 20 + 4]);
    expect(pictures[1].equals(pictures[0])).toBe(true);
    expect(pictures[2].equals(pictures[0])).toBe(false);
    expect(pictures[3].equals(pictures[0])).toBe(false);
  });

  test("draws images like the run's training images, like others, or from the prior", async () => {
    const draw = async (out: string, ...args: string[]) => {
      const text = await aeOk(folder, 'sample', 'run', out, '--count', '2', ...args);
      return [text, readFileSync(inFolder(out)).toString('base64')];
    };
    const [own, named, prior] = [
      await draw('own.png'),
      await draw('named.png', '--codes-of', 'photos.lmdb'),
      await draw('prior.png', '--prior'),
    ];
    expect(own[0]).toMatch(/2 images drawn with seed 0, like the codes of .*photos\.lmdb/);
    expect(named[1]).toBe(own[1]);
    const [said, pixels] = await draw('folder.png', '--codes-of', 'photos');
    expect({ said, pixels }).toEqual({ said: expect.stringContaining('like the codes of photos'), pixels: own[1] });
    expect(prior[0]).toMatch(/2 images drawn with seed 0$/m);
    expect(prior[1]).not.toBe(own[1]);
  });
});

test('ae backend --bench measures the training speed of engines', async () => {
  const [{ auto, backends, bench }] = jsonLines(await aeOk(folder, 'backend', '--bench', '0.1', '--json'));
  expect(backends).toContainEqual(expect.objectContaining({ name: auto, available: true, eligible: true }));
  expect(bench).toContainEqual({ name: 'wasm', imagesPerSecond: expect.any(Number) });
});
