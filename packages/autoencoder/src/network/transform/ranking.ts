/** Which coefficients a code looks at, in the order of what they are worth. */
import type { BlockPlan } from './architecture';
import { type BlockRange, type BlockTable, errorsOf, meansOf, variancesOf } from './block-statistics';

export interface Ranking {
  /** Whether each image counts as its mirror image, too. */
  readonly isMirrored: boolean;
  /** The coefficients with the largest variances, the largest first. */
  readonly positions: Int32Array;
  /** What each of those is on average. */
  readonly means: Float64Array;
  /** What each of all coefficients is on average. */
  readonly allMeans: Float64Array;
  /** How often each image counts, 1 on average. */
  readonly weights: Float64Array;
}

/** Part of the mean error by which images differ without counting more: nobody sees it. */
const invisible = 0.01;

/**
 * Ranks coefficients by their variance. The error of an image counts relative to what a code of as many numbers leaves of this image, as PSNR
 * has it: otherwise few difficult images would decide for all.
 */
export function rankCoefficients(table: BlockTable, range: BlockRange, plan: BlockPlan, isMirrored = false): Ranking {
  const allMeans = meansOf(table, range);
  if (isMirrored) for (const k of allMeans.keys()) if (isOdd(k, plan)) allMeans[k] = 0;
  const same = new Float64Array((range[1] - range[0]) / table.perImage).fill(1);
  const kept = largest(variancesOf(table, range, allMeans, same), plan.numbers);
  const weights = weightsOf(errorsOf(table, range, allMeans, kept));
  const positions = largest(variancesOf(table, range, allMeans, weights), plan.coefficients);
  const means = Float64Array.from(positions, (position) => allMeans[position]);
  return { isMirrored, positions, allMeans, weights, means };
}

/** Tells whether a coefficient has the opposite sign in the mirror image of its block, left to right. */
export function isOdd(position: number, { blockSize: [height, width] }: BlockPlan): boolean {
  return (Math.floor(position / height) % width) % 2 === 1;
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
