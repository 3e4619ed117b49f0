/**
 * Structural similarity on plain arrays: SSIM (Wang et al., 2004) and its multi-scale form (Wang et al., 2003) with three scales, because
 * the usual five require images of at least 161 pixels, and three only 41.
 */
import { checkShape, type ImageShape } from '../../data/samples';
import { checkKeys } from '../../errors/errors';
import { checkImageRange } from './psnr';

const windowSize = 11;
const windowSigma = 1.5;
const k1 = 0.01;
const k2 = 0.03;

/** The first three of the paper's five exponents, finest scale first, scaled to sum to 1. */
export const msSsimWeights: readonly number[] = [0.0448, 0.2856, 0.3001].map((weight, _, all) => {
  return weight / all.reduce((sum, other) => sum + other);
});

/** Structural similarities of an image and its reconstruction, at most 1. */
export interface Similarity {
  /** Mean over windows and channels, at most 1. NaN for images smaller than 11x11. */
  readonly ssim: number;
  /** Over three scales, 0 to 1. NaN for images smaller than 41x41. */
  readonly msSsim: number;
}

/** The data range and position of the images. */
export interface SimilarityOptions {
  /** Index in both arrays at which the image starts. Default 0. */
  readonly offset?: number;
  /** The data range: values are between 0 and `peak`; `actual` is clamped to it. Default 1. */
  readonly peak?: number;
}

/**
 * Compares an image with another of the same shape, both flat `[H, W, C]`.
 *
 * SSIM uses an 11x11 Gaussian window with sigma 1.5, K1 = 0.01, K2 = 0.03 and population variances, over all windows that lie completely
 * inside the image, for each channel separately, averaged over channels: the same numbers as scikit-image (`gaussian_weights=True,
 * sigma=1.5, use_sample_covariance=False`) and tf.image.ssim. MS-SSIM is tf.image.ssim_multiscale with {@link msSsimWeights}.
 */
export function similarity(
  expected: ArrayLike<number>,
  actual: ArrayLike<number>,
  shape: ImageShape,
  options: SimilarityOptions = {},
): Similarity {
  checkKeys('similarity', options, ['offset', 'peak']);
  const { offset = 0, peak = 1 } = options;
  checkShape('similarity, shape', shape);
  const [height, width, channels] = shape;
  checkImageRange('similarity', [expected, actual], { offset, size: height * width * channels, peak });
  let ssim = 0;
  let msSsim = 0;
  for (let c = 0; c < channels; c++) {
    const a = extractChannel(expected, height * width, channels, offset + c, peak);
    const b = extractChannel(actual, height * width, channels, offset + c, peak);
    const scores = compareChannel({ a, b, height, width });
    ssim += scores.ssim;
    msSsim += scores.msSsim;
  }
  return { ssim: ssim / channels, msSsim: msSsim / channels };
}

/** Copies one channel, scaled to [0, 1]. */
function extractChannel(values: ArrayLike<number>, area: number, channels: number, start: number, peak: number) {
  const plane = new Float64Array(area);
  for (let i = 0, at = start; i < area; i++, at += channels) {
    const value = values[at] / peak;
    plane[i] = value > 1 ? 1 : value < 0 ? 0 : value;
  }
  return plane;
}

/** One channel of two images. */
interface Pair {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly height: number;
  readonly width: number;
}

function compareChannel(pair: Pair): Similarity {
  const finest = compareScale(pair);
  let msSsim = 1;
  let scale = pair;
  let scores = finest;
  for (const [level, weight] of msSsimWeights.entries()) {
    if (level > 0) {
      scale = halve(scale);
      scores = compareScale(scale);
    }
    const last = level === msSsimWeights.length - 1;
    msSsim *= Math.max(0, last ? scores.ssim : scores.contrast) ** weight;
  }
  return { ssim: finest.ssim, msSsim };
}

/** Means over all windows of SSIM and of SSIM without its luminance factor; NaN if no window fits. */
function compareScale({ a, b, height, width }: Pair): { ssim: number; contrast: number } {
  if (height < windowSize || width < windowSize) return { ssim: Number.NaN, contrast: Number.NaN };
  const squares = new Float64Array(a.length);
  const products = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) {
    squares[i] = a[i] * a[i] + b[i] * b[i];
    products[i] = a[i] * b[i];
  }
  const meansA = blur(a, height, width);
  const meansB = blur(b, height, width);
  const meanSquares = blur(squares, height, width);
  const meanProducts = blur(products, height, width);
  const c1 = k1 * k1;
  const c2 = k2 * k2;
  let ssim = 0;
  let contrast = 0;
  for (let i = 0; i < meansA.length; i++) {
    const product = meansA[i] * meansB[i];
    const sum = meansA[i] * meansA[i] + meansB[i] * meansB[i];
    const cs = (2 * (meanProducts[i] - product) + c2) / (meanSquares[i] - sum + c2);
    contrast += cs;
    ssim += (cs * (2 * product + c1)) / (sum + c1);
  }
  return { ssim: ssim / meansA.length, contrast: contrast / meansA.length };
}

const gaussian = makeGaussian();

function makeGaussian(): Float64Array {
  const center = (windowSize - 1) / 2;
  const weights = Float64Array.from({ length: windowSize }, (_, i) =>
    Math.exp(-((i - center) ** 2) / (2 * windowSigma ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight);
  return weights.map((weight) => weight / sum);
}

/** Applies the Gaussian along rows, then along columns, wherever the window lies completely inside the plane. */
function blur(plane: Float64Array, height: number, width: number): Float64Array {
  const outWidth = width - windowSize + 1;
  const rows = new Float64Array(height * outWidth);
  for (let y = 0; y < height; y++) weigh(plane, y * width, 1, rows, y * outWidth, outWidth);
  const out = new Float64Array((height - windowSize + 1) * outWidth);
  weigh(rows, 0, outWidth, out, 0, out.length);
  return out;
}

/** Writes `count` weighted sums of 11 values that are `step` apart; the window is symmetric, so pairs share a product. */
function weigh(from: Float64Array, start: number, step: number, to: Float64Array, target: number, count: number): void {
  const [g0, g1, g2, g3, g4, g5] = gaussian;
  for (let i = 0; i < count; i++) {
    const at = start + i;
    to[target + i] =
      g0 * (from[at] + from[at + 10 * step]) +
      g1 * (from[at + step] + from[at + 9 * step]) +
      g2 * (from[at + 2 * step] + from[at + 8 * step]) +
      g3 * (from[at + 3 * step] + from[at + 7 * step]) +
      g4 * (from[at + 4 * step] + from[at + 6 * step]) +
      g5 * from[at + 5 * step];
  }
}

/** Averages 2x2 values; an odd last row or column counts twice, as in TensorFlow. */
function halve({ a, b, height, width }: Pair): Pair {
  const [outHeight, outWidth] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const shrink = (plane: Float64Array) => {
    const out = new Float64Array(outHeight * outWidth);
    for (let y = 0; y < outHeight; y++) {
      const top = 2 * y * width;
      const bottom = Math.min(2 * y + 1, height - 1) * width;
      for (let x = 0; x < outWidth; x++) {
        const left = 2 * x;
        const right = Math.min(left + 1, width - 1);
        out[y * outWidth + x] =
          (plane[top + left] + plane[top + right] + plane[bottom + left] + plane[bottom + right]) / 4;
      }
    }
    return out;
  };
  return { a: shrink(a), b: shrink(b), height: outHeight, width: outWidth };
}
