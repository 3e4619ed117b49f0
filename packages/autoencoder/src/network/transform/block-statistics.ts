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

/** Sums over blocks of each coefficient and of its square, and of how often blocks count. */
export interface Moments {
  readonly count: number;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
}

/** Adds up the coefficients of blocks; those of image i count `weights[i]` times. */
export function momentsOf(
  { values, data, perImage }: BlockTable,
  [from, to]: BlockRange,
  weights?: Float64Array,
): Moments {
  const [sums, squares] = [new Float64Array(values), new Float64Array(values)];
  let count = 0;
  for (let block = from; block < to; block++) {
    const weight = weights?.[Math.floor(block / perImage)] ?? 1;
    count += weight;
    const at = block * values;
    for (let k = 0; k < values; k++) {
      const value = data[at + k];
      sums[k] += weight * value;
      squares[k] += weight * value * value;
    }
  }
  return { count, sums, squares };
}

export function together(a: Moments, b: Moments): Moments {
  return {
    count: a.count + b.count,
    sums: a.sums.map((sum, k) => sum + b.sums[k]),
    squares: a.squares.map((sum, k) => sum + b.squares[k]),
  };
}

/** The mean square of each coefficient's distance from `centers`. */
export function variancesAbout(centers: Float64Array, { count, sums, squares }: Moments): Float64Array {
  return centers.map(
    (center, k) => Math.max(0, squares[k] - center * (2 * sums[k] - center * count)) / Math.max(1, count),
  );
}

/** What a code that keeps some coefficients leaves out of each image: the sum of squares. */
export function errorsOf(
  { count, values, data, perImage }: BlockTable,
  means: Float64Array,
  kept: Int32Array,
): Float64Array {
  const counts = new Float64Array(values).fill(1);
  for (const position of kept) counts[position] = 0;
  const errors = new Float64Array(count / perImage);
  for (let block = 0; block < count; block++) {
    let error = 0;
    const at = block * values;
    for (let k = 0; k < values; k++) error += counts[k] * (data[at + k] - means[k]) ** 2;
    errors[Math.floor(block / perImage)] += error;
  }
  return errors;
}
