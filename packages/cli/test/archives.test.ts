/** Archives instead of folders of images: the results are the same as for the folder. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatumLmdb } from '@ae/lmdb-datum';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, makePictures, remove } from './ae';
import { ae, aeOk } from './one-process';

const folder = makeFolder();
afterAll(() => remove(folder));
const inFolder = (...names: string[]) => path.join(folder, ...names);
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../images/test/fixtures/archives/${name}`, import.meta.url));
const tar = (...args: string[]) => execFileSync('tar', args, { cwd: folder });

beforeAll(async () => {
  await makePictures(inFolder('photos', 'cat'), 4);
  await makePictures(inFolder('photos', 'dog'), 3);
  tar('-cf', 'photos.tar', 'photos');
  tar('-czf', 'photos.tgz', '-C', 'photos', '.');
  tar('-cf', 'archives.tar', 'photos.tgz');
  await aeOk(folder, 'import', 'photos', 'folder.lmdb');
});

const bytesOf = (name: string) => readFileSync(inFolder(name, 'data.mdb'));

describe('ae import', () => {
  test.each(['photos.tar', 'photos.tgz'])(
    '%s makes the same database as the folder, also when shuffled',
    async (name) => {
      await aeOk(folder, 'import', name, `${name}.lmdb`);
      expect(bytesOf(`${name}.lmdb`)).toEqual(bytesOf('folder.lmdb'));
      await aeOk(folder, 'import', name, `${name}-2.lmdb`, '--shuffle', '--resize', '8', '--workers', '1');
      const expected = `${name}-folder.lmdb`;
      await aeOk(folder, 'import', 'photos', expected, '--shuffle', '--resize', '8', '--workers', '1');
      expect(bytesOf(`${name}-2.lmdb`)).toEqual(bytesOf(expected));
    },
  );

  test('reads several shards in order, with their labels', async () => {
    const shards = ['shard-000000.tar', 'shard-000001.tar'].map(fixture);
    expect(await aeOk(folder, 'import', ...shards, 'shards.lmdb')).toContain('shards.lmdb: 4 images of 3x6x9');
    await aeOk(folder, 'import', fixture('shard-{000000..000001}.tar'), 'range.lmdb', '--encoded');
    const reader = openDatumLmdb(inFolder('range.lmdb'));
    const labels = [...reader].map(({ key, datum }) => `${key} ${datum.label}`);
    reader.close();
    expect(labels).toEqual([
      '00000000_000007.png 2',
      '00000001_000003.jpg 0',
      '00000002_000011.jpg 1',
      '00000003_000001.png 0',
    ]);
  });

  test('names and skips an image of an archive that does not decode', async () => {
    mkdirSync(inFolder('odd'));
    writeFileSync(inFolder('odd', 'bad.png'), 'no image');
    copyFileSync(inFolder('photos', 'dog', 'disc-000.png'), inFolder('odd', 'good.png'));
    tar('-cf', 'odd.tar', 'odd');
    const text = await aeOk(folder, 'import', 'odd.tar', 'odd.lmdb');
    expect(text).toMatch(
      /odd\.lmdb: 1 image .*\nskipped 1 image that cannot be read:\n {2}odd\.tar\/bad\.png: expected a valid image/,
    );
  });

  test('lists 20 of many classes', async () => {
    for (let i = 0; i < 22; i++) {
      mkdirSync(inFolder('many', `c${String(i).padStart(2, '0')}`), { recursive: true });
      copyFileSync(
        inFolder('photos', 'cat', 'disc-000.png'),
        inFolder('many', `c${String(i).padStart(2, '0')}`, 'a.png'),
      );
    }
    expect(await aeOk(folder, 'import', 'many', 'many.lmdb')).toMatch(
      /\nclasses: 0 c00, .*, 19 c19 and 2 more \(listed by --json\)\n/,
    );
  });

  test.each<[string[], RegExp]>([
    [
      [fixture('encrypted.zip'), 'x.lmdb'],
      /^ae import: \S+encrypted\.zip is encrypted \(.*\); unpack it with its password, and pass the folder\.\n$/,
    ],
    [
      [fixture('empty.zip'), 'x.lmdb'],
      /^ae import: \S+empty\.zip contains no images; check the path and the file names\.\n$/,
    ],
    [
      ['archives.tar', 'x.lmdb'],
      /^ae import: archives\.tar contains no images, only photos\.tgz; unpack it, and name the archives in it, such as photos\.tgz\.\n$/,
    ],
    [['photos.tar', '--labels', 'names', 'x.lmdb'], /--labels requires a list file, but a folder was given/],
    [['photos'], /^ae import: missing required argument 'out\.lmdb'; ae import --help shows the usage\.\n$/],
    [['nothing-*.tar', 'x.lmdb'], /^ae import: nothing-\*\.tar matches no files; check it, and quote it/],
  ])('%j is refused in a sentence', async (args, message) => {
    const { code, stderr } = await ae(folder, 'import', ...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });
});

describe('other commands', () => {
  test('read an archive like the folder', async () => {
    const { code, stdout, stderr } = await ae(folder, 'inspect', 'photos.tar');
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^note: photos\.tar: 7 images .* imported in /),
    });
    expect(stdout).toMatch(/records {4}7/);
    expect(await aeOk(folder, 'inspect', 'photos/**/*.png')).toMatch(/records {4}7/);
    expect(await aeOk(folder, 'verify', fixture('photos-snappy.parquet'))).toContain('6');
    await aeOk(folder, 'mean', 'photos.tgz', 'tgz.binaryproto', '--resize', '8');
    await aeOk(folder, 'mean', 'photos', 'folder.binaryproto', '--resize', '8');
    expect(readFileSync(inFolder('tgz.binaryproto'))).toEqual(readFileSync(inFolder('folder.binaryproto')));
  });

  test('say at once that there is not enough space for a copy', async () => {
    copyFileSync(inFolder('photos.tar'), inFolder('vast.tar'));
    truncateSync(inFolder('vast.tar'), 8e12);
    for (const command of ['inspect', 'verify']) {
      const { code, stderr } = await ae(folder, command, 'vast.tar');
      expect(stderr).toMatch(
        /: vast\.tar has 8\.00 TB, which would be copied to \S+, but only [\d.]+ [GT]B are free there; set AE_CACHE /,
      );
      expect(code).toBe(1);
    }
  });

  test('export the files of an archive or a folder', async () => {
    for (const name of ['photos.tar', 'photos']) {
      expect(await aeOk(folder, 'export', name, `${name}-files`)).toContain(`${name}-files: 7 images`);
      for (const file of ['cat/disc-003.png', 'dog/disc-000.png']) {
        expect(readFileSync(inFolder(`${name}-files`, file))).toEqual(readFileSync(inFolder('photos', file)));
      }
    }
  });

  test.each<[string, RegExp]>([
    [fixture('bzip2.zip'), /compresses a\.png with bzip2, which is not supported/],
    [
      fixture('empty.tar'),
      /empty\.tar is neither an image nor anything known to contain images; name images, a folder, a list or an archive/,
    ],
    [fixture('text.parquet'), /text\.parquet has no column of images among text/],
    [fixture('make_archives.py'), /make_archives\.py is a text file, but not a list of existing images/],
    ['photo.heic', /^ae inspect: photo\.heic is a HEIC file; convert it to JPEG or PNG first\.$/m],
    // Begins like a TIFF; the first bytes of a TIFF can describe just a thumbnail.
    ['photo.nef', /^ae inspect: photo\.nef is a RAW photograph; convert it to JPEG or PNG first\.$/m],
  ])('say what %s is', async (place, message) => {
    writeFileSync(inFolder('photo.heic'), '\0\0\0\x18ftypheic\0\0\0\0mif1heic');
    writeFileSync(inFolder('photo.nef'), Buffer.from('II*\0\x08\0\0\0\0\0'));
    const { code, stderr } = await ae(folder, 'inspect', place);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });
});

