/** Small things that every kernel uses: multiply-add, parts of vectors, copying, and the flags of a finished product. */

/** Adds what is already in C. */
export const ACCUMULATE: i32 = 1;
/** Adds a bias, one value per column. */
export const BIAS: i32 = 2;
/** Replaces negative values by 0; NaN stays NaN. */
export const RELU: i32 = 4;
/** Reads C before computing, so that its cache lines arrive while the sums are made. WebAssembly has no prefetch. */
export const TOUCH: i32 = 8;

/** Values in one unit of the kernels that go through values one by one; the last unit may have fewer. */
export const BLOCK_VALUES: i32 = 4096;

/** Bytes at the beginning of a thread's scratch where dot products put sums aside: see keepDotSumsAt of tiles.mjs. */
export const DOT_SUM_BYTES: i32 = 512;

/** Returns a * b + c, rounded once where the engine has relaxed SIMD, twice elsewhere. @inline */
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

let _touched: i32 = 0;

/** Reads the first and the last value of a row of a tile; the global keeps the compiler from dropping the reads. @inline */
export function touch(row: usize, last: usize): void {
  _touched |= load<i32>(row) | load<i32>(row + last);
}

/** Adds up the lanes of four vectors: lane i of the result is the sum of vector i. @inline */
export function sum4(x0: v128, x1: v128, x2: v128, x3: v128): v128 {
  const s01 = f32x4.add(v128.shuffle<f32>(x0, x1, 0, 4, 1, 5), v128.shuffle<f32>(x0, x1, 2, 6, 3, 7));
  const s23 = f32x4.add(v128.shuffle<f32>(x2, x3, 0, 4, 1, 5), v128.shuffle<f32>(x2, x3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(s01, s23, 0, 1, 4, 5), v128.shuffle<f32>(s01, s23, 2, 3, 6, 7));
}

/** Loads the first `lanes` (1 to 4) values of a vector; the others are 0. Reads nothing past them. @inline */
export function loadLanes(at: usize, lanes: i32): v128 {
  if (lanes === 4) return v128.load(at);
  if (lanes === 3) return v128.load32_lane(at + 8, v128.load64_zero(at), 2);
  if (lanes === 2) return v128.load64_zero(at);
  return v128.load32_zero(at);
}

/** Stores the first `lanes` (1 to 4) values of a vector. @inline */
export function storeLanes(at: usize, value: v128, lanes: i32): void {
  if (lanes === 4) v128.store(at, value);
  else if (lanes === 3) {
    v128.store64_lane(at, value, 0);
    v128.store32_lane(at + 8, value, 2);
  } else if (lanes === 2) v128.store64_lane(at, value, 0);
  else v128.store32_lane(at, value, 0);
}

/** Finishes `lanes` sums of one row (accumulate, bias, ReLU) and stores them. @inline */
export function finish(at: usize, sums: v128, bias: usize, flags: i32, lanes: i32): void {
  if (flags & ACCUMULATE) sums = f32x4.add(sums, loadLanes(at, lanes));
  if (flags & BIAS) sums = f32x4.add(sums, loadLanes(bias, lanes));
  if (flags & RELU) sums = f32x4.pmax(sums, f32x4.splat(0));
  storeLanes(at, sums, lanes);
}

/**
 * Copies 4-byte values. Used in place of memory.copy and memory.fill, whose bounds check in a worker may still see the size that
 * the memory had before another thread grew it.
 */
export function copyFloats(to: usize, from: usize, count: i32): void {
  const end = to + ((count >> 2) << 4);
  for (; to < end; to += 16, from += 16) v128.store(to, v128.load(from));
  for (let i = count & 3; i > 0; i--, to += 4, from += 4) store<f32>(to, load<f32>(from));
}

/** Sets 4-byte values to zero. */
export function clearFloats(to: usize, count: i32): void {
  const end = to + ((count >> 2) << 4);
  for (; to < end; to += 16) v128.store(to, f32x4.splat(0));
  for (let i = count & 3; i > 0; i--, to += 4) store<f32>(to, 0);
}

/** Moves the used columns of a panel of sums to where they belong, finishing them on the way. */
export function finishColumns(
  from: usize,
  fromRow: i32,
  rows: i32,
  columns: i32,
  to: usize,
  toRow: i32,
  bias: usize,
  flags: i32,
): void {
  for (let r = 0; r < rows; r++, from += fromRow, to += toRow) {
    for (let j = 0; j < columns; j++) {
      let value = load<f32>(from + j * 4);
      if (flags & ACCUMULATE) value += load<f32>(to + j * 4);
      if (flags & BIAS) value += load<f32>(bias + j * 4);
      if (flags & RELU && value < 0) value = 0;
      store<f32>(to + j * 4, value);
    }
  }
}
