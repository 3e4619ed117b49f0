/** Every kind of image file that records can contain works in all commands: it is verified, named, and exported to a file of its kind. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { discPixels, jsonLines, makeFolder, makeLmdb, remove } from './ae';
import { ae, aeOk } from './one-process';

const size = 16;
const folder = makeFolder();
afterAll(() => remove(folder));
const image = (number: number) => sharp(discPixels(number, size), { raw: { width: size, height: size, channels: 3 } });

/** An uncompressed 24-bit BMP, bottom row first. */
function bmp(number: number): Buffer {
  const header = Buffer.alloc(54);
  header.write('BM', 'latin1');
  for (const [at, value] of Object.entries({ 10: 54, 14: 40, 18: size, 22: size }))
    header.writeUInt32LE(value, Number(at));
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  const rgb = discPixels(number, size);
  const rows = Array.from({ length: size }, (_, y) => rgb.subarray((size - 1 - y) * size * 3, (size - y) * size * 3));
  return Buffer.concat([header, ...rows]);
}

const kinds: readonly (readonly [name: string, extension: string, make: () => Promise<Buffer>])[] = [
  ['JPEG', 'jpg', () => image(0).jpeg().toBuffer()],
  ['PNG', 'png', () => image(1).png().toBuffer()],
  ['WebP', 'webp', () => image(2).webp().toBuffer()],
  ['GIF', 'gif', () => image(3).gif().toBuffer()],
  ['TIFF', 'tif', () => image(4).tiff().toBuffer()],
  ['AVIF', 'avif', () => image(5).avif().toBuffer()],
  ['BMP', 'bmp', async () => bmp(6)],
];
let files: Buffer[];

beforeAll(async () => {
  files = await Promise.all(kinds.map(([, , make]) => make()));
  const database = (name: string, data: readonly Buffer[]) =>
    makeLmdb(
      path.join(folder, name),
      data.map((file, label) => ({ data: file, encoded: true, label })),
    );
  await database('kinds.lmdb', files);
  await database('drawing.lmdb', [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')]);
}, 60_000);

test('verify decodes them all', async () => {
  const [found] = jsonLines(await aeOk(folder, 'verify', 'kinds.lmdb', '--json'));
  expect(found).toMatchObject({ ok: true, records: kinds.length, readable: kinds.length, damage: [] });
});

test('inspect names the kind of each', async () => {
  const printed = await aeOk(folder, 'inspect', 'kinds.lmdb', '--json');
  for (const [name] of kinds) expect(printed).toContain(`{"encoding":"${name} files","count":1}`);
});

test('export writes each to a file of its kind, byte for byte, which an import of that folder reads', async () => {
  await aeOk(folder, 'export', 'kinds.lmdb', 'files');
  const names = readdirSync(path.join(folder, 'files')).sort();
  expect(names.map((name) => path.extname(name)).sort()).toEqual(kinds.map(([, extension]) => `.${extension}`).sort());
  for (const [i, [, extension]] of kinds.entries()) {
    const name = names.find((one) => one.endsWith(`.${extension}`)) as string;
    expect(readFileSync(path.join(folder, 'files', name)).equals(files[i]), extension).toBe(true);
  }
  expect(await aeOk(folder, 'import', 'files', 'again.lmdb')).toMatch(new RegExp(`${kinds.length} (images|records)`));
}, 30_000);

test('verify and export describe any other file in the same way', async () => {
  const what = 'an SVG drawing (convert it to JPEG or PNG first), which is not JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP';
  const verified = await ae(folder, 'verify', 'drawing.lmdb', '--json');
  expect(jsonLines(verified.stdout)[0]).toMatchObject({ ok: false, readable: 0 });
  expect(verified.stdout).toContain(what);
  const exported = await ae(folder, 'export', 'drawing.lmdb', 'drawings');
  expect(exported.stderr).toContain(`key 00000000_a: expected an image file, received ${what}`);
  expect(existsSync(path.join(folder, 'drawings'))).toBe(false);
});