describe('ae convert', () => {
  test.each<[string[], string, RegExp]>([
    [['x.tar'], 'x.tar', /^x\.tar: 7 images in /],
    [
      ['y.tar', '--shard-images', '3'],
      'y-{000000..000002}.tar',
      /^y-000000\.tar to y-000002\.tar \(3 files\): 7 images in /,
    ],
    [['z', '--to', 'parquet', '--shard-size', '0.0003'], 'z-*', /^z-000000 to z-00000\d \(\d files\): 7 images in /],
    [['folder'], 'folder', /^folder: 7 images in /],
  ])('%j gives the database back', async (args, again, said) => {
    expect(await aeOk(folder, 'convert', 'folder.lmdb', ...args)).toMatch(said);
    await aeOk(folder, 'convert', again, `back-${args[0]}.lmdb`);
    expect(bytesOf(`back-${args[0]}.lmdb`)).toEqual(bytesOf('folder.lmdb'));
  });

  test('names its flags in errors', async () => {
    const { stderr } = await ae(folder, 'convert', 'photos', 'n.lmdb', '--shard-size', '5');
    expect(stderr).toMatch(
      /^ae convert: --shard-size: expected a tar or Parquet file as the output, received "n\.lmdb"/,
    );
    expect((await ae(folder, 'convert', 'photos')).stderr).toMatch(/missing required argument 'out'/);
  });
});
