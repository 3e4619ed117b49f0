import { inWords } from '@ae/ground/in-words';
import { InvalidOptionError, ShapeError } from '../errors';
import { checkOptions } from './checks';

/** A size in two dimensions: one number for both, or `[vertical, horizontal]`. */
export type Size2D = number | readonly [number, number];

/**
 * How many rows and columns are added around the input before a window slides over it. They never win a maximum.
 *
 * `'valid'`: none. `'same'`: TensorFlow's rule, `ceil(size / stride)` outputs, the odd row or column at the bottom and right. A number: on
 * all four sides, as in Torch and PyTorch. `[[top, bottom], [left, right]]`: each side separately.
 */
export type Padding2D = 'valid' | 'same' | number | readonly [readonly [number, number], readonly [number, number]];

/** Options of `maxPoolWithArgmax` and the pooling layer. */
export interface PoolOptions {
  /** Window size, >= 1. */
  poolSize: Size2D;
  /** Distance between neighboring windows, >= 1. Default: `poolSize`, so that windows do not overlap. */
  strides?: Size2D;
  /** Every padding must be smaller than the window, so that each window includes at least one position of the image. Default `'valid'`. */
  padding?: Padding2D;
}

/** {@link PoolOptions}, checked and with all defaults filled in. */
export interface ResolvedPoolOptions {
  poolSize: [number, number];
  strides: [number, number];
  padding: 'valid' | 'same' | [[number, number], [number, number]];
}

/** The positions of the windows on an input of a known size. */
export interface PoolGeometry {
  /** `[[top, bottom], [left, right]]`. */
  padding: [[number, number], [number, number]];
  /** `[h, w]` of the pooled output, each >= 1. */
  outputSize: [number, number];
}

/** The largest number that an int32 index can represent. */
const maxInt32 = 2 ** 31 - 1;

/**
 * Checks pooling options and fills in the defaults.
 *
 * @param where names the op or layer in errors
 * @throws InvalidOptionError `INVALID_OPTION`
 */
export function resolvePoolOptions(where: string, options: PoolOptions): ResolvedPoolOptions {
  checkOptions(where, options, 'poolSize: 2');
  const poolSize = resolveSize2D(where, 'poolSize', options.poolSize);
  const strides = options.strides === undefined ? poolSize : resolveSize2D(where, 'strides', options.strides);
  return { poolSize: [...poolSize], strides: [...strides], padding: resolvePadding(where, options.padding, poolSize) };
}

/**
 * Returns `[vertical, horizontal]`.
 *
 * @throws InvalidOptionError `INVALID_OPTION` unless both are integers >= 1
 */
export function resolveSize2D(where: string, name: string, size: Size2D): [number, number] {
  const pair = typeof size === 'number' ? [size, size] : size;
  if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((n) => Number.isInteger(n) && n >= 1)) {
    throw new InvalidOptionError({
      where,
      expected: `${name} as an integer of at least 1 or a pair of them`,
      received: inWords(size),
    });
  }
  return [pair[0], pair[1]];
}

function resolvePadding(
  where: string,
  padding: Padding2D | undefined,
  poolSize: [number, number],
): ResolvedPoolOptions['padding'] {
  if (padding === undefined || padding === 'valid' || padding === 'same') return padding ?? 'valid';
  const sides =
    typeof padding === 'number'
      ? [
          [padding, padding],
          [padding, padding],
        ]
      : padding;
  const isPair = (side: unknown): side is [number, number] =>
    Array.isArray(side) && side.length === 2 && side.every((n) => Number.isInteger(n) && n >= 0);
  if (!Array.isArray(sides) || sides.length !== 2 || !sides.every(isPair)) {
    throw new InvalidOptionError({
      where,
      expected: "padding as 'valid', 'same', an integer of at least 0 or [[top, bottom], [left, right]]",
      received: inWords(padding),
    });
  }
  const [[top, bottom], [left, right]] = sides;
  if (Math.max(top, bottom) >= poolSize[0] || Math.max(left, right) >= poolSize[1]) {
    throw new InvalidOptionError({
      where,
      expected: `every padding to be smaller than the window of ${poolSize.join('x')}`,
      received: inWords(padding),
      todo: 'a window must not lie wholly in the padding',
    });
  }
  return [
    [top, bottom],
    [left, right],
  ];
}

/**
 * Determines the output size and the padding for an input of `[height, width, channels]`.
 *
 * The rule is `floor((size + padding before + after - window) / stride) + 1`; with `'same'` it is `ceil(size / stride)`.
 *
 * @throws ShapeError `SHAPE_MISMATCH` if no window fits, or if the input has more positions than an int32 index can represent
 */
export function computePoolGeometry(
  where: string,
  [height, width, channels]: readonly [number, number, number],
  { poolSize, strides, padding }: ResolvedPoolOptions,
): PoolGeometry {
  const along = (axis: 0 | 1, size: number) => {
    const [before, after] =
      typeof padding !== 'string'
        ? padding[axis]
        : padding === 'same'
          ? samePadding(size, poolSize[axis], strides[axis])
          : [0, 0];
    const room = size + before + after - poolSize[axis];
    return { padding: [before, after] as [number, number], size: room < 0 ? 0 : Math.floor(room / strides[axis]) + 1 };
  };
  const rows = along(0, height);
  const columns = along(1, width);
  if (rows.size < 1 || columns.size < 1) {
    throw new ShapeError({
      where,
      expected: `an input of at least ${poolSize.join('x')} with its padding`,
      received: `${height}x${width}`,
    });
  }
  if (height * width * channels > maxInt32) {
    throw new ShapeError({
      where,
      expected: `at most ${maxInt32} elements per image, the most that int32 indices can represent`,
      received: `${height}x${width}x${channels}`,
    });
  }
  return { padding: [rows.padding, columns.padding], outputSize: [rows.size, columns.size] };
}

function samePadding(size: number, window: number, stride: number): [number, number] {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + window - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** Tells whether no two windows share a position, so that no index can occur twice in an image. */
export function windowsAreDisjoint({ poolSize, strides }: Pick<ResolvedPoolOptions, 'poolSize' | 'strides'>): boolean {
  return strides[0] >= poolSize[0] && strides[1] >= poolSize[1];
}
