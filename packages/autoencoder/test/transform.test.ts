import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../src/data/random';
import { fitPca, scorePca } from '../src/entries/baselines';
import { Autoencoder, coefficientsFor, type Sample, useBackend } from '../src/entries/index';
import { drawingSamples } from './drawings';
import golden from './golden/transform.json';
import { rectangleSamples } from './rectangles';
import { meanPsnr, newNetwork } from './transform-networks';

/** Images of six fixed patterns, as make_transform_golden.py draws them. */
function mixtureSamples(count: number, height: number, width: number): Sample[] {
  const random = new Random(13);
  const below = (n: number) => Math.floor((random.uint32() * n) / 2 ** 32);
  const patterns = Array.from({ length: 6 }, () => Array.from({ length: height * width }, () => below(17) - 8));
  return Array.from({ length: count }, () => {
    const weights = patterns.map(() => below(9) - 4);
    const noise = Array.from({ length: height * width }, () => below(3));
    const data = Uint8Array.from(noise, (more, i) => {
      const sum = patterns.reduce((total, pattern, k) => total + weights[k] * pattern[i], 0);
      return Math.min(255, Math.max(0, 128 + Math.floor(sum / 2) + more));
    });
    return { channels: 1, height, width, data };
  });
}

function noiseSamples(count: number, [height, width, channels]: readonly [number, number, number]): Sample[] {
  const random = new Random(7);
  return Array.from({ length: count }, () => {
    const data = Uint8Array.from({ length: height * width * channels }, () => random.uint32() & 255);
    return { channels, height, width, data };
  });
}

beforeAll(async () => {
  await useBackend('wasm');
});

