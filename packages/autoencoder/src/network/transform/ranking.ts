/** Which coefficients a code looks at, in the order of what they are worth. */
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
  /** Whether each image counts as its mirror image, too. */
  readonly isMirrored: boolean;
  /** The coefficients with the largest variances, the largest first. */
  readonly positions: Int32Array;
  /** What each of those is on average. */
  readonly means: Float64Array;
  /** What each of all coefficients is on average. */
  readonly allMeans: Float64Array;
  /** How often each of all images counts, 1 on average. */
  readonly weights: Float64Array;
}

/** Rankings by the images that are known, alone and with their mirror images, and by all. */
export interface Rankings {
  readonly alone: Ranking;
  readonly mirrored: Ranking;
  readonly all: Ranking;
  /** The ranking of some images with what coefficients are on average over all. */
  withAllMeans(ranking: Ranking): Ranking;
}

/** Part of the mean error by which images differ without counting more: nobody sees it. */
const invisible = 0.01;

/**
 * Ranks coefficients by their variance. The error of an image counts relative to what a code of as many numbers leaves of this image, as PSNR
 * has it: otherwise few difficult images would decide for all.
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
    const positions = largest(variancesAbout(allMeans, weighted), plan.coefficients);
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

/** Tells whether a coefficient has the opposite sign in the mirror image of its block, left to right. */
export function isOdd(position: number, { blockSize: [height, width] }: BlockPlan): boolean {
  return (Math.floor(position / height) % width) % 2 === 1;
}

function meansOf({ count, sums }: Moments): Float64Array {
  return sums.map((sum) => sum / Math.max(1, count));
}

/** The inverse of each image's error, 1 on average. */
function weightsOf(errors: Float64Array): Float64Array {
  const mean = meanOf(errors);
  if (mean === 0) return errors.map(() => 1);
  const inverse = errors.map((error) => 1 / (error + invisible * mean));
  const scale = meanOf(inverse);
  return inverse.map((value) => value / scale);
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function largest(values: Float64Array, count: number): Int32Array {
  const order = Int32Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
  return order.slice(0, count);
}
