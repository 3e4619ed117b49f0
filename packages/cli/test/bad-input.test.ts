import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { caffeKey, DatumWriter } from '@ae/lmdb-datum';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, mainFile, makeFolder, makeLmdb, makePictures, plainDatum, remove } from './ae';
import { ae, aeOk } from './one-process';

/** A folder with good databases of 16x16 and 20x20, a network for 16x16, and every kind of bad input. */
const folder = makeFolder();
afterAll(() => remove(folder));

beforeAll(async () => {
  await makePictures(path.join(folder, 'pictures'), 12);
  await aeOk(folder, 'import', 'pictures', 'good.lmdb');
  await aeOk(folder, 'import', 'pictures', 'larger.lmdb', '--resize', '20');
  await aeOk(folder, 'train', 'good.lmdb', '--epochs', '1', '--no-report', '--out', 'run');
  await makeLmdb(path.join(folder, 'empty.lmdb'), []);
  await makeLmdb(path.join(folder, 'mixed.lmdb'), [...Array(5).fill(plainDatum(16, 16)), plainDatum(20, 16)]);
  copyFileSync(path.join(folder, 'good.lmdb', 'data.mdb'), path.join(folder, 'truncated.mdb'));
  truncateSync(path.join(folder, 'truncated.mdb'), 20_000);
  writeFileSync(path.join(folder, 'notes.txt'), 'not a database\n'.repeat(1000));
  mkdirSync(path.join(folder, 'no-pictures'));
  cut(path.join(folder, 'pictures', 'disc-000.png'), path.join(folder, 'only-bad', 'cut.png'));
}, 60_000);

/** Copies the first half of a file. */
function cut(from: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true });
  const bytes = readFileSync(from);
  writeFileSync(to, bytes.subarray(0, bytes.length >> 1));
}

/** Runs `ae`, which must fail with one matching line and leave the folder unchanged. */
async function expectRefusal(args: string[], message: RegExp): Promise<void> {
  const before = readdirSync(folder, { recursive: true }).sort();
  const { code, stderr } = await ae(folder, ...args);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n'), 'one line').toHaveLength(1);
  expect(stderr, 'no stack trace').not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
  expect(readdirSync(folder, { recursive: true }).sort(), 'nothing written').toEqual(before);
}

const lmdbCommands: Record<string, string[]> = {
  inspect: ['inspect', 'BAD'],
  verify: ['verify', 'BAD'],
  mean: ['mean', 'BAD', 'x.binaryproto'],
  export: ['export', 'BAD', 'x'],
  resize: ['resize', 'BAD', 'x.lmdb', '16'],
  train: ['train', 'BAD'],
  val: ['train', 'good.lmdb', '--val', 'BAD'],
  test: ['test', 'run', 'BAD'],
};
/** Each bad database is given to every command that reads one, except those that accept it. */
const readers = (bad: string, ...except: string[]) =>
  Object.entries(lmdbCommands)
    .filter(([name]) => !except.includes(name))
    .map(([, args]) => [args.map((arg) => (arg === 'BAD' ? bad : arg))]);

describe('arguments in the wrong order', () => {
  test.each<[string[], RegExp]>([
    [
      ['import', 'pictures', 'x.lmdb', '--encoded', 'jpg'],
      /the last argument, jpg, is taken as out\.lmdb, but image files of that type are chosen with --encode-type jpg; if it is meant as a name, write \.\/jpg\./,
    ],
    [
      ['import', 'pictures', 'x.lmdb', '--resize', '64', '64'],
      /the last argument, 64, is taken as out\.lmdb, but --resize takes one value, such as 64 or 48x64;/,
    ],
    [
      ['import', 'pictures', 'x.lmdb', '--shuffle', 'yes'],
      /the last argument, yes, is taken as out\.lmdb, but switches such as --shuffle take no value;/,
    ],
    [
      ['convert', 'pictures', 'a.tar', 'b.tar'],
      /a\.tar does not exist, and is taken as images; only the last argument, here b\.tar, is out\./,
    ],
    [
      ['import', 'x.lmdb', 'pictures'],
      /x\.lmdb does not exist, but pictures does; images come first, and out\.lmdb last\./,
    ],
    [['train', 'good.lmdb', '--val', '1'], /--val: expected images, or a fraction between 0 and 1, .* received "1"\./],
    [
      ['test', 'pictures', 'good.lmdb'],
      /pictures contains no network \(no model\.json\); name the folder that ae train/,
    ],
    [['test', 'notes.txt', 'good.lmdb'], /notes\.txt is a file, but the folder of a network is expected;/],
    [['test', 'nowhere', 'good.lmdb'], /nowhere does not exist; name the folder that ae train or save\(\) wrote\./],
  ])('ae %j', (args, message) => expectRefusal(args, message));
});

