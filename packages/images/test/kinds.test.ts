/** Images of rare kinds have OpenCV's pixels, or are refused by name (test/fixtures/make_kinds.py). */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../src/image/decode';
import { toPlanarBgr } from '../src/pixels/channels';
import { fixture } from './fixture';

interface Packed {
  shape: [number, number, number];
  pixelsChwBgr: string;
}

const { kinds } = JSON.parse(fs.readFileSync(fixture('kinds.json'), 'utf8')) as {
  kinds: Record<string, { color: Packed | null; gray: Packed | null }>;
};
const read = (name: string) => fs.readFileSync(fixture(`kinds/${name}`));

const refused: Record<string, RegExp> = {
  'float.tif': /received a TIFF file of floating-point numbers, which have no range of brightness;/,
  'int32.tif': /received a TIFF file of signed numbers;/,
  'lab.tif': /received a TIFF file with CIELab colors;/,
  'ycbcr.tif': /received a TIFF file with YCbCr colors that are not JPEG-compressed;/,
};

describe.each(Object.keys(kinds))('%s', (name) => {
  const expected = kinds[name]!;

  it('decodes to the pixels of cv2.imread, or is refused by name', async () => {
    if (refused[name]) {
      await expect(decodeImage(read(name), { mode: 'color' })).rejects.toThrow(refused[name]);
      return;
    }
    for (const mode of ['color', 'gray'] as const) {
      const { shape, pixelsChwBgr } = expected[mode] as Packed;
      const pixels = await decodeImage(read(name), { mode, orient: true });
      expect([pixels.channels, pixels.height, pixels.width]).toEqual(shape);
      const planar = toPlanarBgr(pixels);
      const differences = [...Buffer.from(pixelsChwBgr, 'base64')].map((value, i) => Math.abs(value - planar[i]!));
      // Gray is converted from RGB here: libpng and libjpeg convert from what is in the file.
      const allowed = mode === 'color' || /no-end\.jpg|half-end\.jpg|gray/.test(name) ? 0 : /jpg/.test(name) ? 5 : 1;
      expect(Math.max(...differences), mode).toBeLessThanOrEqual(allowed);
    }
  });
});

it('a JPEG that lacks more than its end marker is refused, however little is missing', async () => {
  for (const name of ['no-end.jpg', 'no-end-progressive.jpg', 'no-end-cmyk.jpg']) {
    const file = read(name);
    const whole = await decodeImage(file, { mode: 'color' });
    for (let bytes = 1; bytes < 70; bytes++) {
      const cut = await decodeImage(file.subarray(0, file.length - bytes), { mode: 'color' }).catch(String);
      // What was cut off may consist only of bits that pad the last byte.
      if (typeof cut !== 'string') expect(cut, `${name} without ${bytes} bytes`).toEqual(whole);
      else expect(cut).toContain('received a JPEG file that is damaged or truncated');
    }
  }
});

it('a JPEG may have anything after its end', async () => {
  for (const name of ['no-end.jpg', 'no-end-progressive.jpg', 'no-end-cmyk.jpg']) {
    const tail = Buffer.from('ffd90000ff00abffda0102', 'hex');
    const [whole, more] = [read(name), Buffer.concat([read(name), tail])];
    expect(await decodeImage(more, { mode: 'color' })).toEqual(await decodeImage(whole, { mode: 'color' }));
  }
});

it('transparent parts of a GIF have the requested background', async () => {
  const pixels = await decodeImage(read('transparent.gif'), { mode: 'color', background: [1, 2, 3] });
  const stored = await decodeImage(read('transparent.gif'));
  expect(stored.channels).toBe(4);
  for (let i = 0; i < 42; i++) {
    if (stored.data[4 * i + 3] === 0) expect([...pixels.data.subarray(3 * i, 3 * i + 3)]).toEqual([1, 2, 3]);
  }
});
