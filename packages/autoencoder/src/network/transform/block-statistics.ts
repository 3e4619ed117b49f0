/** Coefficients of many blocks: `[count, values]`, one block per row, with the blocks of an image next to each other. */
export interface BlockTable {
  readonly count: number;
  readonly values: number;
  /** Number of blocks per image. */
  readonly perImage: number;
  readonly data: Float32Array;
}

/** A range of blocks of a table, excluding the second index; whole images. */
export type BlockRange = readonly [from: number, to: number];

/** Yields to the event loop, and stops the work if the signal is aborted. */
export type Pause = () => Promise<void>;

/** Sums of each coefficient and its square over blocks, and of the weights of blocks. */
export interface Moments {
  readonly count: number;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
}

/** Adds up the coefficients of blocks; those of image i have weight `weights[i]`. */
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

/** Returns the mean squared distance of each coefficient from `centers`. */
export function variancesAbout(centers: Float64Array, { count, sums, squares }: Moments): Float64Array {
  return centers.map(
    (center, k) => Math.max(0, squares[k] - center * (2 * sums[k] - center * count)) / Math.max(1, count),
  );
}

/** Returns what a code that keeps some coefficients drops of each image: the sum of squares. */
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