describe('a missing path', () => {
  test.each(readers('nowhere.lmdb'))('ae %j', (args) =>
    expectRefusal(args, /nowhere\.lmdb does not exist; name a folder of images, or an LMDB\./),
  );

  test('of images', () =>
    expectRefusal(
      ['import', 'nowhere', 'x.lmdb'],
      /nowhere does not exist; name a folder of images, an archive, or a list file\./,
    ));

  test.each([
    ['import', 'https://example.com/a.jpg', 'x.lmdb'],
    ['inspect', 'file:///photos/a.jpg'],
  ])('that is an address: ae %s %s', (...args) =>
    expectRefusal(args, /a\.jpg is an address, but images are read from files; download it, and pass its path\./),
  );

  test('of a network', () =>
    expectRefusal(['test', 'nowhere', 'good.lmdb'], /nowhere\S* does not exist; name the folder/));

  test('of the folder for an output file', () =>
    expectRefusal(
      ['inspect', 'good.lmdb', '--grid', 'nowhere/x.png'],
      /nowhere\/x\.png is in a folder that does not exist; create that folder first\./,
    ));
});

describe('a file that is not an LMDB', () => {
  test.each(readers('notes.txt', 'val'))('ae %j', (args) =>
    expectRefusal(args, /notes\.txt is a text file, but not a list of existing images; name images, a folder, a list/),
  );
  test.each(readers('no-pictures', 'val', 'mean', 'export'))('ae %j', (args) =>
    expectRefusal(args, /no-pictures is not an LMDB \(it contains no data\.mdb\)/),
  );
});

describe('an empty LMDB', () => {
  test.each(readers('empty.lmdb', 'inspect', 'verify', 'resize'))('ae %j', (args) =>
    expectRefusal(args, /empty\.lmdb is empty; fill it with ae import\./),
  );

  test('cannot be resized', () =>
    expectRefusal(
      ['resize', 'empty.lmdb', 'x.lmdb', '16'],
      /empty\.lmdb: expected images, received no readable record; check the path\./,
    ));

  test('is described by ae inspect', async () => {
    expect(await aeOk(folder, 'inspect', 'empty.lmdb')).toMatch(/records\s+0$/m);
  });
});

describe('a truncated data file', () => {
  test.each(readers('truncated.mdb', 'verify', 'val'))('ae %j', (args) =>
    expectRefusal(args, /truncated\.mdb: .*expected .*received/),
  );
});

describe('datums of mixed sizes', () => {
  const message =
    /mixed\.lmdb: key 00000005_a: expected 3x16x16 \(channels x height x width\), like the first image, received 3x20x16; resize them with ae resize/;
  test.each(readers('mixed.lmdb', 'inspect', 'verify', 'mean', 'export', 'resize'))('ae %j', (args) =>
    expectRefusal(args, message),
  );

  test('have no mean', () =>
    expectRefusal(
      ['mean', 'mixed.lmdb', 'x.binaryproto'],
      /key 00000005_a: expected 3x16x16, like the first record, received 3x20x16; resize the database first\./,
    ));

  test('are listed by ae inspect', async () => {
    expect(await aeOk(folder, 'inspect', 'mixed.lmdb')).toContain('3x16x16 (5), 3x20x16 (1)');
  });
});

