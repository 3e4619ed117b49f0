/** Images as programs have them: RawImages, sharp's pixels, folders; anything ambiguous is refused. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { imageFolder, RawImage, readImage } from '@ae/images';
import { scratchFolder } from '@ae/testing/scratch';
import sharp, { type OutputInfo } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { Autoencoder, type Sample, useBackend } from '../src/entries/index';
import { rectangleSamples } from './rectangles';

const samples = rectangleSamples(6, { size: 16 });
const data = (sample: Sample) => sample.data as Uint8Array;

/** The image of a planar sample, red first. */
function imageOf(sample: Sample): RawImage {
  const area = sample.height * sample.width;
  const at = (i: number) => data(sample)[(2 - (i % 3)) * area + Math.floor(i / 3)];
  return new RawImage(
    Uint8Array.from({ length: 3 * area }, (_, i) => at(i)),
    sample.width,
    sample.height,
    3,
  );
}

const images = samples.map(imageOf);

async function newNetwork(options: ConstructorParameters<typeof Autoencoder>[0] = {}): Promise<Autoencoder> {
  const network = new Autoencoder({ inputShape: [16, 16, 3], codeSize: 16, ...options });
  await network.initialize({ seed: 1 });
  return network;
}

let network: Autoencoder;
beforeAll(async () => {
  await useBackend('wasm', { threads: 1 });
  network = await newNetwork();
});

describe('images from programs', () => {
  it('are equivalent to planar samples with the same pixels', async () => {
    const { values } = await network.encodeAll(samples);
    const raw = { data: images[1].data, info: { width: 16, height: 16, channels: 3, premultiplied: false, size: 768 } };
    const [, ...others] = images;
    for (const given of [
      images,
      [images[0], raw, ...others.slice(1)],
      { length: 6, at: async (i: number) => images[i] },
    ]) {
      expect((await network.encode(given)).values).toEqual(values);
    }
    expect((await network.encode(images[2])).values).toEqual(values.slice(32, 48));
    expect((await network.evaluate(images)).mse).toBe((await network.evaluate(samples)).mse);
    const trained = [];
    for (const each of [samples, images]) {
      const one = await newNetwork();
      await one.train(each, { recipe: 'plain', epochs: 2, batchSize: 2, validation: each });
      trained.push((await one.encodeAll(samples)).values);
      one.dispose();
    }
    expect(trained[1]).toEqual(trained[0]);
  });

  it('come out as they went in: one or many, images or samples', async () => {
    const planar = await network.reconstruct(samples);
    const many = await network.reconstruct(images);
    expect(many.map(({ data }) => data)).toEqual(planar.map((sample) => imageOf(sample).data));
    const one = await network.reconstruct(images[0]);
    expect([RawImage.isRawImage(one), one.data]).toEqual([true, many[0].data]);
    const mixed = await network.reconstruct([images[0], samples[1]]);
    expect(mixed).toMatchObject([{ channels: 3, width: 16 }, { data: planar[1].data }]);
    expect((await network.reconstruct(samples[0])) as Sample).toEqual(planar[0]);
    const between = await network.interpolate(images[0], images[1], { masks: 'first', steps: 2 });
    expect(RawImage.isRawImage(between[1])).toBe(true);
  });

  it('are fitted as in an import, which is reported once', async () => {
    const large = images[0].resize(40, 30);
    const told: string[] = [];
    const onWarning = ({ code, message }: { code: string; message: string }) => told.push(`${code} ${message}`);
    const codes = await network.encode([large, large.rgba(), large], { images: { fit: 'crop' }, onWarning });
    expect(told).toEqual([
      'IMAGES_FITTED Images are used in color, at 16x16, cropped to the aspect ratio, as the network requires.',
    ]);
    const fitted = await network.encode(large.resize(16, 16, { fit: 'crop' }));
    expect(codes.values.slice(0, 16)).toEqual(fitted.values);
    const quiet: string[] = [];
    await network.encode(images, { onWarning: ({ message }) => quiet.push(message) });
    expect(quiet).toEqual([]);
  });

  it('keep their size in reconstructions by a network that takes any', async () => {
    const any = await newNetwork({ preset: 'transform', codeSize: 12 });
    const tall = images[0].resize(20, 27);
    expect(await any.reconstruct(tall)).toMatchObject({ width: 20, height: 27 });
    expect(await any.reconstruct(tall, { images: { size: 'network' } })).toMatchObject({ width: 16, height: 16 });
    expect((await any.encode([tall, images[1]])).count).toBe(2);
    const refused = network.reconstruct(tall, { images: { size: 'own' } });
    await expect(refused).rejects.toThrow(
      "images.size: expected 'network', because this network only takes images of its own",
    );
    any.dispose();
  });

  it('of a folder have labels, and are decoded once for all epochs', async () => {
    const folder = scratchFolder();
    for (const [i, image] of images.entries()) {
      mkdirSync(path.join(folder, i % 2 ? 'odd' : 'even'), { recursive: true });
      writeFileSync(path.join(folder, i % 2 ? 'odd' : 'even', `${i}.png`), await image.resize(32, 32).toPng());
    }
    const photos = imageFolder(folder);
    const codes = await network.encode(photos);
    expect([codes.keys[1], codes.labels]).toEqual(['even/2.png', [0, 0, 0, 1, 1, 1]]);
    const again = await network.encode(images[2].resize(32, 32).resize(16, 16));
    expect(codes.values.slice(16, 32)).toEqual(again.values);
    let reads = 0;
    const read = (i: number) => {
      reads++;
      return photos.at(i);
    };
    const counted = { length: photos.length, at: read };
    const one = await newNetwork();
    await one.train(counted, { recipe: 'plain', epochs: 3, batchSize: 2 });
    expect(reads).toBe(6);
    await one.train(counted, { recipe: 'plain', epochs: 3, batchSize: 2, images: { cacheBytes: 0 } });
    expect(reads).toBe(6 + 18);
    one.dispose();
  });
});

describe('what cannot be told apart is refused', () => {
  it.each<[string, (raw: { data: Buffer; info: OutputInfo }) => unknown]>([
    ["sharp's pixels and info in one object", ({ data, info }) => ({ ...info, data })],
    [
      'interleaved pixels of a canvas that say their channels',
      ({ data }) => ({ data: Uint8ClampedArray.from(data), width: 16, height: 16, channels: 3 }),
    ],
  ])('%s', async (_, make) => {
    const raw = await sharp(await images[0].toPng())
      .raw()
      .toBuffer({ resolveWithObject: true });
    const marked = make(raw) as Sample;
    await expect(network.train([marked])).rejects.toThrow(
      /^\[autoencoder\] train, image 0: expected a planar sample, a RawImage, or anything that fromPixels\(\) of @ae\/images takes, received what looks like interleaved/,
    );
    await expect(network.reconstruct([marked])).rejects.toMatchObject({ code: 'INVALID_SAMPLE' });
  });

  it('a path is refused with what it may have meant', async () => {
    await expect(network.train('photos' as never)).rejects.toThrow(
      '[autoencoder] train: expected images, one or many, or an object with length and at(index), received "photos"; for a ' +
        'folder of images pass imageFolder("photos"), and for one image await readImage("photos"), both of @ae/images; for an LMDB pass openDatumLmdb("photos") of @ae/lmdb-datum.',
    );
  });
});

it('a network for gray images accepts color images', async () => {
  const gray = await newNetwork({ inputShape: [16, 16, 1], codeSize: 8 });
  const file = await images[0].toPng();
  const made = await gray.reconstruct(await readImage(file));
  expect(made).toMatchObject({ channels: 1, width: 16 });
  gray.dispose();
});
