import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { compareWithPca, fitPca, JpegCoder, type JpegResult } from '../src/entries/baselines';
import {
  Autoencoder,
  type ImageShape,
  type PixelFormat,
  type Sample,
  samplesToTensor,
  useBackend,
} from '../src/entries/index';
import { throughThumbnail, thumbnailSize } from '../src/evaluation/baselines/thumbnail';
import { symmetricEigen, symmetricEigenSteps } from '../src/linear-algebra/symmetric-eigen';
import { reduceToTridiagonal } from '../src/linear-algebra/tridiagonal';
import { eigenvaluesOf } from '../src/linear-algebra/tridiagonal-values';
import { tridiagonalVectors } from '../src/linear-algebra/tridiagonal-vectors';
import golden from './golden/baselines.json';
import { rectangleSamples } from './rectangles';

const { size, fitted, scored } = golden;
const images = rectangleSamples(fitted + scored, { size });
const format: { inputShape: ImageShape; pixels: PixelFormat } = {
  inputShape: [size, size, 3],
  pixels: { scale: 1 / 255, channelOrder: 'rgb' },
};

beforeAll(async () => {
  await useBackend('wasm');
});

function psnrsOf(expected: ArrayLike<number>, actual: ArrayLike<number>, count: number): number[] {
  const length = expected.length / count;
  return Array.from({ length: count }, (_, n) => {
    let sum = 0;
    for (let i = n * length; i < (n + 1) * length; i++) {
      sum += (expected[i] - Math.min(1, Math.max(0, actual[i]))) ** 2;
    }
    return -10 * Math.log10(sum / length);
  });
}

describe('symmetricEigen', () => {
  it.each([1, 2, 3, 40, 150])('decomposes a matrix of %i rows so that it can be composed again', (n) => {
    const matrix = Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n].sort((a, b) => a - b);
      return Math.sin(1 + i * j) + (i === j ? i % 3 : 0);
    });
    const { values, vectors } = symmetricEigen(matrix.slice(), n);
    expect([...values].sort((a, b) => b - a)).toEqual([...values]);
    const part = symmetricEigen(matrix.slice(), n, Math.ceil(n / 3));
    expect([...part.values]).toEqual([...values]);
    expect([...part.vectors]).toEqual([...vectors.subarray(0, Math.ceil(n / 3) * n)]);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let entry = 0;
        let product = 0;
        for (let k = 0; k < n; k++) {
          entry += values[k] * vectors[k * n + i] * vectors[k * n + j];
          product += vectors[i * n + k] * vectors[j * n + k];
        }
        expect(entry).toBeCloseTo(matrix[i * n + j], 10);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 10);
      }
    }
  });

  it('handles matrices with equal, zero and opposite eigenvalues', () => {
    const eigenvalues = (entries: number[]) =>
      Array.from(symmetricEigen(Float64Array.from(entries), Math.sqrt(entries.length)).values, (v) => v + 0);
    expect(eigenvalues([2, 0, 0, 0, 2, 0, 0, 0, 2])).toEqual([2, 2, 2]);
    expect(eigenvalues([0, 0, 0, 0])).toEqual([0, 0]);
    const [first, second] = eigenvalues([0, 1, 1, 0]);
    expect([first, second]).toEqual([expect.closeTo(1, 14), expect.closeTo(-1, 14)]);
  });

  it('can be stopped in the middle of each of its parts', () => {
    const n = 200;
    const matrix = Float64Array.from({ length: n * n }, (_, at) => Math.sin(1 + Math.floor(at / n) * (at % n)));
    const steps = symmetricEigenSteps(matrix, n);
    let stops = 0;
    while (!steps.next().done) stops++;
    // Three parts, each in blocks of 64 rows or columns.
    expect(stops).toBeGreaterThanOrEqual(3 * Math.floor(n / 64));
  });
});

/** Runs steps to their end. */
function finish<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