describe('images of another size than the network', () => {
  test('in ae test', () =>
    expectRefusal(
      ['test', 'run', 'larger.lmdb'],
      /larger\.lmdb: expected images of 3x16x16 .* for the network of run\S+, received 3x20x20; import with --resize 16x16/,
    ));

  test('in validation', () =>
    expectRefusal(
      ['train', 'good.lmdb', '--val', 'larger.lmdb'],
      /larger\.lmdb: expected images of 3x16x16 .* received 3x20x20/,
    ));

  test('that no network of this kind can take', async () => {
    await makeLmdb(path.join(folder, 'tiny.lmdb'), [plainDatum(3, 3)]);
    await expectRefusal(
      ['train', 'tiny.lmdb'],
      /tiny\.lmdb: the network cannot take images of 3x3x3 .*, the size of the first one;/,
    );
  });
});

describe('images that cannot be read', () => {
  test('among good ones are counted and named, and the others are imported', async () => {
    await makePictures(path.join(folder, 'some-bad'), 3);
    cut(path.join(folder, 'pictures', 'disc-001.png'), path.join(folder, 'some-bad', 'cut.jpg'));
    const report = await aeOk(folder, 'import', 'some-bad', 'some-bad.lmdb');
    expect(report).toContain('some-bad.lmdb: 3 images of 3x16x16');
    expect(report).toMatch(/skipped 1 image that cannot be read:\n {2}some-bad\/cut\.jpg: expected/);
  });

  test('and no others', () =>
    expectRefusal(['import', 'only-bad', 'x.lmdb'], /only-bad: its only image cannot be read\./));
  test('not even a single one', () =>
    expectRefusal(['import', 'no-pictures', 'x.lmdb'], /no-pictures contains no images; check the path/));
});

describe('ae inspect --grid', () => {
  const grid = (name: string) => path.join(folder, `${name}.png`);

  test('shrinks images that do not fit in the grid', async () => {
    await makeLmdb(path.join(folder, 'poster.lmdb'), [plainDatum(3000, 6000), ...Array(9).fill(plainDatum(16, 16))]);
    await aeOk(folder, 'inspect', 'poster.lmdb', '--grid', 'poster.png', '--scale', '16');
    const { width, height } = await sharp(grid('poster')).metadata();
    expect(width * height).toBeLessThan(80e6);
  });

  test('shows the other images beside a damaged one, and says so', async () => {
    const writer = await DatumWriter.open(path.join(folder, 'one-bad.lmdb'));
    await writer.put(caffeKey(0, 'a'), plainDatum(16, 16));
    await writer.putBytes(caffeKey(1, 'a'), new Uint8Array([0xff, 1]));
    await writer.close();
    const { code, stdout, stderr } = await ae(folder, 'inspect', 'one-bad.lmdb', '--grid', 'one-bad.png');
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'note: one-bad.png lacks 1 image that cannot be read.\n' });
    expect(stdout).toMatch(/damaged {4}1 record; the first is 00000001_a: expected a Datum/);
    expect((await sharp(grid('one-bad')).metadata()).width).toBe(2 * 16 + 8);
  });

  test('accepts only the extension of the file it writes', () =>
    expectRefusal(['inspect', 'good.lmdb', '--grid', 'x.jpg'], /x\.jpg: expected a name that ends in \.png/));
});

test('ae inspect needs no sharp for JPEG files', async () => {
  await aeOk(folder, 'import', 'pictures', 'jpeg.lmdb', '--encode-type', 'jpg');
  const hook = path.join(folder, 'no-sharp.mjs');
  writeFileSync(
    hook,
    `import { register } from 'node:module';
     register('data:text/javascript,' + encodeURIComponent(
       'export const resolve = (name, context, next) => { if (name === "sharp") throw new Error("no sharp"); return next(name, context); }'));`,
  );
  const child = spawn(process.execPath, ['--import', hook, mainFile, 'inspect', 'jpeg.lmdb'], { cwd: folder });
  const { code, stdout, stderr } = await collect(child);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/size +3x16x16, .*\n +stored as +JPEG files/);
});

