import { ProductSums } from './product-sums';

/** Coefficients of many blocks: `[count, values]` by rows. */
export interface BlockTable {
  readonly count: number;
  readonly values: number;
  readonly data: Float32Array;
}

/** Lets others have their turn, and stops the work where it is asked to. */
export type Pause = () => Promise<void>;

/** The mean and the variance of each coefficient over the blocks from `from` to `to`. */
export function momentsOf(
  { values, data }: BlockTable,
  from: number,
  to: number,
): { means: Float64Array; variances: Float64Array } {
  const [means, variances] = [new Float64Array(values), new Float64Array(values)];
  const count = Math.max(1, to - from);
  for (let i = from; i < to; i++) addBlock(data, i * values, means, variances);
  for (let k = 0; k < values; k++) {
    means[k] /= count;
    variances[k] = Math.max(0, variances[k] / count - means[k] ** 2);
  }
  return { means, variances };
}

/** Adds a block to the sums of values and of squares. In double precision, little is lost of what float32 holds. */
function addBlock(data: Float32Array, at: number, sums: Float64Array, squares: Float64Array): void {
  for (let k = 0; k < sums.length; k++) {
    const value = data[at + k];
    sums[k] += value;
    squares[k] += value * value;
  }
}

/** The covariance of some coefficients over the blocks from `from` to `to`, `[n, n]`. */
export async function covarianceOf(
  { values, data }: BlockTable,
  [from, to]: readonly [number, number],
  positions: Int32Array,
  means: Float64Array,
  pause: Pause,
): Promise<Float64Array> {
  const n = positions.length;
  const products = new ProductSums(n);
  for (let i = from; i < to; i++) {
    for (let k = 0; k < n; k++) products.set(k, data[i * values + positions[k]] - means[positions[k]]);
    products.next();
    await pause();
  }
  const sums = products.take();
  for (let i = 0; i < sums.length; i++) sums[i] /= to - from;
  return sums;
}
