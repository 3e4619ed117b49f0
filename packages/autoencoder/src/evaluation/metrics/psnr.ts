/**
 * Returns the peak signal-to-noise ratio in dB of a mean squared error, for values between 0 and `peak`;
 * Infinity when the error is 0.
 */
export function psnrDb(meanSquaredError: number, peak = 1): number {
  return 10 * Math.log10((peak * peak) / meanSquaredError);
}

/** How far one image is from another, over all its values. */
export interface ImageError {
  /** Mean squared error of the unchanged values. */
  readonly mse: number;
  /** Mean absolute error of the unchanged values. */
  readonly mae: number;
  /** Mean squared error with the actual values clamped to [0, peak] first, as they are on the way to bytes. */
  readonly clampedMse: number;
}

/** Returns the error of `size` values that begin at `offset` in both `expected` and `actual`. */
export function imageError(
  expected: ArrayLike<number>,
  actual: ArrayLike<number>,
  { offset = 0, size = expected.length, peak = 1 } = {},
): ImageError {
  let squares = 0;
  let absolutes = 0;
  let clampedSquares = 0;
  for (let i = offset; i < offset + size; i++) {
    const target = expected[i];
    const value = actual[i];
    const error = value - target;
    squares += error * error;
    absolutes += Math.abs(error);
    const clampedError = Math.min(peak, Math.max(0, value)) - target;
    clampedSquares += clampedError * clampedError;
  }
  return { mse: squares / size, mae: absolutes / size, clampedMse: clampedSquares / size };
}
