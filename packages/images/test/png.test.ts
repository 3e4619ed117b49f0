/** Grids and PNG files, which sharp reads back. */
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { drawGrid, encodePng, toRgbImage } from '../src/entries/png';

const image = (value: number, height = 2, width = 3) => ({
  ...{ channels: 1, height, width },
  data: new Uint8Array(height * width).fill(value),
});

it('a PNG file contains exactly the pixels', async () => {
  const data = Uint8Array.from({ length: 3 * 17 * 13 }, (_, i) => (i * 37 + (i >> 3)) & 255);
  const { data: read, info } = await sharp(encodePng({ width: 17, height: 13, data }))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([17, 13, 3]);
  expect(new Uint8Array(read)).toEqual(data);
});

it('a grid has its images in their places, and its background between them', () => {
  const grid = drawGrid([[[image(0), image(10)], [image(20)]], [[image(30)]]], {
    ...{ scale: 1, gap: 1, groupGap: 3, margin: 2, ground: 99 },
  });
  expect([grid.width, grid.height]).toEqual([2 + 3 + 1 + 3 + 2, 2 + 2 + 1 + 2 + 3 + 2 + 2]);
  const at = (x: number, y: number) => grid.data[3 * (y * grid.width + x)];
  expect([at(0, 0), at(2, 2), at(5, 2), at(6, 2), at(2, 5), at(6, 5), at(2, 10)]).toEqual([99, 0, 99, 10, 20, 99, 30]);
});

it('colors are blue first, and alpha is left out; floats are rounded and clamped to bytes', () => {
  const pixel = (data: number[]) => ({ channels: data.length, height: 1, width: 1, data: Float32Array.from(data) });
  const rgb = (data: number[]) => [...toRgbImage(pixel(data)).data];
  expect(rgb([1, 2, 3])).toEqual([3, 2, 1]);
  expect(rgb([1, 2, 3, 4])).toEqual([3, 2, 1]);
  expect(rgb([300, -4])).toEqual([255, 255, 255]);
  expect(rgb([99.6, 0, 300])).toEqual([255, 0, 100]);
});
