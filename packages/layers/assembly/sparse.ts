/**
 * Products with an unpooled image that never make the image. In each window of 2 x 2 pixels of a channel only one value is not zero:
 * these functions go from window to window and touch that value alone, a quarter of what a convolution would multiply.
 *
 * Both a max-unpooling in front of a convolution and the gradient that comes back through a max-pooling are such images.
 *
 * The loops keep few sums, because V8's older compiler (Node.js 20) moves all loads of a loop in front of all sums: sums plus values
 * loaded must not be more than 15, or they are spilt to the stack.
 */
import { FilterJob } from './conv';
import { clearFloats, multiplyAdd, sum4 } from './simd';

/**
 * Turns the indices of some rows of windows of an image into byte offsets: row * rowStep + column * columnStep for the window, and
 * 0, stepX, stepY or stepX + stepY for the place in it.
 *
 * @param first the first row of windows; `rows` of them are written from `to` on
 * @param width width of the unpooled image
 * @param channels a multiple of 4
 * @returns false if an index lies outside its window
 */
export function windowOffsets(
  indices: usize, first: i32, rows: i32, columns: i32, channels: i32, width: i32, rowStep: i32, columnStep: i32, stepY: i32, stepX: i32, to: usize,
): bool {
  const right = i32x4.splat(channels), below = i32x4.splat(width * channels), both = i32x4.splat((width + 1) * channels);
  const x = i32x4.splat(stepX), y = i32x4.splat(stepY), lanes = i32x4(0, 1, 2, 3);
  let wrong = i32x4.splat(0);
  indices += first * columns * channels * 4;
  for (let r = first; r < first + rows; r++) for (let q = 0; q < columns; q++) {
    const corner = (2 * r * width + 2 * q) * channels, window = i32x4.splat(r * rowStep + q * columnStep);
    for (let c = 0; c < channels; c += 4, indices += 16, to += 16) {
      const place = i32x4.sub(v128.load(indices), i32x4.add(i32x4.splat(corner + c), lanes));
      const isRight = i32x4.eq(place, right), isBelow = i32x4.eq(place, below), isBoth = i32x4.eq(place, both);
      const known = v128.or(v128.or(isRight, isBelow), v128.or(isBoth, i32x4.eq(place, i32x4.splat(0))));
      wrong = v128.or(wrong, v128.not(known));
      const inside = i32x4.add(v128.and(x, v128.or(isRight, isBoth)), v128.and(y, v128.or(isBelow, isBoth)));
      v128.store(to, i32x4.add(window, inside));
    }
  }
  return !v128.any_true(wrong);
}

/** Output channels that pairSums makes at a time. */
export const BLOCK_CHANNELS: i32 = 12;
const BLOCK_BYTES: i32 = BLOCK_CHANNELS * 4;

/** Windows in one direction that reach a block of two output positions. */
// @ts-ignore: decorator
@inline
export function windowsOf(taps: i32): i32 {
  return (taps + 2) >> 1;
}

/** Rows (or columns) of the table of a filter: its taps in the middle, and zeros around them. */
// @ts-ignore: decorator
@inline
export function tableLength(taps: i32): i32 {
  return 2 * windowsOf(taps) + 1;
}

/**
 * Lays a filter out as tables [channel][row][column][BLOCK_CHANNELS] for pairSums, one for each block of output channels: the taps turned around, with zeros around them, so
 * that a value anywhere in a window finds what it adds to four output pixels at one address and the ones beside and below it.
 */
export function packTable(job: FilterJob): void {
  const tapsY = job.tapsY, tapsX = job.tapsX, lengthY = tableLength(tapsY), lengthX = tableLength(tapsX);
  let to = job.to;
  for (let first = 0; first < job.outChannels; first += BLOCK_CHANNELS) for (let c = 0; c < job.channels; c++)
  for (let i = 0; i < lengthY; i++) for (let j = 0; j < lengthX; j++, to += BLOCK_BYTES) {
    // Row i holds tap lengthY - 2 - i, see pairSums.
    const y = lengthY - 2 - i, x = lengthX - 2 - j;
    clearFloats(to, BLOCK_CHANNELS);
    if (y < 0 || y >= tapsY || x < 0 || x >= tapsX) continue;
    const at = job.from + y * job.tapY + x * job.tapX + c * job.channel;
    for (let o = first; o < min(first + BLOCK_CHANNELS, job.outChannels); o++) store<f32>(to + (o - first) * 4, load<f32>(at + o * job.column));
  }
}

