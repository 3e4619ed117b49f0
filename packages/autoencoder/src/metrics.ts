/**
 * Returns the peak signal-to-noise ratio in dB of a mean squared error, for values between 0 and `peak`;
 * Infinity when the error is 0.
 */
export function psnrDb(meanSquaredError: number, peak = 1): number {
  return 10 * Math.log10((peak * peak) / meanSquaredError);
}

export interface ImageError {
  /** Mean squared error of the values as they are. */
  readonly raw: number;
  /** Mean squared error with the actual values clamped to [0, peak] first, as they are on the way to bytes. */
  readonly clamped: number;
}

/** Returns the error of each of `count` images that lie behind one another in `expected` and `actual`. */
export function meanSquaredErrors(
  expected: ArrayLike<number>,
  actual: ArrayLike<number>,
  count: number,
  peak: number,
): ImageError[] {
  const size = expected.length / count;
  return Array.from({ length: count }, (_, image) => {
    let raw = 0;
    let clamped = 0;
    for (let i = image * size; i < (image + 1) * size; i++) {
      const target = expected[i];
      const value = actual[i];
      raw += (value - target) ** 2;
      clamped += (Math.min(peak, Math.max(0, value)) - target) ** 2;
    }
    return { raw: raw / size, clamped: clamped / size };
  });
}
