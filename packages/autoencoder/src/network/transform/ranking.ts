/** Which coefficients a code considers, in the order of their importance. */
import type { BlockPlan } from './block-plan';
import {
  type BlockRange,
  type BlockTable,
  errorsOf,
  type Moments,
  momentsOf,
  together,
  variancesAbout,
} from './block-statistics';

export interface Ranking {
  /** Whether each image also counts as its mirror image. */
  readonly isMirrored: boolean;
  /** The coefficients with the largest variances, largest first. */
  readonly positions: Int32Array;
  /** The mean of each of those. */
  readonly means: Float64Array;
  /** The mean of each coefficient. */
  readonly allMeans: Float64Array;
  /** The weight of each image, 1 on average. */
  readonly weights: Float64Array;
}

/** Rankings by the known images, alone and with their mirror images, and by all. */
export interface Rankings {
  readonly alone: Ranking;
  readonly mirrored: Ranking;
  readonly all: Ranking;
  /** The ranking of some images, with the means of coefficients over all. */
  withAllMeans(ranking: Ranking): Ranking;
}

/** Fraction of the mean error below which differences between images do not count: nobody sees them. */
const invisible = 0.01;

/**
 * Ranks coefficients by their variance. The error of an image counts relative to what a code of the same size leaves of that image, as in
 * PSNR: otherwise a few difficult images would decide for all.
 */
export function rankCoefficients(table: BlockTable, known: BlockRange, plan: BlockPlan): Rankings {
  const rest = [known[1], table.count] as const;
  const some = momentsOf(table, known);
  const every = together(some, momentsOf(table, rest));
  const someMeans = meansOf(some);
  const kept = largest(variancesAbout(someMeans, some), plan.numbers);
  const weights = weightsOf(errorsOf(table, someMeans, kept));
  const someWeighted = momentsOf(table, known, weights);
  const everyWeighted = together(someWeighted, momentsOf(table, rest, weights));
  const meansFor = (moments: Moments, isMirrored: boolean) =>
    meansOf(moments).map((mean, k) => (isMirrored && isOdd(k, plan) ? 0 : mean));
  const rank = (moments: Moments, weighted: Moments, isMirrored: boolean): Ranking => {
    const allMeans = meansFor(moments, isMirrored);
    const positions = withMeans(variancesAbout(allMeans, weighted), allMeans, plan);
    return { isMirrored, positions, weights, ...meansAt(positions, allMeans) };
  };
  return {
    alone: rank(some, someWeighted, false),
    mirrored: rank(some, someWeighted, true),
    all: rank(every, everyWeighted, false),
    withAllMeans: (ranking) => ({ ...ranking, ...meansAt(ranking.positions, meansFor(every, ranking.isMirrored)) }),
  };
}

function meansAt(positions: Int32Array, allMeans: Float64Array): Pick<Ranking, 'means' | 'allMeans'> {
  return { allMeans, means: Float64Array.from(positions, (position) => allMeans[position]) };
}

/** Tells whether a coefficient has the opposite sign in the left-to-right mirror image of its block. */
export function isOdd(position: number, { blockSize: [height, width] }: BlockPlan): boolean {
  return (Math.floor(position / height) % width) % 2 === 1;
}

function meansOf({ count, sums }: Moments): Float64Array {
  return sums.map((sum) => sum / Math.max(1, count));
}

/** The inverse of each image's error, 1 on average. */
export function weightsOf(errors: Float64Array): Float64Array {
  const mean = meanOf(errors);
  if (mean === 0) return errors.map(() => 1);
  const inverse = errors.map((error) => 1 / (error + invisible * mean));
  const scale = meanOf(inverse);
  return inverse.map((value) => value / scale);
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Returns the coefficients with the largest variances, largest first. Where the code does not need a place, those that hardly vary but are
 * far from 0, such as the brightness of images that are all equally bright, count as well: of coefficients that are not considered, the mean
 * is lost, too.
 */
function withMeans(variances: Float64Array, means: Float64Array, { coefficients, numbers }: BlockPlan): Int32Array {
  const losses = variances.map((variance, k) => variance + means[k] ** 2);
  for (const k of largest(variances, numbers)) losses[k] = Number.POSITIVE_INFINITY;
  const considered = largest(losses, coefficients);
  return considered.sort((a, b) => variances[b] - variances[a] || a - b);
}

function largest(values: Float64Array, count: number): Int32Array {
  const order = Int32Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
  return order.slice(0, count);
}
