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

/** Blocks whose products are added up together. */
const stripe = 8;

/** The covariance of some coefficients over the blocks from `from` to `to`, `[n, n]`. */
export async function covarianceOf(
  { values, data }: BlockTable,
  [from, to]: readonly [number, number],
  positions: Int32Array,
  means: Float64Array,
  pause: Pause,
): Promise<Float64Array> {
  const n = positions.length;
  const sums = new Float64Array(n * n);
  const rows = new Float64Array(stripe * n);
  for (let start = from; start < to; start += stripe) {
    const count = Math.min(stripe, to - start);
    rows.fill(0);
    for (let r = 0; r < count; r++) {
      const row = (start + r) * values;
      for (let i = 0; i < n; i++) rows[r * n + i] = data[row + positions[i]] - means[positions[i]];
    }
    addProducts(rows, n, sums);
    await pause();
  }
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      sums[i * n + j] /= to - from;
      sums[j * n + i] = sums[i * n + j];
    }
  }
  return sums;
}

/** Adds the products of a stripe of rows with each other to the upper triangle of `sums`. */
function addProducts(rows: Float64Array, n: number, sums: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const [a, b, c, d] = [rows[i], rows[n + i], rows[2 * n + i], rows[3 * n + i]];
    const [e, f, g, h] = [rows[4 * n + i], rows[5 * n + i], rows[6 * n + i], rows[7 * n + i]];
    const at = i * n;
    for (let j = i; j < n; j++) {
      sums[at + j] +=
        a * rows[j] +
        b * rows[n + j] +
        c * rows[2 * n + j] +
        d * rows[3 * n + j] +
        (e * rows[4 * n + j] + f * rows[5 * n + j] + g * rows[6 * n + j] + h * rows[7 * n + j]);
    }
  }
}
