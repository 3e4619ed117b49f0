/** Images in programs: read, made from other pixels, written and refused. Pixels are those of OpenCV and Pillow (fixtures/images.json). */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { scratchFolder } from '@ae/testing/scratch';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import * as api from '../src/entries/index';
import {
  fromPixels,
  fromTensor,
  ImagesError,
  imageFolder,
  RawImage,
  readImage,
  toPlanarBgr,
} from '../src/entries/index';
import { withSlashes } from '../src/files/patterns';
import { fixture } from './fixture';

interface Packed {
  readonly shape: readonly number[];
  readonly pixelsChwBgr: string;
}
const { images } = JSON.parse(fs.readFileSync(fixture('images.json'), 'utf8')) as {
  images: Record<string, { color: Packed; antialiased?: Packed[] }>;
};
const file = (name: string) => fixture(`images/${name}`);
const planar = (image: RawImage) => Buffer.from(toPlanarBgr(image)).toString('base64');

describe('readImage', () => {
  it.each(Object.keys(images))('%s: has the pixels of cv::imread, resized as by Pillow', async (name) => {
    const { color, antialiased = [] } = images[name];
    const image = await readImage(file(name), { channels: 3 });
    expect([image.channels, image.height, image.width]).toEqual(color.shape);
    expect(planar(image)).toBe(color.pixelsChwBgr);
    for (const { shape, pixelsChwBgr } of antialiased) {
      const [, height, width] = shape;
      expect(planar(await readImage(file(name), { channels: 3, resize: { width, height } }))).toBe(pixelsChwBgr);
      expect(planar(image.resize(width, height))).toBe(pixelsChwBgr);
    }
  });

  it('accepts a path, a URL, a Blob, bytes, and addresses', async () => {
    const bytes = fs.readFileSync(file('color.png'));
    const same = await readImage(file('color.png'));
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    const inputs = [pathToFileURL(file('color.png')), new Blob([bytes]), bytes, new Uint8Array(bytes), buffer];
    for (const input of [...inputs, `data:image/png;base64,${bytes.toString('base64')}`]) {
      expect((await readImage(input)).data).toEqual(same.data);
    }
    expect(same.name).toBe(file('color.png'));
  });

  it('keeps gray and alpha, unless told otherwise', async () => {
    const channels = async (name: string, options = {}) => (await readImage(file(name), options)).channels;
    expect(await channels('gray.jpg')).toBe(1);
    expect(await channels('gray-alpha.png')).toBe(4);
    expect(await channels('gray.jpg', { channels: 4 })).toBe(4);
    const white = await readImage(file('alpha.png'), { channels: 3, background: '#ffffff' });
    expect(white.data).toEqual((await readImage(file('alpha.png'))).convert(3, { background: '#ffffff' }).data);
  });
});

