/** Files that claim to be huge, or are of kinds that no decoder should see. */
import fs from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../src/image/decode';
import { readImageSize } from '../src/kind/kind';
import { fixture } from './fixture';

const HEIGHT = 5;
const WIDTH = 7;
const picture = sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#f80' } });
/** A file of each kind, and the positions of its height and width. */
const kinds: [string, () => Promise<Buffer>, (file: Buffer) => void][] = [
  ['jpeg', () => picture.clone().jpeg().toBuffer(), (file) => patchJpeg(file)],
  ['progressive jpeg', () => picture.clone().jpeg({ progressive: true }).toBuffer(), (file) => patchJpeg(file)],
  ['png', () => picture.clone().png().toBuffer(), (file) => [16, 20].map((at) => file.writeUInt32BE(60_000, at))],
  ['gif', () => picture.clone().gif().toBuffer(), (file) => [6, 8].map((at) => file.writeUInt16LE(60_000, at))],
  [
    'lossy webp',
    () => picture.clone().webp().toBuffer(),
    (file) => [26, 28].map((at) => file.writeUInt16LE(0x3fff, at)),
  ],
  [
    'lossless webp',
    () => picture.clone().webp({ lossless: true }).toBuffer(),
    (file) => file.writeUInt32LE(0x0fffffff, 21),
  ],
  ['tiff', () => picture.clone().tiff().toBuffer(), (file) => patchTiff(file)],
  ['avif', () => picture.clone().avif().toBuffer(), (file) => patchAvif(file)],
  [
    'bmp',
    async () => fs.readFileSync(fixture('images/color.bmp')),
    (file) => [18, 22].map((at) => file.writeInt32LE(60_000, at)),
  ],
];

function patchJpeg(file: Buffer): void {
  const frame = file.findIndex((byte, i) => byte === 0xff && [0xc0, 0xc2].includes(file[i + 1] as number));
  for (const at of [5, 7]) file.writeUInt16BE(60_000, frame + at);
}

function patchTiff(file: Buffer): void {
  const directory = file.readUInt32LE(4);
  for (let at = directory + 2; at < directory + 2 + 12 * file.readUInt16LE(directory); at += 12) {
    if ([256, 257].includes(file.readUInt16LE(at))) {
      file.writeUInt16LE(4, at + 2);
      file.writeUInt32LE(60_000, at + 8);
    }
  }
}

function patchAvif(file: Buffer): void {
  const size = file.indexOf('ispe');
  for (const at of [8, 12]) file.writeUInt32BE(60_000, size + at);
}

describe.each(kinds)('an image of kind %s', (kind, make, enlarge) => {
  it('reports its size, and is not decoded above the limit', async () => {
    const file = await make();
    const size = readImageSize(file);
    expect(size).toMatchObject({ kind: kind.split(' ').at(-1) });
    const [height, width] = kind === 'bmp' ? [24, 31] : [HEIGHT, WIDTH];
    expect([size?.height, size?.width]).toEqual([height, width]);
    expect((await decodeImage(file, { mode: 'color', maxPixels: height * width })).data.length).toBe(
      3 * height * width,
    );
    await expect(decodeImage(file, { name: 'a', maxPixels: height * width - 1 })).rejects.toThrow(
      `[images] a: its header says ${width}x${height} pixels, more than the limit of ${height * width - 1}; raise the limit if this is intended.`,
    );
  });

  it('that claims to be huge is refused for that reason', async () => {
    const file = await make();
    enlarge(file);
    await expect(decodeImage(file)).rejects.toThrow(
      /image: its header says \d{5}x\d{5} pixels, more than the limit of 89478485/,
    );
  });
});

it.each([
  ['<svg xmlns="http://www.w3.org/2000/svg" width="32000" height="32000"><rect width="9" height="9"/></svg>', 'an SVG'],
  ['  <?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', 'an XML file, such as an SVG drawing'],
  ['%PDF-1.7', 'a PDF document'],
  ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'a HEIC file'],
  ['P6\n64 64\n255\n', 'a Netpbm file (.ppm, .pgm)'],
  ['P5\n92 112\n255\n', 'a Netpbm file (.ppm, .pgm)'],
  ['\0\0\x01\0\x01\0\x10\x10', 'an icon (.ico)'],
  ['v/1\x01\x02\0\0\0', 'an OpenEXR file'],
  ['P6 5 7 255\n', '11 bytes'],
  ['version https://git-lfs.github.com/spec/v1\n', 'a Git LFS pointer'],
])('no decoder sees %j', async (text, named) => {
  await expect(decodeImage(Buffer.from(text, 'latin1'))).rejects.toThrow(`received ${named}`);
});

it('a TIFF with too many pages is refused for that reason, and one whose pages form a cycle is read', async () => {
  const tags = [
    ...[
      [256, 2],
      [257, 2],
      [258, 8],
      [259, 1],
      [262, 1],
      [273, 8],
      [277, 1],
      [278, 2],
      [279, 4],
    ],
  ] as [tag: number, value: number][];
  const pages = (count: number, last: number) => {
    const bytes = 6 + 12 * tags.length;
    const file = Buffer.alloc(12 + bytes * count);
    file.write('II*\0', 'latin1');
    file.writeUInt32LE(12, 4);
    file.set([1, 2, 3, 4], 8);
    for (let page = 0, at = 12; page < count; page++, at += bytes) {
      file.writeUInt16LE(tags.length, at);
      for (const [i, [tag, value]] of tags.entries()) {
        for (const [k, number] of [tag, 3].entries()) file.writeUInt16LE(number, at + 2 + 12 * i + 2 * k);
        file.writeUInt32LE(1, at + 6 + 12 * i);
        file.writeUInt32LE(value, at + 10 + 12 * i);
      }
      file.writeUInt32LE(page < count - 1 ? at + bytes : last, at + bytes - 4);
    }
    return file;
  };
  expect([...(await decodeImage(pages(3, 12))).data]).toEqual([1, 2, 3, 4]);
  await expect(decodeImage(pages(10_001, 0))).rejects.toThrow(/a TIFF file of more than 10,000 pages/);
});
