import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { splitModel } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../src/data/random';
import { Autoencoder, type AutoencoderOptions, type ImageShape, type Sample, useBackend } from '../src/entries/index';
import { BlockNetwork } from '../src/network/transform/block-network';
import golden from './golden/transform.json';
import { rectangleSamples } from './rectangles';

const drawn = rectangleSamples(120, { seed: 12, size: 24 });
const larger = rectangleSamples(10, { seed: 14, size: 64 });

/** The upper left part of a sample. */
function cornerOf({ channels, width: lineWidth, height: lines, data }: Sample, height: number, width: number): Sample {
  const part = new Uint8Array(channels * height * width);
  for (let row = 0; row < channels * height; row++) {
    const plane = Math.floor(row / height);
    const start = (plane * lines + (row % height)) * lineWidth;
    part.set(data.subarray(start, start + width) as Uint8Array, row * width);
  }
  return { channels, height, width, data: part };
}

/** Four samples of one size combined in one. */
function mosaicOf(samples: readonly Sample[]): Sample {
  const [{ channels, height, width }] = samples;
  const data = new Uint8Array(4 * channels * height * width);
  for (const [i, sample] of samples.entries()) {
    for (let row = 0; row < channels * height; row++) {
      const plane = Math.floor(row / height);
      const line = (plane * 2 * height + Math.floor(i / 2) * height + (row % height)) * 2 * width;
      data.set(sample.data.subarray(row * width, (row + 1) * width) as Uint8Array, line + (i % 2) * width);
    }
  }
  return { channels, height: 2 * height, width: 2 * width, data };
}

async function newNetwork(
  inputShape: ImageShape = [24, 24, 3],
  codeSize = 108,
  options: Pick<AutoencoderOptions, 'zones' | 'coefficients'> = {},
): Promise<Autoencoder> {
  const network = new Autoencoder({ preset: 'transform', inputShape, codeSize, ...options });
  await network.initialize({ seed: 1 });
  return network;
}

/** Gives the trained weights values that make a visible difference everywhere. */
function shake({ model }: Autoencoder): void {
  for (const [i, weight] of model.trainableWeights.entries()) {
    const { shape } = weight;
    weight.write(
      tf.tidy(() =>
        tf.tensor(
          Float32Array.from(new Random(i).normals(tf.util.sizeFromShape(shape as number[])), (x) => 0.05 * x),
          shape as number[],
        ),
      ),
    );
  }
}

function noise(shape: readonly [number, number, number, number], seed = 5): tf.Tensor4D {
  const random = new Random(seed);
  return tf.tensor4d(
    Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.uint32() / 2 ** 32),
    [...shape],
  );
}

function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  expect(a.shape).toEqual(b.shape);
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);
}

beforeAll(async () => {
  await useBackend('wasm');
});