test('ae export --lenient names the damage if no record can be read', () =>
  expectRefusal(
    ['export', 'truncated.mdb', 'x', '--lenient'],
    /truncated\.mdb: none of the records can be read, even with --lenient: .*truncated/,
  ));

test.skipIf(!existsSync('/dev/full'))('a full disk behind standard output is one sentence', async () => {
  const child = spawn('sh', ['-c', `"$0" "$1" inspect good.lmdb > /dev/full`, process.execPath, mainFile], {
    cwd: folder,
  });
  const { code, stderr } = await collect(child);
  expect(stderr).toBe(
    'ae inspect: Standard output cannot be written: the disk is full; free some space or choose another place.\n',
  );
  expect(code).toBe(1);
});

describe('an output that exists', () => {
  test.each([
    [['import', 'pictures', 'good.lmdb'], /good\.lmdb already exists; delete it, or choose another output/],
    [
      ['train', 'good.lmdb', '--out', 'run'],
      /run already contains a run; continue it with ae train --resume run, or choose another folder\./,
    ],
    [['test', 'run', 'good.lmdb', '--save-prefix', 'run'], /run already exists; delete it or choose another name\.$/m],
    [['mean', 'good.lmdb', 'notes.txt'], /notes\.txt already exists; delete it or choose another name\.$/m],
    [['export', 'good.lmdb', 'pictures'], /pictures already exists; delete it or choose another name\.$/m],
    [['report', 'run', '--out', 'notes.txt'], /notes\.txt already exists; delete it or choose another name\.$/m],
    [['encode', 'run', 'good.lmdb', 'pictures'], /pictures already exists; delete it or choose another name\.$/m],
    [
      ['neighbors', 'run', 'good.lmdb', '0', '--grid', 'notes.txt'],
      /notes\.txt already exists; delete it or choose another name\.$/m,
    ],
    [
      ['interpolate', 'run', 'good.lmdb', '0', '1', 'notes.txt'],
      /notes\.txt already exists; delete it or choose another name\.$/m,
    ],
    [['sample', 'run', 'notes.txt'], /notes\.txt already exists; delete it or choose another name\.$/m],
    [
      ['inspect', 'good.lmdb', '--grid', 'notes.txt'],
      /notes\.txt already exists; delete it or choose another name\.$/m,
    ],
  ])('ae %j', expectRefusal);
});

describe('what a network or run lacks', () => {
  test.each([
    [['neighbors', 'run', 'good.lmdb', '12'], /good\.lmdb: expected a key, or a number from 0 to 11, received "12";/],
    [['interpolate', 'run', 'good.lmdb', '0', 'cat', 'x.png'], /good\.lmdb: expected a key, or a number .*"cat";/],
    [
      ['sample', 'run', 'x.png', '--prior'],
      /--prior: run\/model is not variational, .*; leave --prior out, or train with /,
    ],
    [
      ['sample', 'run', 'x.png', '--codes-of', 'larger.lmdb'],
      /larger\.lmdb: expected images of 3x16x16 .* received 3x20x20/,
    ],
    [['report', 'pictures'], /pictures\/config\.json is missing; name the folder of a run/],
    [['train', '--resume', 'pictures'], /pictures\/config\.json is missing; name the folder of a run/],
    [['encode', 'run', 'larger.lmdb', 'x'], /larger\.lmdb: expected images of 3x16x16 .* received 3x20x20/],
  ])('ae %j', expectRefusal);
});

test('--verbose shows where an error came from', async () => {
  const { stderr } = await ae(folder, 'inspect', 'notes.txt', '--verbose');
  expect(stderr).toMatch(/^\s+at /m);
  expect(existsSync(path.join(folder, 'runs'))).toBe(false);
});
