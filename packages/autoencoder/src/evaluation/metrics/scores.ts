import type { ImageShape, Sample } from '../../data/samples';
import { imageError, psnrDb } from './psnr';
import { similarity } from './ssim';

/** How well one image was reconstructed. */
export interface ImageScores {
  /** The image's place in its source. */
  readonly index: number;
  readonly key?: string;
  readonly label?: number;
  /** Peak signal-to-noise ratio in dB, outputs clamped to the range that bytes can have. */
  readonly psnrDb: number;
  /** See `similarity`; NaN for images smaller than 11x11 and where it was not asked for. */
  readonly ssim: number;
  /** See `similarity`; NaN for images smaller than 41x41 and where it was not asked for. */
  readonly msSsim: number;
  /** Mean squared error in the network's units, outputs as they are. */
  readonly mse: number;
  /** Mean absolute error in the network's units, outputs as they are. */
  readonly mae: number;
}

/** Scores of several images: means over the images, except `pooledPsnrDb`. */
export interface ScoreSummary {
  /** How many images were scored. */
  readonly count: number;
  /** The mean over images of each image's PSNR in dB, of which no more than 100 counts: a perfect image has infinitely many. */
  readonly psnrDb: number;
  /** How many images were reconstructed without any error. */
  readonly perfect: number;
  /** The PSNR in dB of the mean squared error over all images together. */
  readonly pooledPsnrDb: number;
  readonly ssim: number;
  readonly msSsim: number;
  /** Mean squared error over all values, in the network's units, of outputs as they are: the training loss. */
  readonly mse: number;
  readonly mae: number;
}

/** Scores of many images, and of each. */
export interface Scores extends ScoreSummary {
  /** In the order of the source. */
  readonly images: readonly ImageScores[];
}

/** More than any image of bytes has that is not perfect: one value of a million that is off by one has 108 dB, of 100,000 98. */
const mostDb = 100;

/** Returns the means over images; all NaN for none. */
export function summarizeScores(images: readonly ImageScores[], peak: number): ScoreSummary {
  const mean = (scoreOf: (image: ImageScores) => number) =>
    images.reduce((sum, image) => sum + scoreOf(image), 0) / images.length;
  return {
    count: images.length,
    psnrDb: mean((image) => Math.min(image.psnrDb, mostDb)),
    perfect: images.filter((image) => image.psnrDb === Number.POSITIVE_INFINITY).length,
    // Each image's PSNR holds its clamped error, and all images are of one size.
    pooledPsnrDb: psnrDb(peak * peak * mean((image) => 10 ** (-image.psnrDb / 10)), peak),
    ssim: mean((image) => image.ssim),
    msSsim: mean((image) => image.msSsim),
    mse: mean((image) => image.mse),
    mae: mean((image) => image.mae),
  };
}

/** What `scoreBatch` scores: images and their reconstructions, flat `[N, H, W, C]` in the network's units. */
export interface ScoredBatch {
  readonly samples: readonly Sample[];
  /** The place of the first sample in its source. */
  readonly start: number;
  readonly expected: ArrayLike<number>;
  readonly actual: ArrayLike<number>;
}

/** Scores a batch image by image; without `withSimilarity` SSIM and MS-SSIM, the slower part, are NaN. */
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
