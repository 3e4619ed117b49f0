/** Commands accept a folder of images wherever they accept an LMDB. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openDatumLmdb } from '@ae/lmdb-datum';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, makePictures, remove, startAe } from './ae';
import { ae, aeOk } from './one-process';

const folder = makeFolder();
// Before the process that runs the commands starts.
process.env.AE_CACHE = path.join(folder, 'cache');
afterAll(() => remove(folder));

const inFolder = (...parts: string[]) => path.join(folder, ...parts);
const databases = () => readdirSync(inFolder('cache', 'images')).filter((name) => name.endsWith('.lmdb'));

beforeAll(async () => {
  for (const name of ['red', 'green']) await makePictures(inFolder('photos', name), 10, 24);
  // Versions of one picture, and a file that is not a picture.
  for (const name of ['disc-000 (1).png', 'disc-000-copy.png', 'disc-000_flip.png']) {
    copyFileSync(inFolder('photos', 'red', 'disc-000.png'), inFolder('photos', 'red', name));
  }
  writeFileSync(
    inFolder('photos', 'green', 'cut.png'),
    readFileSync(inFolder('photos', 'green', 'disc-001.png')).subarray(0, 90),
  );
  await aeOk(folder, 'train', 'photos', '--val', '0.25', '--resize', '16', '--out', 'run', ...small);
}, 60_000);

const small = [
  '--preset',
  'torch7',
  '--code-size',
  '8',
  '--recipe',
  'plain',
  '--epochs',
  '1',
  '--no-report',
  '--no-pca',
];
const config = () => JSON.parse(readFileSync(inFolder('run', 'config.json'), 'utf8'));

describe('ae train on a folder', () => {
  test('holds out a quarter of the images for validation, and remembers which', async () => {
    expect(config().data).toMatchObject({ train: { count: 17, path: inFolder('photos') }, validation: { count: 6 } });
    expect(config().inputShape).toEqual([16, 16, 3]);
    const { stderr, code } = await ae(folder, 'train', '--resume', 'run', '--epochs', '2', '--no-report', '--no-pca');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(config().resumed).toHaveLength(1);
  });

  test.each([
    ['red/disc-000.png', 'one image is too few to train on: the network memorizes it'],
    ['green/disc-00{0..2}.png', '3 images are too few to train on: the network memorizes them'],
  ])('says of %s that it is too few', async (images, said) => {
    const place = `photos/${images}`;
    const { code, stderr } = await ae(
      folder,
      'train',
      place,
      '--resize',
      '16',
      '--out',
      `few-${said.length}`,
      ...small,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`note: ${place}: ${said}`) });
  });

  test('imports once, until the images change', async () => {
    const before = databases();
    const { stderr } = await ae(folder, 'test', 'run', 'photos', '--no-baselines', '--no-report');
    expect(stderr).toContain('only the images that run held out for validation');
    expect(stderr).toMatch(
      /photos: 23 images of 3x16x16 imported earlier, without 1 unreadable image; they are read from/,
    );
    expect(stderr).toMatch(/skipped: \S*cut\.png/);
    expect(databases()).toEqual(before);
    utimesSync(inFolder('photos', 'green', 'disc-002.png'), 1, 1);
    await ae(folder, 'test', 'run', 'photos', '--no-baselines', '--no-report');
    expect(databases()).toHaveLength(before.length + 1);
  });

  test('finds the parts of a data set', async () => {
    for (const part of ['train', 'val']) await makePictures(inFolder('set', part, 'discs'), 6, 20);
    const { stderr } = await ae(folder, 'train', 'set', '--resize', '16', '--out', 'run-set', ...small);
    expect(stderr).toContain('set: training on set/train, validating on set/val.');
    const { data } = JSON.parse(readFileSync(inFolder('run-set', 'config.json'), 'utf8'));
    expect(data).toMatchObject({ train: { name: 'set/train', count: 6 }, validation: { name: 'set/val', count: 6 } });
  });

  test('refuses a fraction that leaves nothing', async () => {
    const { stderr } = await ae(folder, 'train', 'set/val', '--val', '0.01', '--resize', '16');
    expect(stderr).toContain(
      '--val: expected a fraction that leaves some of the 6 images of set/val on either side, received 0.01',
    );
  });
});

describe('commands that take a folder', () => {
  test('inspect, verify and mean', async () => {
    expect(JSON.parse(await aeOk(folder, 'inspect', 'photos', '--json')).sizes).toEqual([
      { size: '3x24x24', count: 23 },
    ]);
    expect(JSON.parse(await aeOk(folder, 'verify', 'photos', '--json')).ok).toBe(true);
    const mean = JSON.parse(await aeOk(folder, 'mean', 'photos', 'mean.binaryproto', '--resize', '8', '--json'));
    expect(mean).toMatchObject({ count: 23, height: 8, width: 8 });
  });

  test.skipIf(process.platform !== 'linux')('skip what a pattern finds and cannot name, with a note', async () => {
    mkdirSync(inFolder('latin'));
    for (const name of ['a.png', 'caf\xe9.png']) {
      copyFileSync(inFolder('photos', 'red', 'disc-001.png'), Buffer.from(inFolder('latin', name), 'latin1'));
    }
    const { code, stdout, stderr } = await ae(folder, 'inspect', 'latin/*.png', '--json');
    expect({ code, sizes: JSON.parse(stdout).sizes }).toEqual({ code: 0, sizes: [{ size: '3x24x24', count: 1 }] });
    expect(stderr).toContain('caf\ufffd.png does not exist, or its name is not UTF-8, which a pattern loses');
    expect(JSON.parse(await aeOk(folder, 'inspect', 'latin', '--json')).sizes[0].count).toBe(2);
  });

  test('list and clear what they imported', async () => {
    const { databases: all } = JSON.parse(await aeOk(folder, 'cache', '--json'));
    expect(all.length).toBe(databases().length);
    expect(await aeOk(folder, 'cache', 'clear')).toMatch(/^removed \d+ imports, /);
    expect(databases()).toEqual([]);
  });

  test('of two at once, only one imports', async () => {
    const both = [1, 2].map(
      () => startAe(['mean', 'photos', `both-${Math.random()}.binaryproto`, '--json'], folder).finished,
    );
    for (const { code, stdout } of await Promise.all(both))
      expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, count: 23 });
    expect(databases()).toHaveLength(1);
    const reader = openDatumLmdb(inFolder('cache', 'images', databases()[0]));
    expect(reader.length).toBe(23);
    reader.close();
  });
});

describe('ae reconstruct', () => {
  const metadata = (...parts: string[]) => sharp(inFolder(...parts)).metadata();

  test('writes a PNG file of one image, at the size of the network', async () => {
    await aeOk(folder, 'reconstruct', 'run', 'photos/red/disc-001.png', 'one.png');
    expect(await metadata('one.png')).toMatchObject({ format: 'png', width: 16, height: 16 });
    await aeOk(folder, 'reconstruct', 'run', 'photos/red/disc-001.png', 'both.png', '--side-by-side');
    expect((await metadata('both.png')).width).toBeGreaterThan(32);
  });

  test('writes a folder of PNG files with the same names for many images', async () => {
    const said = JSON.parse(await aeOk(folder, 'reconstruct', 'run', 'photos', 'many', '--json'));
    expect(said).toMatchObject({ output: 'many', count: 23, size: '3x16x16' });
    expect(readdirSync(inFolder('many', 'red'))).toHaveLength(13);
    expect(
      await sharp(inFolder('many', 'red', 'disc-001.png'))
        .raw()
        .toBuffer(),
    ).toEqual(await sharp(inFolder('one.png')).raw().toBuffer());
  });

  test('refuses a single file for many images', async () => {
    const { stderr } = await ae(folder, 'reconstruct', 'run', 'photos', 'x.png');
    expect(stderr).toContain(
      'x.png: expected the name of a new folder for 23 images, received that of a file; leave out .png.',
    );
  });
});

describe('the wrong thing in place of images', () => {
  const cases: [string[], RegExp][] = [
    [
      ['test', 'photos', 'run'],
      /run is a network and photos is not: the network comes first, then the images; swap the two\.$/m,
    ],
    [
      ['train', 'run'],
      /run is the folder of a run, but images are expected here; the network comes first, as in ae test run <images>/,
    ],
    [['inspect', 'run/model'], /run\/model is the folder of a saved network, but images are expected here/],
    [['test', 'photos', 'photos'], /photos/],
    [
      ['resize', 'photos', 'x.lmdb', '16'],
      /photos is not an LMDB.*import them at that size: ae import photos x\.lmdb --resize 16x16\./,
    ],
  ];
  test.each(cases)('ae %j', async (args, message) => {
    const { code, stderr } = await ae(folder, ...args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });

  test('a folder of other files', async () => {
    mkdirSync(inFolder('others'));
    renameSync(inFolder('mean.binaryproto'), inFolder('others', 'mean.binaryproto'));
    const { stderr } = await ae(folder, 'train', 'others');
    expect(stderr).toContain(
      'others is not an LMDB (it contains no data.mdb), and it contains no images, only mean.binaryproto; check the path and the file names.',
    );
  });
});
