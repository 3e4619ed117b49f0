import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImageShape } from '../src/entries/index';
import {
  bestImages,
  type ImageScores,
  imageError,
  psnrDb,
  rankImages,
  type ScoreName,
  scoresByClass,
  scoresToCsv,
  similarity,
  worstImages,
} from '../src/entries/scores';
import { summarizeScores } from '../src/evaluation/metrics/scores';
import golden from './golden/metrics.json';

interface Pair {
  name: string;
  shape: ImageShape;
  original: Uint8Array;
  damaged: Uint8Array;
  expected: (typeof golden.cases)[number];
}

const bytes = new Uint8Array(readFileSync(path.join(import.meta.dirname, 'golden/metrics.bin')));
const pairs = readPairs();

function readPairs(): Pair[] {
  let at = 0;
  return golden.cases.map((expected) => {
    const shape = expected.shape as unknown as ImageShape;
    const size = shape[0] * shape[1] * shape[2];
    const original = bytes.subarray(at, at + size);
    const damaged = bytes.subarray(at + size, at + 2 * size);
    at += 2 * size;
    return { name: expected.name, shape, original, damaged, expected };
  });
}

function scores(index: number, values: Partial<ImageScores> = {}): ImageScores {
  return { index, psnrDb: 20, ssim: 0.5, msSsim: 0.5, mse: 0.01, mae: 0.08, ...values };
}

describe('metrics agree with scikit-image and TensorFlow', () => {
  it('on the pictures that the golden file was made from', () => {
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(golden.picturesSha256);
  });

  it.each(pairs)('$name', ({ original, damaged, shape, expected }) => {
    const { mse, mae, clampedMse } = imageError(original, damaged, { peak: 255 });
    expect(mse / 255 ** 2).toBeCloseTo(expected.mse, 10);
    expect(mae / 255).toBeCloseTo(expected.mae, 10);
    expect(psnrDb(clampedMse, 255)).toBeCloseTo(expected.psnrDb, 8);
    const { ssim, msSsim } = similarity(original, damaged, shape, { peak: 255 });
    // scikit-image computes in float64 and filters by scipy; TensorFlow in float32.
    expect(Math.abs(ssim - expected.ssim)).toBeLessThan(1e-9);
    expect(Math.abs(ssim - expected.tensorflowSsim)).toBeLessThan(3e-5);
    if (expected.msSsim === null) expect(msSsim).toBeNaN();
    else expect(Math.abs(msSsim - expected.msSsim)).toBeLessThan(3e-5);
  });

  it('averages per image and pooled, with different results', () => {
    const images = pairs.slice(0, 3).map(({ original, damaged }, index) => {
      const { clampedMse } = imageError(original, damaged, { peak: 255 });
      return scores(index, { psnrDb: psnrDb(clampedMse, 255) });
    });
    const { psnrDb: mean, pooledPsnrDb } = summarizeScores(images, 1);
    expect(mean).toBeCloseTo(golden.faceMeanPsnrDb, 8);
    expect(pooledPsnrDb).toBeCloseTo(golden.facePooledPsnrDb, 8);
  });
});

describe('metrics', () => {
  const [{ original, shape }] = pairs;

  it('finds an image identical to itself', () => {
    expect(imageError(original, original, { peak: 255 })).toEqual({ mse: 0, mae: 0, clampedMse: 0 });
    expect(psnrDb(0)).toBe(Number.POSITIVE_INFINITY);
    expect(similarity(original, original, shape, { peak: 255 })).toEqual({ ssim: 1, msSsim: 1 });
  });

  it('does not depend on the unit, and reads an image only from its offset on', () => {
    const unit = (values: Uint8Array) => Float32Array.from(values, (value) => value / 256);
    const { damaged } = pairs[0];
    const two = new Float32Array(2 * original.length);
    two.set(unit(damaged), original.length);
    const twice = new Float32Array([...unit(original), ...unit(original)]);
    const inBytes = similarity(original, damaged, shape, { peak: 255 });
    const inUnits = similarity(twice, two, shape, { peak: 255 / 256, offset: original.length });
    expect(inUnits.ssim).toBeCloseTo(inBytes.ssim, 6);
    expect(inUnits.msSsim).toBeCloseTo(inBytes.msSsim, 6);
  });

  it('clamps what a byte could not hold, and only for PSNR and SSIM', () => {
    const { mse, mae, clampedMse } = imageError([0, 1], [-0.5, 1.5]);
    expect([mse, mae, clampedMse]).toEqual([0.25, 0.5, 0]);
    const bright = new Float32Array(11 * 11).fill(1);
    expect(
      similarity(
        bright,
        bright.map((value) => value * 3),
        [11, 11, 1],
      ).ssim,
    ).toBe(1);
  });

  it('has no structural similarity for images smaller than the window', () => {
    expect(similarity([0.5], [0.5], [1, 1, 1]).ssim).toBeNaN();
  });
});

describe('tables of scores', () => {
  it('ranks from worst to best, perfect images and ties included', () => {
    const images = [20, Number.POSITIVE_INFINITY, 10, 20, Number.POSITIVE_INFINITY].map((psnr, i) =>
      scores(i, { psnrDb: psnr, mse: 1 / psnr }),
    );
    expect(rankImages(images).map(({ index }) => index)).toEqual([2, 0, 3, 1, 4]);
    expect(worstImages(images, 2).map(({ index }) => index)).toEqual([2, 0]);
    expect(bestImages(images, 2).map(({ index }) => index)).toEqual([4, 1]);
    expect(worstImages(images, 1, 'mse')[0].index).toBe(2);
    expect(rankImages([scores(0, { ssim: Number.NaN }), scores(1)], 'ssim').map(({ index }) => index)).toEqual([1]);
    expect(() => rankImages(images, 'psnr' as ScoreName)).toThrow(/expected one of psnrDb, ssim.*received "psnr"/);
  });

  it('groups by class', () => {
    const images = [
      scores(0, { label: 10, psnrDb: 30 }),
      scores(1, { label: 2, psnrDb: 20 }),
      scores(2, { label: 10, psnrDb: 20 }),
      scores(3),
    ];
    const classes = scoresByClass({ images }, { scale: 1 / 255 });
    expect(classes.map(({ label, count, psnrDb: mean }) => [label, count, mean])).toEqual([
      [2, 1, 20],
      [10, 2, 25],
      [undefined, 1, 20],
    ]);
  });

  it('writes CSV for spreadsheets and pandas', () => {
    const csv = scoresToCsv([
      scores(0, { key: '00000000_cat, "big".png', label: 3, psnrDb: Number.POSITIVE_INFINITY }),
      scores(1, { msSsim: Number.NaN }),
    ]);
    expect(csv).toBe(
      'index,key,label,psnr_db,ssim,ms_ssim,mse,mae\n' +
        '0,"00000000_cat, ""big"".png",3,inf,0.5,0.5,0.01,0.08\n' +
        '1,,,20,0.5,,0.01,0.08\n',
    );
  });
});
