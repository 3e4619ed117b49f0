import { ProductSums } from './product-sums';

/** Coefficients of many blocks: `[count, values]` by rows, those of an image side by side. */
export interface BlockTable {
  readonly count: number;
  readonly values: number;
  /** Blocks of an image. */
  readonly perImage: number;
  readonly data: Float32Array;
}

/** Blocks of a table, from the first number to before the second; whole images. */
export type BlockRange = readonly [from: number, to: number];

/** Lets others have their turn, and stops the work where it is asked to. */
export type Pause = () => Promise<void>;

/** The mean of each coefficient over some blocks. */
export function meansOf({ values, data }: BlockTable, [from, to]: BlockRange): Float64Array {
  const means = new Float64Array(values);
  for (let i = from; i < to; i++) for (let k = 0; k < values; k++) means[k] += data[i * values + k];
  return means.map((sum) => sum / Math.max(1, to - from));
}

/** The mean square of each coefficient's distance from its mean, the blocks of image i counting `weights[i]` times. */
export function variancesOf(
  { values, data, perImage }: BlockTable,
  [from, to]: BlockRange,
  means: Float64Array,
  weights: Float64Array,
): Float64Array {
  const sums = new Float64Array(values);
  for (let i = from; i < to; i++) {
    const weight = weights[Math.floor((i - from) / perImage)];
    for (let k = 0; k < values; k++) sums[k] += weight * (data[i * values + k] - means[k]) ** 2;
  }
  return sums.map((sum) => sum / Math.max(1, to - from));
}

/** What a code that keeps some coefficients leaves out of each image: the sum of squares. */
export function errorsOf(
  { values, data, perImage }: BlockTable,
  [from, to]: BlockRange,
  means: Float64Array,
  kept: Int32Array,
): Float64Array {
  const isKept = new Uint8Array(values);
  for (const position of kept) isKept[position] = 1;
  const errors = new Float64Array((to - from) / perImage);
  for (let i = from; i < to; i++) {
    let error = 0;
    for (let k = 0; k < values; k++) if (!isKept[k]) error += (data[i * values + k] - means[k]) ** 2;
    errors[Math.floor((i - from) / perImage)] += error;
  }
  return errors;
}

/** Coefficients whose covariance is wanted, over some blocks, and how often each image counts. */
export interface Scatter {
  readonly table: BlockTable;
  readonly range: BlockRange;
  readonly positions: Int32Array;
  /** Of all coefficients. */
  readonly means: Float64Array;
  readonly weights: Float64Array;
}

/** Calls `visit` with each block's coefficients, without their means, times the root of how often the image counts. */
async function visitRows(
  { table: { values, data, perImage }, range: [from, to], positions, means, weights }: Scatter,
  visit: (row: Float64Array) => void,
  pause: Pause,
): Promise<void> {
  const row = new Float64Array(positions.length);
  for (let i = from; i < to; i++) {
    const root = Math.sqrt(weights[Math.floor((i - from) / perImage)]);
    for (let k = 0; k < row.length; k++) row[k] = root * (data[i * values + positions[k]] - means[positions[k]]);
    visit(row);
    await pause();
  }
}

/** The covariance `[n, n]` of n coefficients. */
export async function covarianceOf(scatter: Scatter, pause: Pause): Promise<Float64Array> {
  const products = new ProductSums(scatter.positions.length);
  const add = (row: Float64Array) => {
    for (let k = 0; k < row.length; k++) products.set(k, row[k]);
    products.next();
  };
  await visitRows(scatter, add, pause);
  const [from, to] = scatter.range;
  return products.take().map((sum) => sum / (to - from));
}

/**
 * Estimates which part of the correlations of n coefficients is chance, between 0 and 1: the variance of their estimates over the sum of their
 * squares (Schäfer and Strimmer, 2005).
 */
export async function chanceOf(scatter: Scatter, covariance: Float64Array, pause: Pause): Promise<number> {
  const n = scatter.positions.length;
  const variances = Float64Array.from({ length: n }, (_, k) => covariance[k * n + k]);
  let products = 0;
  const add = (row: Float64Array) => {
    let [sum, fourths] = [0, 0];
    for (let k = 0; k < n; k++) {
      const square = variances[k] > 0 ? (row[k] * row[k]) / variances[k] : 0;
      sum += square;
      fourths += square * square;
    }
    // The squares of the products of all pairs of coefficients together.
    products += sum * sum - fourths;
  };
  await visitRows(scatter, add, pause);
  let squares = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const both = variances[i] * variances[j];
      if (i !== j && both > 0) squares += covariance[i * n + j] ** 2 / both;
    }
  }
  const count = scatter.range[1] - scatter.range[0];
  const variance = (products / count - squares) / Math.max(1, count - 1);
  return squares > 0 ? Math.min(1, Math.max(0, variance / squares)) : 0;
}
