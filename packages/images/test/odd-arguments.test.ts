/** Whatever a public function is given, it throws an error of this package with one sentence. */
import { testOddArguments } from '@ae/testing/odd-arguments';
import { expect, test } from 'vitest';
import * as images from '../src/entries/index';

const pixels = { data: new Uint8Array(3), width: 1, height: 1, channels: 3 };
const png = await images.encodePng({ ...pixels, channels: 3 });
const image = new images.RawImage(new Uint8Array(3), 1, 1, 3);
const folder = images.imageFolder([png]);
const fit = { fit: 'crop', resampler: 'bilinear' } as const;
const read = { channels: 3, resize: { width: 1, height: 1, ...fit }, background: '#ffffff', maxPixels: 9 } as const;

const decoded = { mode: 'gray', orient: true, background: [0, 0, 0], name: 'a', maxPixels: 9 };
testOddArguments(
  {
    'decodeImage()': [images.decodeImage, png, decoded],
    'drawGrid()': [images.drawGrid, [[[pixels]]]],
    'encodeImage()': [images.encodeImage, pixels, 'jpeg', 90],
    'encodePng()': [images.encodePng, pixels],
    'fromPixels()': [images.fromPixels, pixels],
    'fromPixels() of sharp': [images.fromPixels, { data: new Uint8Array(3), info: { ...pixels, data: undefined } }],
    'fromTensor()': [images.fromTensor, { shape: [1, 1, 3], dtype: 'int32', data: async () => [1, 2, 3] }],
    'imageFolder()': [images.imageFolder, [png], read],
    'kindOfImage()': [images.kindOfImage, png],
    'kindOfPixels()': [images.kindOfPixels, pixels],
    'new ImageFolder()': [
      (...args: [never, never, never]) => new images.ImageFolder(...args),
      [{ name: 'a', read: () => image }],
      {},
      {},
    ],
    'new RawImage()': [
      (...args: [never, never, never, never, never]) => new images.RawImage(...args),
      ...[new Uint8Array(3), 1, 1, 3, { name: 'a', label: 1 }],
    ],
    'openImages()': [
      async (places: never, options: never) => (await images.openImages(places, options)).close(),
      [import.meta.dirname],
      { channels: 3, maxPixels: 9 },
    ],
    'readImage()': [images.readImage, png, read],
    'readImageSize()': [images.readImageSize, png],
    'resizePixels()': [images.resizePixels, pixels, { target: { height: 1, width: 1 }, ...fit }],
    'toColor()': [images.toColor, pixels],
    'toGray()': [images.toGray, pixels, true],
    'toInterleavedRgb()': [images.toInterleavedRgb, new Uint8Array(3), 3, 1, 1],
    'toPlanarBgr()': [images.toPlanarBgr, pixels],
    'toRgbImage()': [images.toRgbImage, pixels],
    'image.convert()': [image.convert.bind(image), 4, { background: '#ffffff' }],
    'image.resize()': [image.resize.bind(image), 2, 2, fit],
    'image.toJpeg()': [image.toJpeg.bind(image), { quality: 90 }],
    'image.toTensor()': [image.toTensor.bind(image), { tensor3d: () => 1 }],
    'folder.at()': [folder.at.bind(folder), 0, read],
  },
  images.ImagesError,
);

test('says what is expected', async () => {
  expect(() => images.kindOfImage('photo.jpg' as never)).toThrow(
    '[images] kindOfImage: expected the bytes of an image file, received "photo.jpg"; readImage takes paths, addresses, Files and Blobs.',
  );
  const short = { data: new Uint8Array(5), channels: 3, height: 2, width: 1 };
  expect(() => images.toGray(short)).toThrow(/^\[images\] toGray: expected pixels, .*, received 5 values for 3x2x1\.$/);
  expect(() => images.drawGrid([])).toThrow(/^\[images\] drawGrid: expected groups of rows of images/);
  expect(() => new images.ImageFolder([], {}, null as never)).toThrow(
    '[images] new ImageFolder: expected images that imageFolder() has listed, received []; call imageFolder(place).',
  );
  await expect(images.encodeImage(pixels, 'bmp' as never)).rejects.toThrow(
    `[images] kind: expected 'jpeg', 'png' or 'webp', received "bmp".`,
  );
  await expect(images.decodeImage(png, { mode: 'gris' as never })).rejects.toThrow(
    `[images] mode: expected 'stored', 'color' or 'gray', received "gris".`,
  );
  await expect(folder.at(0.5)).rejects.toThrow(
    '[images] at: expected a whole number, the index of an image, received 0.5.',
  );
  const tooFew = { shape: [2, 1, 3], dtype: 'int32', data: async () => [1, 2, 3] };
  await expect(images.fromTensor(tooFew)).rejects.toThrow(
    '[images] fromTensor, number of values: expected 6, received 3.',
  );
});
