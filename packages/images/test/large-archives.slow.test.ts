/** Archives larger than 4 GB, made of sparse files: how much memory and disk space they take. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openImages } from '../src/entries/index';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'images-large-'));
const inFolder = (name: string) => path.join(folder, name);
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const gigabytes = 2 ** 30;
const image = fs.readFileSync(new URL('fixtures/images/gray.jpg', import.meta.url));

/**
 * A tar header. Sizes that do not fit in eleven octal digits are written in base 256 by GNU, and in a record before the header by POSIX.
 */
function header(name: string, bytes: number, type = '0'): Buffer {
  const block = Buffer.alloc(512);
  block.write(`${name}\0`, 0, 'latin1');
  block.write('0000644\0', 100);
  if (bytes < 8 ** 11) block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  else {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(bytes), 128);
  }
  block.write(`        ${type}`, 148);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** A header whose size is only in a POSIX record. */
function posixHeader(name: string, bytes: number): Buffer {
  const fields = ` size=${bytes}\n`;
  const record = Buffer.from(`${fields.length + 2}${fields}`);
  return Buffer.concat([header('PaxHeaders/x', record.length, 'x'), padded(record), header(name, 0)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 511)]);
}

/** Writes pieces one after the other; a number is a hole of that many bytes. */
function writeFile(name: string, pieces: Iterable<Buffer | number>): string {
  const fd = fs.openSync(inFolder(name), 'w');
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece !== 'number') fs.writeSync(fd, piece, 0, piece.length, at);
    at += typeof piece === 'number' ? piece : piece.length;
  }
  fs.ftruncateSync(fd, at);
  fs.closeSync(fd);
  return inFolder(name);
}

const file = (name: string) => Buffer.concat([header(name, image.length), padded(image)]);
const end = Buffer.alloc(1024);

beforeAll(() => {
  expect(image.length).toBeGreaterThan(0);
});

test.each([
  ['base 256', header],
  ["POSIX's records", posixHeader],
])('a member of 9 GB (%s) is passed over, and images behind it are read', async (_, headerOf) => {
  const pieces = [file('a/1.jpg'), headerOf('film.mp4', 9 * gigabytes), 9 * gigabytes, file('b/2.jpg')];
  const tar = writeFile('film.tar', [
    ...pieces,
    headerOf('b/huge.jpg', 9 * gigabytes),
    9 * gigabytes,
    file('c/3.jpg'),
    end,
  ]);
  const images = await openImages(tar);
  expect(images.names).toEqual(['a/1.jpg', 'b/2.jpg', 'b/huge.jpg', 'c/3.jpg']);
  const [first] = [await images.at(0)];
  for (const i of [1, 3]) expect((await images.at(i))?.data).toEqual(first?.data);
  await expect(images.at(2)).rejects.toThrow(/huge\.jpg has 9663676416 bytes, more than the limit of \d+\.$/);
  images.close();
});

test('a tar that ends within a member of 9 GB is refused', async () => {
  const tar = writeFile('cut.tar', [file('a/1.jpg'), header('a/huge.jpg', 9 * gigabytes), 8 * gigabytes]);
  await expect(openImages(tar)).rejects.toThrow(/cut\.tar is truncated: it ends in the middle of a\/huge\.jpg/);
});