/**
 * Sums of a convolution for two output pixels side by side and BLOCK_CHANNELS channels: to = [pixel][channel].
 *
 * The value at row 2 * w + d of the windows (d: 0 or 1, inside window w) meets the output rows a = 0 and 1 with the taps 2 * w + d - a.
 * In the table tap t is in row last - t, so they are rows last - (2 * w + d) + a; the same holds for columns.
 *
 * @param values of the first window's first channel; windows of a row are windowBytes apart, rows windowRow
 * @param offsets of the same shape as values: bytes to go back in the table for the value's place in its window
 * @param table of the first channel, at the row of a, and the row and column for a value in the top left of the first window
 */
export function pairSums(
  values: usize, offsets: usize, windowRow: i32, windowBytes: i32, windowsY: i32, windowsX: i32, channels: i32,
  table: usize, tableChannel: i32, tableRow: i32, to: usize,
): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;
  for (let w = 0; w < windowsY; w++) {
    let value = values, offset = offsets, window = table;
    for (let u = 0; u < windowsX; u++) {
      let taps = window;
      for (let c = channels; c > 0; c--) {
        const v = v128.load32_splat(value), at = taps - load<i32>(offset);
        s0 = multiplyAdd(v, v128.load(at), s0);
        s1 = multiplyAdd(v, v128.load(at, 16), s1);
        s2 = multiplyAdd(v, v128.load(at, 32), s2);
        s3 = multiplyAdd(v, v128.load(at, 48), s3);
        s4 = multiplyAdd(v, v128.load(at, 64), s4);
        s5 = multiplyAdd(v, v128.load(at, 80), s5);
        value += 4;
        offset += 4;
        taps += tableChannel;
      }
      value += windowBytes - channels * 4;
      offset += windowBytes - channels * 4;
      window -= 2 * BLOCK_BYTES;
    }
    values += windowRow;
    offsets += windowRow;
    table -= 2 * tableRow;
  }
  v128.store(to, s0); v128.store(to, s1, 16); v128.store(to, s2, 32); v128.store(to, s3, 48); v128.store(to, s4, 64); v128.store(to, s5, 80);
}

/**
 * Adds value * (the vectors at `from` + its offset) for some values that follow each other at `step`: one row of taps of the filter's
 * gradient, 5, 4 or 1 vectors at a time.
 */
export function addPatches(values: usize, offsets: usize, step: i32, count: i32, from: usize, vectors: i32, sums: usize): void {
  for (; vectors == 5 || vectors > 8; vectors -= 5, from += 80, sums += 80) addPatches5(values, offsets, step, count, from, sums);
  for (; vectors >= 4; vectors -= 4, from += 64, sums += 64) addPatches4(values, offsets, step, count, from, sums);
  for (; vectors > 0; vectors--, from += 16, sums += 16) addPatches1(values, offsets, step, count, from, sums);
}

function addPatches5(values: usize, offsets: usize, step: i32, count: i32, from: usize, sums: usize): void {
  let s0 = v128.load(sums), s1 = v128.load(sums, 16), s2 = v128.load(sums, 32), s3 = v128.load(sums, 48), s4 = v128.load(sums, 64);
  for (; count > 0; count--) {
    const v = v128.load32_splat(values), patch = from + load<i32>(offsets);
    s0 = multiplyAdd(v, v128.load(patch), s0);
    s1 = multiplyAdd(v, v128.load(patch, 16), s1);
    s2 = multiplyAdd(v, v128.load(patch, 32), s2);
    s3 = multiplyAdd(v, v128.load(patch, 48), s3);
    s4 = multiplyAdd(v, v128.load(patch, 64), s4);
    values += step;
    offsets += step;
  }
  v128.store(sums, s0); v128.store(sums, s1, 16); v128.store(sums, s2, 32); v128.store(sums, s3, 48); v128.store(sums, s4, 64);
}

