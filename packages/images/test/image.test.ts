import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../src/image/decode';
import { toPlanarBgr } from '../src/pixels/channels';
import type { Pixels } from '../src/pixels/pixels';
import { resizeAntialiased } from '../src/resize/antialiased';
import { resizeBilinear } from '../src/resize/bilinear';
import { planResize } from '../src/resize/plan';
import { resizePixels } from '../src/resize/resize';
import { fixture, sha256 } from './fixture';

interface Packed {
  shape: [number, number, number];
  pixelsChwBgr: string;
}
interface GoldenImage {
  sha256: string;
  color: Packed;
  gray: Packed;
  resized?: Packed[];
  antialiased?: Packed[];
}

const { images } = JSON.parse(fs.readFileSync(fixture('images.json'), 'utf8')) as {
  images: Record<string, GoldenImage>;
};
const names = Object.keys(images);
const read = (name: string) => fs.readFileSync(fixture(`images/${name}`));

/** Largest difference of any pixel. Shapes must be equal. */
function worstDifference(pixels: Pixels, expected: Packed): number {
  expect([pixels.channels, pixels.height, pixels.width]).toEqual(expected.shape);
  const planar = toPlanarBgr(pixels);
  return Buffer.from(expected.pixelsChwBgr, 'base64').reduce(
    (worst, value, i) => Math.max(worst, Math.abs(value - planar[i]!)),
    0,
  );
}

describe.each(names)('%s', (name) => {
  const expected = images[name]!;

  it('decodes to the colors of cv::imread', async () => {
    expect(sha256(read(name))).toBe(expected.sha256);
    const pixels = await decodeImage(read(name), { mode: 'color', orient: true });
    expect(worstDifference(pixels, expected.color)).toBe(0);
  });

  it('decodes to the gray of cv::imread', async () => {
    const pixels = await decodeImage(read(name), { mode: 'gray', orient: true });
    // OpenCV uses a JPEG's own luminance, like our decoder; sharp converts RGB to another gray.
    const isLuminance = /^(color|gray|subsampled).*jpe?g$/i.test(name);
    expect(worstDifference(pixels, expected.gray)).toBeLessThanOrEqual(isLuminance ? 0 : 1);
  });
});

describe('the EXIF orientation', () => {
  const file = read('exif-6.jpg');
  const start = file.indexOf(Buffer.from([0xff, 0xe1]));
  const end = start + 2 + file.readUInt16BE(start + 2);
  const exif = file.subarray(start, end);
  const without = Buffer.concat([file.subarray(0, start), file.subarray(end)]);
  const frame = without.indexOf(Buffer.from([0xff, 0xc0]));
  const insert = (at: number, ...parts: Buffer[]) =>
    Buffer.concat([without.subarray(0, at), ...parts, without.subarray(at)]);
  const unturned = Buffer.from(exif);
  unturned[unturned.lastIndexOf(6)] = 1;

  it.each([
    ['may stand behind the frame header', insert(frame + 2 + without.readUInt16BE(frame + 2), exif)],
    ['is that of the first segment', insert(frame, exif, unturned)],
  ])('%s, as cv::imread takes it', async (_, moved) => {
    const pixels = await decodeImage(moved, { mode: 'color', orient: true });
    expect(worstDifference(pixels, images['exif-6.jpg']!.color)).toBe(0);
  });
});

describe.each(names.filter((name) => images[name]!.resized))('%s', (name) => {
  const load = () => decodeImage(read(name), { mode: 'color', orient: true });

  it('resizes to exactly the pixels of cv::resize', async () => {
    const pixels = await load();
    for (const packed of images[name]!.resized!) {
      const [, height, width] = packed.shape;
      expect(worstDifference(resizeBilinear(pixels, { height, width }), packed)).toBe(0);
    }
  });

  it('resizes, antialiased, to exactly the pixels of Pillow', async () => {
    const pixels = await load();
    for (const packed of images[name]!.antialiased!) {
      const [, height, width] = packed.shape;
      expect(worstDifference(resizeAntialiased(pixels, { height, width }), packed)).toBe(0);
    }
  });
});