describe('leading eigenvectors', () => {
  it.each([
    ['all different', 90, (i: number) => 1 / (1 + i) ** 2],
    ['in groups of equal ones', 90, (i: number) => 10 - Math.floor(i / 10)],
    ['of a single one', 1, () => 3],
  ])('are orthogonal and belong to their eigenvalues: %s', (_, n, value) => {
    // The eigenvectors are sines (DST-I), which are orthonormal.
    const sine = (i: number, k: number) =>
      n === 1 ? 1 : Math.sqrt(2 / (n + 1)) * Math.sin((Math.PI * (i + 1) * (k + 1)) / (n + 1));
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let at = 0; at < n * n; at++) matrix[at] += value(i) * sine(i, Math.floor(at / n)) * sine(i, at % n);
    }
    const form = finish(reduceToTridiagonal(matrix, n));
    const values = eigenvaluesOf(form);
    const count = Math.ceil(n / 2);
    const vectors = finish(tridiagonalVectors(form, values, count));
    for (let i = 0; i < count; i++) {
      expect(values[i]).toBeCloseTo(value(i), 10);
      const at = (k: number) => (k < 0 || k >= n ? 0 : vectors[i * n + k]);
      for (let k = 0; k < n; k++) {
        const [before, after] = [form.offDiagonal[k - 1] ?? 0, form.offDiagonal[k]];
        const product = before * at(k - 1) + form.diagonal[k] * at(k) + after * at(k + 1);
        expect(product).toBeCloseTo(values[i] * at(k), 9);
      }
      for (let j = 0; j < count; j++) {
        let product = 0;
        for (let k = 0; k < n; k++) product += vectors[i * n + k] * vectors[j * n + k];
        expect(product).toBeCloseTo(i === j ? 1 : 0, 6);
      }
    }
  });
});