function addPatches4(values: usize, offsets: usize, step: i32, count: i32, from: usize, sums: usize): void {
  let s0 = v128.load(sums), s1 = v128.load(sums, 16), s2 = v128.load(sums, 32), s3 = v128.load(sums, 48);
  for (; count > 0; count--) {
    const v = v128.load32_splat(values), patch = from + load<i32>(offsets);
    s0 = multiplyAdd(v, v128.load(patch), s0);
    s1 = multiplyAdd(v, v128.load(patch, 16), s1);
    s2 = multiplyAdd(v, v128.load(patch, 32), s2);
    s3 = multiplyAdd(v, v128.load(patch, 48), s3);
    values += step;
    offsets += step;
  }
  v128.store(sums, s0); v128.store(sums, s1, 16); v128.store(sums, s2, 32); v128.store(sums, s3, 48);
}

function addPatches1(values: usize, offsets: usize, step: i32, count: i32, from: usize, sums: usize): void {
  let sum = v128.load(sums);
  for (; count > 0; count--) {
    sum = multiplyAdd(v128.load32_splat(values), v128.load(from + load<i32>(offsets)), sum);
    values += step;
    offsets += step;
  }
  v128.store(sums, sum);
}

/**
 * Dot products of a filter [taps][vectors] with the patches at `from` + offset: `count` of them, six at a time, offsets and results
 * `step` bytes apart.
 *
 * @param patchRow bytes from one row of taps to the next in the image
 */
export function dotPatches(offsets: usize, step: i32, count: i32, from: usize, patchRow: i32, taps: i32, vectors: i32, filter: usize, to: usize): void {
  for (; count >= 6; count -= 6, offsets += 6 * step, to += 6 * step) dotPatches6(offsets, step, from, patchRow, taps, vectors, filter, to);
  for (; count > 0; count--, offsets += step, to += step) dotPatches1(offsets, from, patchRow, taps, vectors, filter, to);
}

function dotPatches6(offsets: usize, step: i32, from: usize, patchRow: i32, taps: i32, vectors: i32, filter: usize, to: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;
  let at = offsets;
  let p0 = from + load<i32>(at); at += step;
  let p1 = from + load<i32>(at); at += step;
  let p2 = from + load<i32>(at); at += step;
  let p3 = from + load<i32>(at); at += step;
  let p4 = from + load<i32>(at); at += step;
  let p5 = from + load<i32>(at);
  const skip = patchRow - vectors * 16;
  for (; taps > 0; taps--) {
    for (let v = vectors; v > 0; v--) {
      const w = v128.load(filter);
      s0 = multiplyAdd(w, v128.load(p0), s0);
      s1 = multiplyAdd(w, v128.load(p1), s1);
      s2 = multiplyAdd(w, v128.load(p2), s2);
      s3 = multiplyAdd(w, v128.load(p3), s3);
      s4 = multiplyAdd(w, v128.load(p4), s4);
      s5 = multiplyAdd(w, v128.load(p5), s5);
      filter += 16;
      p0 += 16; p1 += 16; p2 += 16; p3 += 16; p4 += 16; p5 += 16;
    }
    p0 += skip; p1 += skip; p2 += skip; p3 += skip; p4 += skip; p5 += skip;
  }
  const zero = f32x4.splat(0), lower = sum4(s0, s1, s2, s3), upper = sum4(s4, s5, zero, zero);
  v128.store32_lane(to, lower, 0); to += step;
  v128.store32_lane(to, lower, 1); to += step;
  v128.store32_lane(to, lower, 2); to += step;
  v128.store32_lane(to, lower, 3); to += step;
  v128.store32_lane(to, upper, 0); to += step;
  v128.store32_lane(to, upper, 1);
}

function dotPatches1(offsets: usize, from: usize, patchRow: i32, taps: i32, vectors: i32, filter: usize, to: usize): void {
  let sum = f32x4.splat(0), patch = from + load<i32>(offsets);
  for (; taps > 0; taps--, patch += patchRow - vectors * 16) {
    for (let v = vectors; v > 0; v--, filter += 16, patch += 16) sum = multiplyAdd(v128.load(filter), v128.load(patch), sum);
  }
  const zero = f32x4.splat(0);
  v128.store32_lane(to, sum4(sum, zero, zero, zero), 0);
}