describe('resizing', () => {
  /** Left half black, right half white, 4 high and 8 wide. */
  const halves: Pixels = {
    data: Uint8Array.from({ length: 32 }, (_, i) => (i % 8 < 4 ? 0 : 255)),
    channels: 1,
    height: 4,
    width: 8,
  };

  it('crop keeps the center, fill adds black borders, squash keeps everything', () => {
    const target = { height: 10, width: 10 };
    const wide = { height: 50, width: 100 };
    expect(planResize(wide, target, 'crop').source).toEqual({ top: 0, left: 25, height: 50, width: 50 });
    expect(planResize(wide, target, 'fill').placed).toEqual({ top: 2, left: 0, height: 5, width: 10 });
    expect(planResize(wide, target, 'squash')).toEqual({
      source: { top: 0, left: 0, ...wide },
      placed: { top: 0, left: 0, ...target },
    });
  });

  it.each(['antialiased', 'bilinear'] as const)('%s: fill keeps the picture between its borders', (resampler) => {
    const target = { height: 4, width: 4 };
    const gray = { ...halves, data: new Uint8Array(32).fill(200) };
    const { data, ...shape } = resizePixels(gray, { target, fit: 'fill', resampler });
    expect(shape).toEqual({ channels: 1, height: 4, width: 4 });
    expect([...data]).toEqual([0, 200, 200, 0].flatMap((value) => Array(4).fill(value)));
  });

  it('antialiased averages all pixels; bilinear uses four', () => {
    const stripes: Pixels = {
      data: Uint8Array.from({ length: 64 }, (_, i) => (i % 8 === 0 ? 255 : 0)),
      channels: 1,
      height: 1,
      width: 64,
    };
    const target = { height: 1, width: 8 };
    const soft = resizePixels(stripes, { target, fit: 'squash', resampler: 'antialiased' });
    const hard = resizePixels(stripes, { target, fit: 'squash', resampler: 'bilinear' });
    expect([...hard.data]).toEqual(Array(8).fill(0));
    for (const value of soft.data.subarray(1, 7)) expect(value).toBeCloseTo(255 / 8, -1);
  });

  it('resizes to and from a single pixel', () => {
    const pixel = { height: 1, width: 1 };
    const one = resizePixels(halves, { target: pixel, fit: 'crop', resampler: 'antialiased' });
    expect([one.height, one.width, one.data.length]).toEqual([1, 1, 1]);
    const six = { height: 3, width: 2 };
    const many = resizePixels(one, { target: six, fit: 'squash', resampler: 'antialiased' });
    expect([...many.data]).toEqual(Array(6).fill(one.data[0]));
  });
});

it('the colors of a BMP are where its masks say', async () => {
  const usual = read('32-bit.bmp');
  const moved = Buffer.concat([usual.subarray(0, 54), Buffer.alloc(12), usual.subarray(54)]);
  moved.writeUInt32LE(3, 30);
  moved.writeUInt32LE(usual.readUInt32LE(10) + 12, 10);
  for (const [i, mask] of [0xff000000, 0xff0000, 0xff00].entries()) moved.writeUInt32LE(mask, 54 + 4 * i);
  for (let at = moved.readUInt32LE(10); at < moved.length; at += 4) {
    moved.writeUInt32LE(((moved.readUInt32LE(at) << 8) | 0x5a) >>> 0, at);
  }
  expect(await decodeImage(moved, { mode: 'color' })).toEqual(await decodeImage(usual, { mode: 'color' }));
});

