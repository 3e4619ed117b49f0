import { checkKeys, checkNumber, invalidOption } from '../../errors/errors';

/** Returns the peak signal-to-noise ratio in dB for a mean squared error of values between 0 and `peak`; Infinity if the error is 0. */
export function psnrDb(meanSquaredError: number, peak = 1): number {
  if (typeof meanSquaredError !== 'number') throw invalidOption('psnrDb', 'a number', meanSquaredError);
  if (typeof peak !== 'number') throw invalidOption('psnrDb, peak', 'a number', peak);
  return 10 * Math.log10((peak * peak) / meanSquaredError);
}

/** Throws INVALID_OPTION unless both lists have `size` values from `offset`. */
export function checkImageRange(
  where: string,
  images: readonly [expected: ArrayLike<number>, actual: ArrayLike<number>],
  { offset, size, peak }: { readonly offset: number; readonly size: number; readonly peak: number },
): void {
  checkNumber(`${where}, offset`, offset, { min: 0, integer: true });
  checkNumber(`${where}, size`, size, { min: 0, integer: true });
  checkNumber(`${where}, peak`, peak, { min: 0, exclusiveMin: true });
  for (const values of images) {
    if (values?.length >= offset + size) continue;
    throw invalidOption(where, `two images of ${size} values from index ${offset}`, values);
  }
}

/** The difference between two images, over all their values. */
export interface ImageError {
  /** Mean squared error of the unchanged values. */
  readonly mse: number;
  /** Mean absolute error of the unchanged values. */
  readonly mae: number;
  /** Mean squared error after the actual values are clamped to [0, peak], as they are when converted to bytes. */
  readonly clampedMse: number;
}

/** Returns the error of `size` values that start at `offset` in both `expected` and `actual`. */
export function imageError(
  expected: ArrayLike<number>,
  actual: ArrayLike<number>,
  options: { readonly offset?: number; readonly size?: number; readonly peak?: number } = {},
): ImageError {
  checkKeys('imageError', options, ['offset', 'size', 'peak']);
  if (!(expected?.length >= 0)) throw invalidOption('imageError, expected', 'the values of an image', expected);
  const { offset = 0, size = expected.length, peak = 1 } = options;
  checkImageRange('imageError', [expected, actual], { offset, size, peak });
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