describe('preset transform on images of other sizes than it was made for', () => {
  it('encodes them as NumPy does before training, and four images in one like each of them', {
    timeout: 60_000,
  }, async () => {
    const network = await newNetwork([24, 24, 3], 108, { zones: 1, coefficients: 24 * 24 * 3 });
    const training = drawn.slice(0, 100);
    // Too few for anything but cosines.
    await network.computeStart(training.slice(0, 3), { seed: 1 });
    const scoreAll = async () => {
      const scores: number[] = [];
      for (const { height, width } of golden.otherSizes) {
        const samples = larger.map((sample) => cornerOf(sample, height, width));
        // Of unclamped outputs, as in NumPy.
        const { images } = await network.evaluate(samples, { similarity: false });
        scores.push(images.reduce((sum, { mse }) => sum - 10 * Math.log10(mse / (255 / 256) ** 2), 0) / images.length);
      }
      return scores;
    };
    for (const [i, score] of (await scoreAll()).entries()) {
      expect(score).toBeCloseTo(golden.otherSizes[i].psnrDb, 4);
    }
    const before = await network.evaluate(drawn.slice(100), { similarity: false });
    await network.train(training, { seed: 1, batchSize: 4, epochs: 1 });
    const validation = drawn.slice(100);
    const mosaics = [0, 1, 2, 3, 4].map((i) => mosaicOf(validation.slice(4 * i, 4 * i + 4)));
    const [single, joined] = await Promise.all(
      [validation, mosaics].map((each) => network.evaluate(each, { similarity: false })),
    );
    expect(Math.abs(joined.pooledPsnrDb - single.pooledPsnrDb)).toBeLessThan(0.2);
    expect(single.pooledPsnrDb).toBeGreaterThan(before.pooledPsnrDb);
    network.dispose();
  });

  it.each([
    [
      [24, 24, 3],
      [2, 77, 53, 3],
    ],
    [
      [15, 22, 1],
      [1, 50, 61, 1],
    ],
    [
      [9, 13, 4],
      [1, 31, 40, 4],
    ],
  ] as const)('of %j is the same in tiles as whole', async (inputShape, shape) => {
    const network = await newNetwork(inputShape, 30);
    shake(network);
    const { encoder, decoder } = splitOf(network);
    const whole = BlockNetwork.of(encoder, decoder) as BlockNetwork;
    const tiled = BlockNetwork.of(encoder, decoder, 600) as BlockNetwork;
    const images = noise(shape);
    const size = [shape[1], shape[2]] as const;
    const [code, inTiles] = [whole.encode(images), tiled.encode(images)];
    expect(largestDifference(code, inTiles)).toBeLessThan(1e-5);
    expect(largestDifference(whole.decode(code, size), tiled.decode(code, size))).toBeLessThan(1e-5);
    // The branches have an effect, so that edges of tiles would be visible.
    expect(largestDifference(whole.decode(code, size), images)).toBeGreaterThan(0.05);
    network.dispose();
  });

  it('gives the same as the network itself for an image of its own size', async () => {
    const network = await newNetwork();
    shake(network);
    const images = noise([1, 24, 24, 3]);
    const { encoder, decoder } = splitOf(network);
    const blocks = BlockNetwork.of(encoder, decoder) as BlockNetwork;
    expect(largestDifference(blocks.decode(blocks.encode(images), [24, 24]), network.forward(images))).toBeLessThan(
      1e-5,
    );
    network.dispose();
  });

  it('accepts a single pixel, and images of several sizes in one source', async () => {
    const network = await newNetwork();
    const sizes = [
      [1, 1],
      [24, 24],
      [24, 24],
      [25, 7],
      [3, 60],
    ] as const;
    const samples = sizes.map(([height, width], i) => cornerOf(larger[i], height, width));
    const made = await network.reconstruct(samples);
    expect(made.map(({ height, width }) => [height, width])).toEqual(sizes);
    const scores = await network.evaluate(samples);
    expect(scores.images.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    const alone = await network.evaluate(samples.slice(3, 4));
    expect(scores.images[3].psnrDb).toBe(alone.images[0].psnrDb);
    const batches: (readonly number[] | undefined)[] = [];
    for await (const { codeShape, count } of network.encodeBatches(samples))
      batches.push([count, ...(codeShape ?? [])]);
    expect(batches.reduce((sum, batch) => sum + (batch?.[0] ?? 0), 0)).toBe(5);
    expect(batches.at(-1)).toEqual([1, 1, 3, 108]);
    await expect(network.encodeAll(samples)).rejects.toThrow(
      '[autoencoder] encodeAll: sample 1: expected 1x1 (height x width), like the first image, received 24x24; ' +
        'codes of several sizes do not fit in one table; use images of one size, or encodeBatches.',
    );
    await expect(network.interpolate(samples[0], samples[1], { masks: 'fixed' })).rejects.toThrow(
      '[autoencoder] interpolate: expected the second image to be 1x1 (height x width), like the first, received 24x24.',
    );
    expect(await network.interpolate(samples[4], samples[4], { masks: 'fixed', steps: 3 })).toHaveLength(3);
    network.dispose();
  });

  it('says how large codes for a size are, and accepts them flat and as small images', async () => {
    const network = await newNetwork();
    shake(network);
    expect(network.takesAnySize).toBe(true);
    expect(network.sizes.codeShape).toEqual([1, 1, 108]);
    expect(network.sizesOf([30, 70])).toMatchObject({ codeShape: [2, 3, 108], codeNumbers: 648, imageBytes: 6300 });
    const images = noise([2, 30, 70, 3]);
    const { code, codeShape } = network.encode(images);
    expect([code.shape, codeShape]).toEqual([
      [2, 648],
      [2, 3, 108],
    ]);
    const small = tf.reshape(code, [2, 2, 3, 108]) as tf.Tensor4D;
    const made = network.decode(code, [], { size: [30, 70] });
    expect(largestDifference(made, network.forward(images))).toBe(0);
    expect(largestDifference(network.decode(small, [], { size: [30, 70] }), made)).toBe(0);
    expect(network.decode(small, []).shape).toEqual([2, 48, 72, 3]);
    expect(() => network.decode(code, [])).toThrow(
      '[autoencoder] decode: expected a code and masks of [2, 108], received [2, 648].',
    );
    expect(() => network.decode(small, [], { size: [70, 30] })).toThrow(
      '[autoencoder] decode: expected a code and masks of [2, 3, 2, 108], received [2, 2, 3, 108].',
    );
    expect(() => network.forward(noise([1, 30, 30, 1]))).toThrow(
      '[autoencoder] images: expected a tensor [N, height, width, 3], received [1, 30, 30, 1].',
    );
    await expect(network.reconstruct([{ ...drawn[0], channels: 1 }])).rejects.toThrow(
      '[autoencoder] sample 0: expected 3 channels of any height and width, received 1x24x24.',
    );
    network.dispose();
  });

  it('leaves no tensors behind, and is saved and loaded', async () => {
    const network = await newNetwork([15, 22, 3], 40);
    shake(network);
    const images = noise([1, 40, 41, 3]);
    const made = network.forward(images);
    const before = tf.memory().numTensors;
    network.forward(images).dispose();
    expect(tf.memory().numTensors).toBe(before);
    const folder = path.join(await mkdtemp(path.join(tmpdir(), 'ae-sizes-')), 'saved');
    await network.save(folder);
    const loaded = await Autoencoder.load(folder);
    expect(largestDifference(loaded.forward(images), made)).toBe(0);
    for (const each of [network, loaded]) each.dispose();
  });

  it('is refused by other networks, with a name', async () => {
    const network = new Autoencoder({ inputShape: [24, 24, 3], codeSize: 8 });
    await network.initialize();
    expect(network.takesAnySize).toBe(false);
    expect(network.sizes.codeShape).toEqual([8]);
    await expect(network.reconstruct([larger[0]])).rejects.toThrow(
      '[autoencoder] sample 0: expected 3x24x24 (channels x height x width), received 3x64x64; resize all images to one size when ' +
        'importing, build the network for this size, or train a network with preset transform, which takes any size.',
    );
    expect(() => network.sizesOf([64, 64])).toThrow(
      '[autoencoder] size: expected 24x24 (height x width), the only size that this network takes, received 64x64; ' +
        'train a network with preset transform for any size.',
    );
    network.dispose();
  });
});

/** The halves of a network, built again. */
function splitOf({ model }: Autoencoder) {
  return splitModel(model, 'code');
}