describe('images that no decoder here reads', () => {
  const frame = read('color.jpg').indexOf(Buffer.from([0xff, 0xc0]));
  const jpeg = (at: number, byte: number) => {
    const file = Buffer.from(read('color.jpg'));
    file[frame + at] = byte;
    return file;
  };
  const tiff = (tag: number, value: number) => {
    const file = Buffer.from(fs.readFileSync(fixture('kinds/rgba.tif')));
    const directory = file.readUInt32LE(4);
    for (let at = directory + 2; at < directory + 2 + 12 * file.readUInt16LE(directory); at += 12) {
      if (file.readUInt16LE(at) === tag) file.writeUInt16LE(value, at + 8);
    }
    return file;
  };
  const avis = Buffer.from('\0\0\0\x18ftypavis\0\0\0\0avismsf1', 'latin1');

  it.each<[string, Buffer, string]>([
    ['12 bits', jpeg(4, 12), 'a JPEG file of 12 bits per sample'],
    ['JPEG-LS', jpeg(1, 0xf7), 'a JPEG file with JPEG-LS compression'],
    ['Zstandard', tiff(259, 50000), 'a TIFF file with Zstandard compression'],
    ['an animation', avis, 'an AVIF file that is an animation'],
  ])('%s: the error says so, and not that they are damaged', async (_, file, what) => {
    await expect(decodeImage(file)).rejects.toThrow(
      `expected a valid image, received ${what}, which is not supported; replace it or leave it out.`,
    );
  });
});

describe('damaged images', () => {
  const bmp = (change: (file: Buffer) => void) => {
    const file = Buffer.from(read('color.bmp'));
    change(file);
    return file;
  };

  const bmpOfMasks = (masks: number[]) => {
    const file = Buffer.from(fs.readFileSync(fixture('kinds/16-bit-565.bmp')));
    for (const [i, mask] of masks.entries()) file.writeUInt32LE(mask, 54 + 4 * i);
    return file;
  };
  const oldBmp = (width: number, height: number) => {
    const file = Buffer.from(fs.readFileSync(fixture('kinds/old-24.bmp')));
    file.writeUInt16LE(width, 18);
    file.writeUInt16LE(height, 20);
    return file;
  };

  // The text does not come from libvips, whose threads share one message, which varies between runs.
  it.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /received an empty file;/],
    ['text', Buffer.from('no image'), /received 8 bytes, which are not JPEG, .* or BMP;/],
    ['half of a JPEG', read('color.jpg').subarray(0, 700), /received a JPEG file that is damaged or truncated;/],
    ['half of a PNG', read('color.png').subarray(0, 700), /received a PNG file that is damaged or truncated;/],
    ['half of a BMP', read('color.bmp').subarray(0, 700), /received a truncated BMP file;/],
    ['the head of a BMP', read('color.bmp').subarray(0, 30), /received a truncated BMP file;/],
    ['2 bits per pixel', bmp((file) => file.writeUInt16LE(2, 28)), /received a BMP file of 2 bits per pixel;/],
    [
      'a JPEG in a BMP',
      bmp((file) => file.writeUInt32LE(4, 30)),
      /received a BMP file with an unsupported compression;/,
    ],
    ['an odd header', bmp((file) => file.writeUInt32LE(16, 14)), /received a BMP file with a header of 16 bytes;/],
    ['few bits per color', bmpOfMasks([0xf00, 0xf0, 0xf]), /received a BMP file with unusual bits of colors;/],
    [
      'half of the runs',
      fs.readFileSync(fixture('kinds/runs-8.bmp')).subarray(0, -20),
      /received a truncated BMP file;/,
    ],
    ['a small huge BMP', oldBmp(60_000, 50_000), /cat: its header says 60000x50000 pixels, more than/],
    ['a BMP without rows', bmp((file) => file.writeInt32LE(0, 22)), /received a BMP file of 31x0 pixels;/],
    [
      'a huge BMP',
      bmp((file) => file.writeInt32LE(-(2 ** 31), 22)),
      /cat: its header says 31x2147483648 pixels, more than/,
    ],
  ])('%s: the error says so', async (_, file, text) => {
    await expect(decodeImage(file, { name: 'cat' })).rejects.toThrow(text);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('not an image at all')],
    ['half of a PNG', read('color.png').subarray(0, 700)],
    ['half of a JPEG', read('color.jpg').subarray(0, 700)],
  ])('%s is an error that names the image', async (_, bytes) => {
    const error = await decodeImage(bytes, { name: 'cat.jpg' }).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'BAD_IMAGE' });
    expect(error.message).toMatch(
      /^\[images\] cat\.jpg: expected a valid image, received .*; replace it or leave it out\.$/,
    );
  });
});