describe('the start of preset transform', () => {
  const drawn = rectangleSamples(120, { seed: 12, size: 24 });
  const mixed = mixtureSamples(120, 15, 22);

  it.each(golden.rectangles)(
    'is what NumPy makes of images with nothing in common: $numbers numbers',
    async (expected) => {
      const network = await newNetwork({ inputShape: [24, 24, 3], codeSize: expected.numbers, zones: 1 });
      await network.computeStart(drawn.slice(0, 100), { seed: 1 });
      const { numbers, ...scores } = expected;
      const reached = meanPsnr(network, drawn.slice(100));
      const known = Object.values(scores);
      expect(Math.min(...known.map((each) => Math.abs(reached - each)))).toBeLessThan(0.02);
      // Eigenvectors that are so little better are not worth their time.
      expect(reached).toBeGreaterThan(Math.max(...known) - 0.1);
      network.dispose();
    },
  );

  it.each(golden.mixtures)(
    'is what NumPy makes of images of one kind: $numbers numbers',
    async ({ numbers, eigenvectorsDb }) => {
      const network = await newNetwork({ inputShape: [15, 22, 1], codeSize: numbers });
      await network.computeStart(mixed.slice(0, 100), { seed: 1 });
      expect(Math.abs(meanPsnr(network, mixed.slice(100)) - eigenvectorsDb)).toBeLessThan(0.02);
      network.dispose();
    },
  );

  it('is the same on another engine, bit for bit', async () => {
    const codes: number[][] = [];
    for (const backend of ['cpu', 'wasm'] as const) {
      await useBackend(backend);
      const network = await newNetwork({ inputShape: [15, 22, 1], codeSize: 9 });
      await network.computeStart(mixed.slice(0, 60), { seed: 3 });
      codes.push(network.model.getWeights().flatMap((weight) => [...weight.dataSync()]));
      network.dispose();
    }
    expect(codes[0]).toEqual(codes[1]);
  });

  it('keeps the brightness of images that are all equally bright', async () => {
    const inputShape = [32, 32, 3] as const;
    const samples = noiseSamples(60, inputShape).map((sample) => {
      // Each pixel and the one half a plane later are 255 together.
      const data = sample.data.map((value, i, all) => (i % 1024 < 512 ? value : 255 - all[i - 512]));
      return { ...sample, data };
    });
    const network = await newNetwork({ inputShape, codeSize: 32 });
    await network.computeStart(samples.slice(0, 50), { seed: 1 });
    // Of uniform noise around its mean: 10 log10(12) = 10.79 dB.
    expect(meanPsnr(network, samples.slice(50))).toBeGreaterThan(10.7);
    network.dispose();
  });

  it('keeps what images that are all the same look like', async () => {
    const inputShape = [32, 32, 3] as const;
    const [image] = drawingSamples(1, 1, 32);
    const network = await newNetwork({ inputShape, codeSize: 7 });
    await network.computeStart([image, image, image, image], { seed: 1 });
    // With half of all coefficients: the half that matters most, which none of them shows by varying.
    expect(meanPsnr(network, [image])).toBeGreaterThan(35);
    network.dispose();
  });

  it('needs no images: cosines of low frequencies are the default', async () => {
    const network = await newNetwork({ inputShape: [24, 24, 3], codeSize: 108 });
    // The colors of these images vary as much as their brightness, which is unusual.
    expect(meanPsnr(network, drawn.slice(100))).toBeGreaterThan(golden.rectangles[1].cosinesDb - 2);
    network.dispose();
  });

  it.each([
    [[1, 1, 1], 1],
    [[5, 9, 3], 20],
    [[33, 66, 4], 300],
    [[70, 130, 3], 1200],
  ] as const)('takes images of %j', async (inputShape, codeSize) => {
    const network = await newNetwork({ inputShape, codeSize });
    const samples = noiseSamples(3, inputShape);
    await network.computeStart(samples);
    const [made] = await network.reconstruct(samples.slice(0, 1));
    expect([made.height, made.width, made.channels]).toEqual(inputShape);
    // As close as possible with equally many numbers for each block.
    expect(Math.abs(network.codeSize - codeSize)).toBeLessThan(4);
    network.dispose();
  });

  it('benefits from more coefficients if images have much in common, which is detected', async () => {
    const inputShape = [32, 32, 3] as const;
    const look = (samples: Sample[]) => coefficientsFor(samples, { inputShape, codeSize: 200 });
    expect(await look(drawingSamples(100, 1, 32))).toBe(3072);
    expect(await look(rectangleSamples(100, { size: 32 }))).toBeUndefined();
    // With many images, training makes up for the difference.
    const drawings = drawingSamples(100, 1, 32);
    const many = { length: 2049, at: (i: number) => drawings[i % 100] };
    expect(await coefficientsFor(many, { inputShape, codeSize: 200 })).toBeUndefined();
    expect(await look(drawingSamples(30, 1, 32))).toBe(3072);
    // Too few images to judge, or no coefficients left beyond the usual ones.
    expect(await look(drawingSamples(3, 1, 32))).toBeUndefined();
    const small = { inputShape: [20, 20, 3], codeSize: 20 } as const;
    expect(await coefficientsFor(drawingSamples(100, 1, 20), small)).toBeUndefined();
  });

  it.each([
    ['few drawings', 24, 32, 7],
    ['few drawings, and more numbers than there are axes', 24, 32, 30],
    ['drawings that are larger than usual blocks', 60, 72, 16],
  ])('is not worse than PCA: %s', async (_, count, size, codeSize) => {
    const inputShape = [size, size, 3] as const;
    const [training, unseen] = [drawingSamples(count, 1, size), drawingSamples(30, 2, size)];
    const coefficients = await coefficientsFor(training, { inputShape, codeSize });
    const network = await newNetwork({ inputShape, codeSize, coefficients });
    await network.computeStart(training, { seed: 1 });
    const { psnrDb } = await network.evaluate(unseen, { similarity: false });
    for (const mirror of [false, true]) {
      const pca = await fitPca(training, network, { mirror });
      const counts = [Math.min(codeSize, pca.componentCount)];
      const [pcaDb] = await scorePca(pca, unseen, network, { counts });
      expect(psnrDb).toBeGreaterThan(pcaDb - 0.1);
      pca.dispose();
    }
    network.dispose();
  });

  it('uses as many coefficients as requested', async () => {
    const sizes = { codeSize: 12, inputShape: [24, 24, 3] } as const;
    for (const [coefficients, rows] of [
      [200, 200],
      [1, 12],
      [4096, 1728],
    ]) {
      const network = await newNetwork({ ...sizes, coefficients });
      expect(network.model.getLayer('to_code').getWeights()[0].shape).toEqual([rows, 12]);
      network.dispose();
    }
    expect(() => new Autoencoder({ coefficients: 200 })).toThrow(
      '[autoencoder] coefficients: only preset transform uses coefficients; leave it out, or choose that preset.',
    );
    expect(() => new Autoencoder({ ...sizes, preset: 'transform', coefficients: 0 })).toThrow('coefficients: expected');
  });

  it('stops on request, and leaves the network unchanged', async () => {
    const network = await newNetwork({ inputShape: [24, 24, 3] });
    const before = meanPsnr(network, drawn.slice(100));
    const signal = AbortSignal.abort();
    await expect(network.computeStart(drawn, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(meanPsnr(network, drawn.slice(100))).toBe(before);
    network.dispose();
  });

  it('is refused for networks without one', async () => {
    const network = new Autoencoder({ inputShape: [24, 24, 3] });
    await network.initialize();
    await expect(network.computeStart(drawn)).rejects.toThrow(
      '[autoencoder] computeStart: only preset transform has such a start.',
    );
    network.dispose();
    await expect(new Autoencoder({ preset: 'transform' }).initialize({ scheme: 'torch' })).rejects.toThrow(
      '[autoencoder] initialization.scheme: preset transform starts from a linear code and has no scheme "torch"; leave it out.',
    );
    await expect(new Autoencoder().initialize({ scheme: 'linear' })).rejects.toThrow(
      '[autoencoder] initialization.scheme: only preset transform starts from a linear code; choose another scheme.',
    );
    const tooLarge = new Autoencoder({ preset: 'transform', inputShape: [8, 8, 1], codeSize: 65 });
    await expect(tooLarge.initialize()).rejects.toThrow(
      '[autoencoder] codeSize: expected at most 64, the number of values in an image, received 65.',
    );
  });
});

describe('the variational form of preset transform', () => {
  const samples = rectangleSamples(100, { seed: 12, size: 24 });
  const [training, validation] = [samples.slice(0, 80), samples.slice(80)];
  const variational = { inputShape: [24, 24, 3], codeSize: 40, variational: true } as const;

  it('starts with the same code, with each number scaled to a variance of 1 and matching noise', async () => {
    const network = await newNetwork(variational);
    expect(network.weightCount.all).toBe(new Autoencoder({ preset: 'transform', ...variational }).weightCount.all);
    await network.computeStart(training, { seed: 1, beta: 0.02 });
    const plain = await newNetwork({ inputShape: [24, 24, 3], codeSize: 40, zones: 1 });
    await plain.computeStart(training, { seed: 1 });
    expect(meanPsnr(network, validation)).toBeCloseTo(meanPsnr(plain, validation), 3);
    const [scaled, own] = [await network.encodeAll(training), await plain.encodeAll(training)];
    const logVariances = network.model.getLayer('distribution').getWeights()[0].dataSync();
    for (const j of [0, 7, 39]) {
      // Around zero, which is the mean of images and their mirror images.
      const variance = (values: Float32Array) =>
        Array.from({ length: 80 }, (_, i) => values[i * 40 + j] ** 2).reduce((sum, square) => sum + square, 0) / 80;
      expect(variance(scaled.values)).toBeCloseTo(1, 3);
      // Where the derivative of scale^2 * v + beta / 2 * (v - log v) is zero.
      expect(Math.exp(logVariances[j])).toBeCloseTo(0.01 / (variance(own.values) + 0.01), 4);
    }
    // Other sizes have more blocks of the same code.
    expect(network.encode(tf.zeros([1, 48, 30, 3])).codeShape).toEqual([2, 2, 40]);
    expect(await network.sample({ count: 3 })).toHaveLength(3);
    network.dispose();
    plain.dispose();
  });
});