describe('what breaks while it is read is named in one sentence', () => {
  it('an address whose server hangs up', async () => {
    const server = http.createServer((_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('half', () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cat.jpg`;
    const error = await readImage(address).catch((caught: unknown) => caught);
    server.close();
    expect(error).toMatchObject({ code: 'NOT_READABLE' });
    expect((error as Error).message).toMatch(/^\[images\] http:\S*cat\.jpg could not be fetched \([^\n]+\)\.$/);
  });

  it('a Blob whose file has changed', async () => {
    const place = path.join(scratchFolder(), 'cat.jpg');
    fs.copyFileSync(file('color.jpg'), place);
    const blob = await fs.openAsBlob(place);
    fs.writeFileSync(place, 'another');
    const error = await readImage(blob).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'NOT_READABLE' });
    expect((error as Error).message).toMatch(/^\[images\] The Blob cannot be read \([^\n]+\)\.$/);
  });
});

describe('fromPixels', () => {
  it("accepts sharp's raw output, and images made from it survive PNG, JPEG and ImageData", async () => {
    const raw = await sharp(file('color.png')).raw().toBuffer({ resolveWithObject: true });
    const image = fromPixels(raw);
    expect(image.data).toEqual((await readImage(file('color.png'))).data);
    for (const made of [image, image.grayscale(), image.rgba()]) {
      const png = await sharp(await made.toPng())
        .raw()
        .toBuffer();
      const { channels } = await sharp(await made.toPng()).metadata();
      expect(channels).toBe(made.channels);
      if (channels !== 1) expect(png.equals(made.data)).toBe(true);
      expect(fromPixels(made.toImageData()).rgb().data).toEqual(made.rgb().data);
    }
    expect(await sharp(await image.rgba().toJpeg({ quality: 50 })).metadata()).toMatchObject({
      width: 32,
      format: 'jpeg',
    });
  });

  it('accepts a canvas, and interleaved pixels that say so', () => {
    const data = Uint8ClampedArray.of(1, 2, 3, 255, 4, 5, 6, 128);
    const getImageData = () => ({ data, width: 2, height: 1 });
    const image = fromPixels({ width: 2, height: 1, getContext: () => ({ getImageData }) });
    expect([...image.data, image.width, image.height, image.channels]).toEqual([...data, 2, 1, 4]);
    expect(fromPixels({ data: Uint8Array.of(1, 2, 3), width: 1, height: 1, channels: 3 }).channels).toBe(3);
  });
});

it('tensors are converted as by tf.browser', async () => {
  const image = new RawImage(Uint8Array.of(0, 128, 255, 1, 2, 3), 2, 1, 3);
  const tf = {
    tensor3d: (values: Int32Array, shape: number[], dtype: string) => ({ data: async () => values, shape, dtype }),
  };
  const tensor = image.toTensor(tf);
  expect(tensor.shape).toEqual([1, 2, 3]);
  expect((await fromTensor(tensor)).data).toEqual(image.data);
  const floats = { shape: [1, 2], dtype: 'float32', data: async () => Float32Array.of(0.5, 1.2) };
  expect([...(await fromTensor(floats)).data]).toEqual([128, 255]);
});

describe('imageFolder', () => {
  function photos(): string {
    const root = scratchFolder();
    for (const name of ['cat/a.jpg', 'cat/b.png', 'dog/c.bmp', 'notes.txt']) {
      fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      if (name.endsWith('txt')) fs.writeFileSync(path.join(root, name), '');
      else fs.copyFileSync(file(`color${path.extname(name)}`), path.join(root, name));
    }
    return root;
  }

  it('has names, and labels from class folders, and reads images on request', async () => {
    const folder = imageFolder(photos(), { resize: { width: 8, height: 8 } });
    expect([folder.length, folder.names, folder.labels, folder.classes]).toEqual([
      ...[3, ['cat/a.jpg', 'cat/b.png', 'dog/c.bmp'], [0, 0, 1], ['cat', 'dog']],
    ]);
    const last = await folder.at(-1, { channels: 1, resize: { width: 2, height: 2 } });
    expect(last).toMatchObject({ name: 'dog/c.bmp', label: 1, width: 8, channels: 1 });
    expect(await folder.at(3)).toBeUndefined();
    const names: unknown[] = [];
    for await (const { name } of folder) names.push(name);
    expect(names).toEqual(folder.names);
  });

  it('accepts patterns, lists and single files, without labels', async () => {
    const root = photos();
    const found = imageFolder(`${root}/**/*.{jpg,bmp}`);
    expect(found.names.map((name) => path.basename(name))).toEqual(['a.jpg', 'c.bmp']);
    expect(found.labels).toEqual([undefined, undefined]);
    expect(imageFolder([...found.names]).length).toBe(2);
    expect((await imageFolder(new Set([fs.readFileSync(file('color.jpg'))])).at(0))?.width).toBe(32);
    expect(imageFolder(path.join(root, 'cat/a.jpg')).names).toEqual(['a.jpg']);
  });

  it('reads Windows patterns, whose separator escapes the next character elsewhere', () => {
    expect(withSlashes('C:\\photos\\**\\*.jpg', path.win32.sep)).toBe('C:/photos/**/*.jpg');
    expect(withSlashes('photos/a\\*.jpg', path.posix.sep)).toBe('photos/a\\*.jpg');
  });

  it('says which image cannot be decoded, and what a path without images is', async () => {
    const root = photos();
    fs.writeFileSync(path.join(root, 'cat/a.jpg'), 'none');
    await expect(imageFolder(root).at(0)).rejects.toThrow(`${root}/cat/a.jpg: expected a valid image`);
    fs.writeFileSync(path.join(root, 'data.mdb'), '');
    expect(() => imageFolder(root)).toThrow(`${root} is an LMDB, not a folder of images; openDatumLmdb("${root}") of`);
    expect(() => imageFolder(`${root}/*.gif`)).toThrow(`${root}/*.gif matches no images.`);
    expect(() => imageFolder(`${root}/none`)).toThrow(`${root}/none does not exist`);
    await expect(readImage(root)).rejects.toThrow(`${root} is a folder; use imageFolder("${root}")`);
    const zip = fixture('archives/photos.zip');
    await expect(readImage(zip)).rejects.toThrow(`${zip} is an archive, not an image; use openImages("${zip}")`);
  });

  it.skipIf(process.platform === 'win32')('finds images by a pattern once, where a link leads back up', () => {
    const root = photos();
    fs.symlinkSync('..', path.join(root, 'dog', 'up'));
    fs.symlinkSync('cat', path.join(root, 'kittens'));
    const names = imageFolder(`${root}/**/*.jpg`).names.map((name) => path.relative(root, name));
    expect(names).toEqual(['cat/a.jpg', 'kittens/a.jpg']);
  });

  it.skipIf(process.platform !== 'linux')('says why an image is missing whose name is not UTF-8', async () => {
    const root = photos();
    fs.copyFileSync(file('color.jpg'), Buffer.from(`${root}/cat/caf\xe9.jpg`, 'latin1'));
    await expect(imageFolder(`${root}/**/*.jpg`).at(1)).rejects.toThrow(
      /cat\/caf\ufffd\.jpg does not exist, or its name is not UTF-8, which a pattern loses; name an image file\.$/,
    );
    expect((await imageFolder(root).at(2))?.name).toBe('cat/caf\ufffd.jpg');
  });
});

describe('unusable values cause errors with one sentence', () => {
  const image = new RawImage(new Uint8Array(12), 2, 2, 3);
  const odd: unknown[] = [
    null,
    undefined,
    '',
    'none',
    7,
    Number.NaN,
    [],
    {},
    true,
    () => 0,
    Symbol('x'),
    new Uint8Array(),
  ];
  /** The first argument of each is varied. */
  const calls: Record<string, (value: never) => unknown> = {
    'new RawImage': (value) => new RawImage(value, 2, 2, 3),
    'new RawImage, channels': (value) => new RawImage(new Uint8Array(12), 2, 2, value),
    readImage: (value) => readImage(value),
    'readImage, options': (value) => readImage(file('color.png'), { resize: value ?? { width: 0, height: 1 } }),
    fromPixels: (value) => fromPixels(value),
    fromTensor: (value) => fromTensor(value),
    imageFolder: (value) => imageFolder(value),
    ...Object.fromEntries(
      Object.getOwnPropertyNames(RawImage.prototype)
        .filter((name) => ['convert', 'resize', 'toJpeg', 'toTensor'].includes(name))
        .map((name) => [
          name,
          (value: never) => (image as unknown as Record<string, (v: never) => unknown>)[name](value),
        ]),
    ),
  };

  it('names all methods', () => {
    const plain = ['constructor', 'grayscale', 'rgb', 'rgba', 'toPng', 'toImageData'];
    expect(Object.getOwnPropertyNames(RawImage.prototype).filter((name) => !Object.hasOwn(calls, name))).toEqual(plain);
  });

  it.each(Object.keys(calls))('%s', async (name) => {
    for (const value of odd) {
      const error = await Promise.resolve()
        .then(() => calls[name](value as never))
        .then(
          () => undefined,
          (caught: unknown) => caught,
        );
      // Options may be left out.
      if (error === undefined && (value === undefined || (name === 'toJpeg' && typeof value === 'object'))) continue;
      expect(error, `${name} ${String(value)}`).toBeInstanceOf(ImagesError);
      expect((error as Error).message).toMatch(/^\[images\] [^\n]+\.$/);
    }
  });

  it('for a sharp object, the error says how to get its pixels', () => {
    expect(() => fromPixels(sharp(file('color.png')) as never)).toThrow(
      'received an object Sharp; for a sharp object, use await image.raw().toBuffer({ resolveWithObject: true }).',
    );
    expect(() => fromPixels({ data: new Uint8Array(24), info: { width: 2, height: 2, channels: 3 } })).toThrow(
      'fromPixels: expected 2x2 pixels of 3 channels, 12 bytes of 8 bits, received',
    );
  });
});

it("both builds of the package recognize each other's images", () => {
  const program = `
    const { imageFolder, RawImage } = require('@ae/images');
    import('@ae/images').then((esm) => console.log(esm.RawImage.isRawImage(new RawImage(new Uint8Array(3), 1, 1, 3)),
      imageFolder(${JSON.stringify(file('*.webp'))}).length, esm.imageFolder(${JSON.stringify(file('*.webp'))}).length));`;
  const stdout = execFileSync(process.execPath, ['-e', program], {
    cwd: path.dirname(fixture('..')),
    encoding: 'utf8',
  });
  expect(stdout).toBe('true 1 1\n');
});

it('exports the basics for programs', () => {
  for (const name of ['RawImage', 'readImage', 'imageFolder', 'fromPixels', 'fromTensor'])
    expect(api).toHaveProperty(name);
});