test('a tar of tars of 22 GB with 200,000 images takes less than a kilobyte per image, and no disk space', () => {
  const [tars, each] = [100, 2000];
  function* pieces() {
    yield* [header('n.mp4', 22 * gigabytes), 22 * gigabytes];
    for (let t = 0; t < tars; t++) {
      const name = `n${String(t).padStart(8, '0')}`;
      yield header(`${name}.tar`, each * 512 + end.length);
      for (let i = 0; i < each; i++) yield header(`${name}_${i}.JPEG`, 0);
      yield end;
    }
    yield end;
  }
  const tar = writeFile('tars.tar', pieces());
  const script = `
    const { openImageSource } = await import(${JSON.stringify(new URL('../dist/archives.js', import.meta.url).href)});
    const { images, classes } = await openImageSource([${JSON.stringify(tar)}]);
    const last = images.at(-1);
    console.log(JSON.stringify([images.length, classes.length, last.name, last.packed.offset > 22 * 2 ** 30]));`;
  const heap = ['--max-old-space-size=160', '--max-semi-space-size=16'];
  const { stdout, stderr } = spawnSync(process.execPath, [...heap, '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect(stderr.slice(0, 2000)).toBe('');
  expect(JSON.parse(stdout)).toEqual([200_000, 100, 'n00000099/n00000099_999.JPEG', true]);
  expect(fs.readdirSync(folder).filter((name) => name.startsWith('ae-'))).toEqual([]);
});

/** The parts of a zip: stored files with sizes and offsets beyond 32 bits, and more than 16 bits can count. */
function* zip(files: Iterable<[name: string, data: Buffer | number]>): Generator<Buffer | number> {
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, data] of files) {
    const bytes = typeof data === 'number' ? data : data.length;
    const text = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    // Sizes and the checksum follow the data.
    local.writeUInt16LE(8, 6);
    local.writeUInt16LE(text.length, 26);
    const sum = typeof data === 'number' ? 0 : crc32(data);
    const descriptor = Buffer.alloc(24);
    descriptor.writeUInt32LE(0x08074b50, 0);
    descriptor.writeUInt32LE(sum, 4);
    descriptor.writeBigUInt64LE(BigInt(bytes), 8);
    descriptor.writeBigUInt64LE(BigInt(bytes), 16);
    directory.push(entry(text, sum, bytes, at));
    yield* [local, text, data, descriptor];
    at += local.length + text.length + bytes + descriptor.length;
  }
  yield* directory;
  yield ending(
    directory.length,
    directory.reduce((sum, { length }) => sum + length, 0),
    at,
  );
}

function entry(name: Buffer, sum: number, bytes: number, at: number): Buffer {
  const block = Buffer.alloc(46);
  block.writeUInt32LE(0x02014b50, 0);
  block.writeUInt16LE(8, 8);
  block.writeUInt32LE(sum, 16);
  block.fill(0xff, 20, 28);
  block.writeUInt16LE(name.length, 28);
  block.writeUInt16LE(28, 30);
  block.fill(0xff, 42, 46);
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  for (const [i, value] of [bytes, bytes, at].entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return Buffer.concat([block, name, extra]);
}

function ending(count: number, bytes: number, at: number): Buffer {
  const block = Buffer.alloc(56 + 20 + 22);
  block.writeUInt32LE(0x06064b50, 0);
  block.writeBigUInt64LE(44n, 4);
  for (const [i, value] of [count, count, bytes, at].entries()) block.writeBigUInt64LE(BigInt(value), 24 + 8 * i);
  block.writeUInt32LE(0x07064b50, 56);
  block.writeBigUInt64LE(BigInt(at + bytes), 64);
  block.writeUInt32LE(1, 72);
  block.writeUInt32LE(0x06054b50, 76);
  block.fill(0xff, 84, 96);
  return block;
}

test('the images of a zip with 70,003 entries and 14 GB, with descriptors after the data, are found', async () => {
  function* files(): Generator<[string, Buffer | number]> {
    yield ['a/1.jpg', image];
    yield ['film.mp4', 9 * gigabytes];
    yield ['b/huge.jpg', 5 * gigabytes];
    for (let i = 0; i < 70_000; i++) yield [`c/${String(i).padStart(5, '0')}.jpg`, i === 69_999 ? image : 0];
  }
  const images = await openImages(writeFile('many.zip', zip(files())));
  expect([images.length, images.classes]).toEqual([70_002, ['a', 'b', 'c']]);
  expect((await images.at(-1))?.data).toEqual((await images.at(0))?.data);
  await expect(images.at(1)).rejects.toThrow(/huge\.jpg has 5368709120 bytes, more than the limit of \d+/);
  images.close();
});