describe('PCA', () => {
  it.each([
    ['', false, fitted - 1, golden.pcaVariances, golden.pcaPsnrDb],
    [' on mirror images, too', true, 60, golden.mirroredVariances, golden.mirroredPsnrDb],
  ])('has the variances and reconstructions of scikit-learn%s', async (_, mirror, components, variances, scores) => {
    const pca = await fitPca(images.slice(0, fitted), format, { mirror, components });
    expect([pca.componentCount, pca.fittedOn, pca.mirrored]).toEqual([components, fitted, mirror]);
    const worst = Math.max(...variances.map((variance, i) => Math.abs(pca.variances[i] / variance - 1)));
    expect(worst).toBeLessThan(1e-4);
    const x = samplesToTensor(images.slice(fitted), format.inputShape, format.pixels);
    const coefficients = pca.encode(x);
    for (const [k, expected] of Object.entries(scores)) {
      const back = pca.decode(tf.slice(coefficients, [0, 0], [scored, Number(k)]), format.inputShape);
      const actual = psnrsOf(x.dataSync(), back.dataSync(), scored);
      for (const [i, psnr] of actual.entries()) expect(psnr).toBeCloseTo(expected[i], 3);
      back.dispose();
    }
    tf.dispose([x, coefficients]);
    pca.dispose();
  });

  it('of images with odd width is the same for images and their mirror images', async () => {
    const odd = rectangleSamples(9, { size: 7 });
    const pca = await fitPca(odd, { ...format, inputShape: [7, 7, 3] }, { mirror: true });
    expect(pca.componentCount).toBe(17);
    const x = samplesToTensor(odd, [7, 7, 3], format.pixels);
    const back = (images: tf.Tensor4D) => pca.decode(tf.slice(pca.encode(images), [0, 0], [9, 5]), [7, 7, 3]);
    const difference = tf.max(tf.abs(tf.sub(back(x), tf.reverse(back(tf.reverse(x, 2)), 2)))).dataSync()[0];
    expect(difference).toBeLessThan(1e-5);
    pca.dispose();
  });

  it('uses evenly spaced images if there are more than the limit, and leaks nothing', async () => {
    const { numTensors } = tf.memory();
    const taken: number[] = [];
    const at = (i: number) => {
      taken.push(i);
      return images[i];
    };
    const source = { length: 48, at };
    const pca = await fitPca(source, format, { maxImages: 4 });
    expect(taken).toEqual([0, 12, 24, 36]);
    expect([pca.fittedOn, pca.componentCount]).toEqual([4, 3]);
    pca.dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('has no components of rounding errors: three for plain images of any color, as scikit-learn finds', async () => {
    const plain = Array.from({ length: 40 }, (_, i) => {
      const color = [0, 1, 2].map((c) => (i * [37, 101, 59][c] + c * 17) % 256);
      return { channels: 3, height: 16, width: 16, data: Uint8Array.from({ length: 768 }, (_, at) => color[at >> 8]) };
    });
    const shape: ImageShape = [16, 16, 3];
    const pca = await fitPca(plain, { ...format, inputShape: shape }, { mirror: true });
    expect(pca.componentCount).toBe(3);
    const x = samplesToTensor(plain, shape, format.pixels);
    const back = pca.decode(pca.encode(x), shape);
    expect(tf.max(tf.abs(tf.sub(back, x))).dataSync()[0]).toBeLessThan(1e-5);
    tf.dispose([x, back]);
    pca.dispose();
  });

  it('finds no more components than exist, and says what it needs', async () => {
    const twins = [images[0], images[1], images[0], images[1]];
    const pca = await fitPca(twins, format);
    expect(pca.componentCount).toBe(1);
    pca.dispose();
    await expect(fitPca(images.slice(0, 1), format)).rejects.toThrow(/at least two images.*received 1/);
    await expect(fitPca(images, format, { maxImages: 1 })).rejects.toThrow(/maxImages/);
    await expect(fitPca(images, format, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('JPEG', () => {
  it('starts from the same images as libjpeg did', () => {
    const digest = createHash('sha256');
    for (const { data } of images) {
      const area = size * size;
      digest.update(Uint8Array.from(data, (_, at) => data[(2 - (at % 3)) * area + Math.floor(at / 3)]));
    }
    expect(digest.digest('hex')).toBe(golden.imagesSha256);
  });

  it.each(golden.jpegOfFirst)('$quality, $chromaSubsampling: bytes and PSNR of libjpeg', async (expected) => {
    const coder = await JpegCoder.load();
    const { bytes, sample } = await coder.run(
      images[0],
      expected.quality,
      expected.chromaSubsampling as JpegResult['chromaSubsampling'],
    );
    expect(bytes).toBe(expected.scanBytes + 1);
    const unit = (data: ArrayLike<number>) => Float32Array.from(data, (byte) => byte / 255);
    expect(psnrsOf(unit(images[0].data), unit(sample.data), 1)[0]).toBeCloseTo(expected.psnrDb, 1);
  });

  it('uses as much of the budget as possible and never more', async () => {
    const coder = await JpegCoder.load();
    const budgets = [3, 300, 500, 100_000];
    const [tooSmall, small, larger, free] = await coder.runWithin(images[0], budgets);
    expect(tooSmall).toBeUndefined();
    expect(small?.bytes).toBeLessThanOrEqual(300);
    expect(larger?.bytes).toBeLessThanOrEqual(500);
    expect(larger?.quality).toBeGreaterThan(small?.quality ?? 100);
    expect(free?.quality).toBe(100);
    const next = await coder.run(images[0], (larger?.quality ?? 0) + 1, larger?.chromaSubsampling ?? '4:4:4');
    expect(next.bytes).toBeGreaterThan(500);
  });

  it('takes gray images', async () => {
    const coder = await JpegCoder.load();
    const gray: Sample = { channels: 1, height: size, width: size, data: images[0].data.slice(0, size * size) };
    const [result] = await coder.runWithin(gray, [100_000]);
    const errors = gray.data.map((byte, i) => Math.abs(byte - (result?.sample.data[i] ?? 0)));
    expect(Math.max(...errors)).toBeLessThan(8);
  });
});

describe('thumbnails', () => {
  it.each(Object.entries(golden.thumbnailPsnrDb))(
    'of %s are those of OpenCV, enlarged as Pillow does',
    (size, expected) => {
      const [height, width] = size.split('x').map(Number);
      const x = samplesToTensor(images.slice(fitted), format.inputShape, format.pixels);
      const actual = psnrsOf(x.dataSync(), throughThumbnail(x, [height, width]).dataSync(), scored);
      for (const [i, psnr] of actual.entries()) expect(Math.min(100, psnr)).toBeCloseTo(Math.min(100, expected[i]), 2);
      if (height < size.length) expect(Math.max(...actual)).toBeLessThan(60);
    },
  );

  it.each([
    [[64, 64, 3], 192, [8, 8]],
    [[64, 64, 3], 1536, [22, 23]],
    [[30, 60, 1], 18, [3, 6]],
    [[4, 4, 1], 400, [4, 4]],
    [[100, 1, 1], 7, [7, 1]],
    [[64, 64, 3], 2, undefined],
  ] as const)('of images of %j have at most %i values', (shape, numbers, expected) => {
    expect(thumbnailSize(shape, numbers)).toEqual(expected);
  });
});

describe('comparison at equal bytes', () => {
  it('compares the three kinds of masks with PCA, JPEG and thumbnails of at most the same size', async () => {
    const ae = new Autoencoder({ inputShape: [size, size, 3], codeSize: 20, pixels: format.pixels });
    await ae.initialize({ seed: 2 });
    await ae.evaluate(images);
    const { numTensors } = tf.memory();
    const stages: string[] = [];
    const comparison = await ae.compare(images.slice(fitted), {
      trainingSamples: images.slice(0, fitted),
      onStage: (stage) => stages.push(stage),
    });
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(comparison).toMatchObject({
      count: scored,
      sourceCount: scored,
      pcaFittedOn: fitted,
      pcaFittedOf: fitted,
      pcaMirrored: false,
      missing: [],
    });
    const { maskBytes } = ae.sizes;
    expect(comparison.groups.map(({ counted, codeBits, budgetBytes }) => [counted, codeBits, budgetBytes])).toEqual([
      ['code and masks', 32, 80 + maskBytes],
      ['code', 32, 80],
      ['code and masks', 8, 28 + maskBytes],
      ['code', 8, 28],
    ]);
    for (const { budgetBytes, counted, rows } of comparison.groups) {
      const masks = counted === 'code' ? ['fixed', 'other'] : ['own'];
      expect(rows.map((row) => row.masks ?? row.method)).toEqual([...masks, 'pca', 'jpeg', 'thumbnail']);
      for (const row of rows) expect(row.bytes).toBeLessThanOrEqual(budgetBytes);
    }
    const [own, ownPca] = comparison.groups[0].rows;
    expect(own.scores?.psnrDb).toBe((await ae.evaluate(images.slice(fitted))).psnrDb);
    expect(ownPca.components).toBe(fitted - 1);
    const pca20 = comparison.groups[1].rows.find(({ method }) => method === 'pca');
    expect(pca20?.components).toBe(20);
    expect(pca20?.scores?.psnrDb).toBeCloseTo(golden.pcaPsnrDb['20'].reduce((a, b) => a + b) / scored, 3);
    expect(pca20?.scores?.ssim).toBeGreaterThan(0);
    // 28 bytes are too few for JPEG.
    expect(comparison.groups[3].rows.at(-2)).toMatchObject({ method: 'jpeg', bytes: 28, scores: undefined });
    expect(comparison.groups[3].rows.at(-1)).toMatchObject({ method: 'thumbnail', bytes: 27, size: [3, 3] });
    // With 8 bits, PCA has as many numbers as the network, and as many bytes: 8 of them say where its levels end.
    expect(comparison.groups[3].rows.find(({ method }) => method === 'pca')).toMatchObject({
      components: 20,
      bytes: 28,
    });
    for (const curve of Object.values(comparison.curves)) {
      expect(curve.length).toBeGreaterThan(1);
      expect(curve.map(({ psnrDb }) => psnrDb)).toEqual(curve.map(({ psnrDb }) => psnrDb).sort((a, b) => a - b));
    }
    expect(Object.keys(comparison.curves)).toEqual(['pca', 'jpeg', 'webp', 'thumbnail']);
    expect(stages).toContain('PCA: fitting');
    ae.dispose();
  });

  it('leaves out PCA if there are no training images, and says so; scores an evenly spread part', async () => {
    const ae = new Autoencoder({ inputShape: [size, size, 3], codeSize: 20 });
    await ae.initialize();
    const { count, sourceCount, missing, groups } = await ae.compare(images, { maxImages: 3 });
    expect([count, sourceCount]).toEqual([3, images.length]);
    expect(missing).toEqual([expect.stringContaining('PCA: there are no training images')]);
    expect(groups[0].rows.map(({ method }) => method)).toEqual(['autoencoder', 'jpeg', 'thumbnail']);
    ae.dispose();
  });
});

describe('PCA that a network is compared with', () => {
  /** Spots of different places and sizes, in the right half or, every other one, in the left half. */
  const spot = (index: number, mirrored: boolean): Sample => {
    const [height, width] = [8, 8];
    const part = (step: number) => (index * step) % 1;
    const [left, top, radius] = [4 + 4 * part(0.618034), 8 * part(0.414214), 0.5 + part(0.732051)];
    const data = Uint8Array.from({ length: height * width }, (_, i) => {
      const x = mirrored && index % 2 ? width - 1 - (i % width) : i % width;
      return Math.round(255 * Math.exp(-((x - left) ** 2 + (Math.floor(i / width) - top) ** 2) / radius));
    });
    return { channels: 1, height, width, data, label: 0 };
  };
  const comparisonOf = async (mirrored: boolean, count: number, pca = {}) => {
    const all = Array.from({ length: count + 40 }, (_, i) => spot(i + 1, mirrored));
    const ae = new Autoencoder({ preset: 'transform', inputShape: [8, 8, 1], codeSize: 24 });
    await ae.initialize({ seed: 1 });
    const result = await compareWithPca(ae, all.slice(count), { trainingSamples: all.slice(0, count), pca });
    ae.dispose();
    return result;
  };

  it('is fitted to mirror images where that is better', async () => {
    expect((await comparisonOf(true, 60)).pcaMirrored).toBe(true);
    expect((await comparisonOf(false, 60)).pcaMirrored).toBe(false);
  });

  it('does as it is told, and needs no trial for few images', async () => {
    expect((await comparisonOf(true, 60, { mirror: false })).pcaMirrored).toBe(false);
    expect((await comparisonOf(false, 60, { mirror: true })).pcaMirrored).toBe(true);
    expect((await comparisonOf(true, 20)).pcaMirrored).toBe(false);
  });
});
