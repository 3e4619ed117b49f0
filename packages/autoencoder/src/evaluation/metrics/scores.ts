import type { ImageShape, Sample } from '../../data/samples';
import { imageError, psnrDb } from './psnr';
import { similarity } from './ssim';

/** Scores of one image's reconstruction. */
export interface ImageScores {
  /** The image's index in its source. */
  readonly index: number;
  readonly key?: string;
  readonly label?: number;
  /** Peak signal-to-noise ratio in dB, with outputs clamped to the range of bytes. */
  readonly psnrDb: number;
  /** Structural similarity, see `similarity`; NaN for images smaller than 11x11, or if it was not requested. */
  readonly ssim: number;
  /** Multi-scale structural similarity, see `similarity`; NaN for images smaller than 41x41, or if it was not requested. */
  readonly msSsim: number;
  /** Mean squared error in the network's units, with unclamped outputs. */
  readonly mse: number;
  /** Mean absolute error in the network's units, with unclamped outputs. */
  readonly mae: number;
}

/** Scores of several images: means over the images, except `pooledPsnrDb`. */
export interface ScoreSummary {
  /** Number of images that were scored. */
  readonly count: number;
  /** Mean of the images' PSNR in dB, each counted as at most 100, because that of a perfect image is infinite. */
  readonly psnrDb: number;
  /** Number of images that were reconstructed without any error. */
  readonly perfect: number;
  /** PSNR in dB of the mean squared error over all images together. */
  readonly pooledPsnrDb: number;
  readonly ssim: number;
  readonly msSsim: number;
  /** Mean squared error over all values, in the network's units, with unclamped outputs: the training loss. */
  readonly mse: number;
  readonly mae: number;
}

/** Scores of many images, and of each of them. */
export interface Scores extends ScoreSummary {
  /** In the order of the source. */
  readonly images: readonly ImageScores[];
}

/** More than any imperfect image of bytes can have: if one value of a million is off by one, its PSNR is 108 dB; of 100,000, 98 dB. */
const mostDb = 100;

/** Returns the means over images; all NaN if there are none. */
export function summarizeScores(images: readonly ImageScores[], peak: number): ScoreSummary {
  const mean = (scoreOf: (image: ImageScores) => number) =>
    images.reduce((sum, image) => sum + scoreOf(image), 0) / images.length;
  return {
    count: images.length,
    psnrDb: mean((image) => Math.min(image.psnrDb, mostDb)),
    perfect: images.filter((image) => image.psnrDb === Number.POSITIVE_INFINITY).length,
    // Each image's PSNR is that of its clamped error, and all images have the same size.
    pooledPsnrDb: psnrDb(peak * peak * mean((image) => 10 ** (-image.psnrDb / 10)), peak),
    ssim: mean((image) => image.ssim),
    msSsim: mean((image) => image.msSsim),
    mse: mean((image) => image.mse),
    mae: mean((image) => image.mae),
  };
}

/** The input of `scoreBatch`: images and their reconstructions, flat `[N, H, W, C]` in the network's units. */
export interface ScoredBatch {
  readonly samples: readonly Sample[];
  /** Index of the first sample in its source. */
  readonly start: number;
  readonly expected: ArrayLike<number>;
  readonly actual: ArrayLike<number>;
}

/** Scores a batch image by image; without `withSimilarity`, SSIM and MS-SSIM, the slower part, are NaN. */
export function scoreBatch(
  { samples, start, expected, actual }: ScoredBatch,
  shape: ImageShape,
  peak: number,
  withSimilarity: boolean,
): ImageScores[] {
  const size = shape[0] * shape[1] * shape[2];
  return samples.map(({ key, label }, n) => {
    const offset = n * size;
    const { mse, mae, clampedMse } = imageError(expected, actual, { offset, size, peak });
    const { ssim, msSsim } = withSimilarity
      ? similarity(expected, actual, shape, { offset, peak })
      : { ssim: Number.NaN, msSsim: Number.NaN };
    return { index: start + n, key, label, psnrDb: psnrDb(clampedMse, peak), ssim, msSsim, mse, mae };
  });
}
