/**
 * cv::resize with INTER_LINEAR on uint8, bit by bit. Rows of the source are asked for when they are needed, in order, so that a
 * decoder need not make those that no row of the result is made of.
 *
 * Pointer contract: as in pixels.ts.
 */
import { highPairs, lowPairs } from './interleave';

/** 11 bits after the binary point, as OpenCV's weights have them. */
const ONE: f32 = 2048;

let channels: i32 = 0;
let sourceHeight: i32 = 0;
let scaleDown: f64 = 0;
let targetWidth: i32 = 0;
let taps: usize = 0;
/** Three i32. */
let weights: usize = 0;
/** Blended source rows, and which ones they are: the next row of the result is made of both. */
let upper: usize = 0;
let lower: usize = 0;
let upperIs: i32 = -1;
let lowerIs: i32 = -1;
/** Which source rows the next row of the result is made of, and how far it lies from the first to the second. */
let first: i32 = 0;
let second: i32 = 0;
let fraction: f32 = 0;

/**
 * Resizes interleaved pixels. `scratch` has room for 16 bytes, for the taps of `dstWidth` columns (4 i32 each) and for two rows of `dstWidth + 2`
 * pixels of `bytesPerPixel` i32.
 */
export function bilinear(
  src: usize,
  srcWidth: i32,
  srcHeight: i32,
  bytesPerPixel: i32,
  dst: usize,
  dstWidth: i32,
  dstHeight: i32,
  scratch: usize,
): void {
  const stride = srcWidth * bytesPerPixel;
  beginResize(srcWidth, srcHeight, bytesPerPixel, dstWidth, dstHeight, scratch);
  for (let y = 0; y < dstHeight; y++) {
    aimAt(y);
    for (let row = missingRow(); row >= 0; row = missingRow()) blendMissing(src + row * stride);
    dst = joinRows(dst);
  }
}

/** Gets ready for the rows of a result. For each, in order: `aimAt`, `blendMissing` for each `missingRow`, and `joinRows`. */
export function beginResize(
  srcWidth: i32,
  srcHeight: i32,
  bytesPerPixel: i32,
  dstWidth: i32,
  dstHeight: i32,
  scratch: usize,
): void {
  channels = bytesPerPixel;
  sourceHeight = srcHeight;
  scaleDown = scaleOf(srcHeight, dstHeight);
  targetWidth = dstWidth;
  taps = scratch + 16;
  weights = scratch;
  placeTaps(srcWidth);
  upper = taps + 16 * dstWidth;
  lower = upper + 4 * channels * (dstWidth + 2);
  upperIs = -1;
  lowerIs = -1;
}

/** Begins row `y` of the result. */
export function aimAt(y: i32): void {
  const position = positionOf(y, scaleDown);
  const index = <i32>Mathf.floor(position);
  first = within(index, sourceHeight);
  second = within(index + 1, sourceHeight);
  // Down a column, OpenCV takes an edge twice.
  fraction = position - <f32>index;
  // The second row is often the next first one.
  if (upperIs === first || lowerIs !== first) return;
  const swap = upper;
  upper = lower;
  lower = swap;
  lowerIs = upperIs;
  upperIs = first;
}

/** The source row that has to be given to `blendMissing` next, or -1 if there is none. */
export function missingRow(): i32 {
  if (upperIs !== first) return first;
  return lowerIs !== second ? second : -1;
}

export function blendMissing(row: usize): void {
  if (upperIs !== first) {
    blendRow(row, upper);
    upperIs = first;
  } else {
    blendRow(row, lower);
    lowerIs = second;
  }
}

/** Writes the row that `aimAt` began. Returns the address past it. */
export function joinRows(dst: usize): usize {
  const weightUpper = weightOf(1 - fraction);
  const weightLower = weightOf(fraction);
  if (channels === 4) joinPixels(weightUpper, weightLower, dst);
  else joinBytes(weightUpper, weightLower, dst);
  return dst + targetWidth * channels;
}

function scaleOf(from: i32, to: i32): f64 {
  return 1 / (<f64>to / <f64>from);
}

/** Where a target column or row lies among the source's: centers are at half. */
function positionOf(i: i32, scale: f64): f32 {
  return <f32>((<f64>i + 0.5) * scale - 0.5);
}

function within(index: i32, count: i32): i32 {
  return min(max(index, 0), count - 1);
}

/** Halves go to even ones. */
function weightOf(fraction: f32): i32 {
  return <i32>nearest(fraction * ONE);
}

/**
 * For each target column: first and second source index, and their weights. For pixels of four bytes: the place of the first one in
 * bytes, and the weights of this and the next as two i16.
 */
function placeTaps(from: i32): void {
  const scale = scaleOf(from, targetWidth);
  let xs = taps;
  // Of pixels one more, for the other half of a last vector.
  const count = channels === 4 ? targetWidth + 1 : targetWidth;
  for (let i = 0; i < count; i++) {
    const x = min(i, targetWidth - 1);
    const position = positionOf(x, scale);
    const index = <i32>Mathf.floor(position);
    // Across a row, OpenCV drops the second tap outside of the image.
    const rest: f32 = index < 0 || index >= from - 1 ? 0 : position - <f32>index;
    const column = within(index, from);
    const weightFirst = weightOf(1 - rest);
    const weightSecond = weightOf(rest);
    if (channels === 4) {
      store<i32>(xs, 4 * column);
      store<i16>(xs, <i16>weightFirst, 4);
      store<i16>(xs, <i16>weightSecond, 6);
      xs += 8;
    } else {
      store<i32>(xs, column);
      store<i32>(xs, within(index + 1, from), 4);
      store<i32>(xs, weightFirst, 8);
      store<i32>(xs, weightSecond, 12);
      xs += 16;
    }
  }
}

function joinBytes(weightUpper: i32, weightLower: i32, dst: usize): void {
  const count = targetWidth * channels;
  for (let i = 0; i < count; i++) {
    const sum =
      ((weightUpper * (load<i32>(upper + 4 * i) >> 4)) >> 16) + ((weightLower * (load<i32>(lower + 4 * i) >> 4)) >> 16);
    store<u8>(dst + i, (sum + 2) >> 2);
  }
}

/** A row as sums of two neighbors each. */
function blendRow(row: usize, out: usize): void {
  if (channels === 4) {
    blendPixels(row, out);
    return;
  }
  let xs = taps;
  for (let x = 0; x < targetWidth; x++) {
    const one = row + load<i32>(xs) * channels;
    const other = row + load<i32>(xs, 4) * channels;
    const weightFirst = load<i32>(xs, 8);
    const weightSecond = load<i32>(xs, 12);
    for (let c = 0; c < channels; c++) {
      store<i32>(out, <i32>load<u8>(one + c) * weightFirst + <i32>load<u8>(other + c) * weightSecond);
      out += 4;
    }
    xs += 16;
  }
}

// Pixels of four bytes: red, green, blue and one that means nothing.

/** `blendRow` for four channels: the sums without the lowest four of their 11 bits after the binary point, as i16. */
function blendPixels(row: usize, out: usize): void {
  const end = taps + 8 * targetWidth;
  for (let tap = taps; tap < end; tap += 16) {
    const sums = blendPixel(row, tap);
    const next = blendPixel(row, tap + 8);
    v128.store(out, i16x8.narrow_i32x4_s(i32x4.shr_s(sums, 4), i32x4.shr_s(next, 4)));
    out += 16;
  }
}

/** The sums of a pixel and the next one, times their weights. @inline */
function blendPixel(row: usize, tap: usize): v128 {
  const two = v128.load8x8_u(row + load<i32>(tap));
  const pairs = lowPairs(two, i64x2.shuffle(two, two, 1, 1));
  return i32x4.dot_i16x8_s(pairs, v128.load_splat<i32>(tap, 4));
}

/** `joinBytes` for what `blendPixels` made: two pixels at a time. */
function joinPixels(weightUpper: i32, weightLower: i32, dst: usize): void {
  // From memory, so that they stay in registers.
  store<i32>(weights, weightUpper);
  store<i32>(weights, weightLower << 16, 4);
  store<i32>(weights, 0x20002, 8);
  const upperWeights = v128.load_splat<i32>(weights);
  const lowerWeights = v128.load_splat<i32>(weights, 4);
  const two = v128.load_splat<i32>(weights, 8);
  const end = dst + 4 * targetWidth;
  let one = upper;
  let other = lower;
  for (; dst + 8 <= end; dst += 8) {
    v128.store64_lane(dst, joinTwo(v128.load(one), v128.load(other), upperWeights, lowerWeights, two), 0);
    one += 16;
    other += 16;
  }
  if (dst < end) {
    v128.store32_lane(dst, joinTwo(v128.load(one), v128.load(other), upperWeights, lowerWeights, two), 0);
  }
}

/** Two pixels of sums, each times a weight, of whose products the upper sixteen bits are added. @inline */
function joinTwo(sums: v128, others: v128, weights: v128, otherWeights: v128, two: v128): v128 {
  const low = lowPairs(sums, others);
  const high = highPairs(sums, others);
  const values = i16x8.narrow_i32x4_s(
    i32x4.add(upperHalf(i32x4.dot_i16x8_s(low, weights)), upperHalf(i32x4.dot_i16x8_s(low, otherWeights))),
    i32x4.add(upperHalf(i32x4.dot_i16x8_s(high, weights)), upperHalf(i32x4.dot_i16x8_s(high, otherWeights))),
  );
  const rounded = i16x8.shr_u(i16x8.add(values, two), 2);
  return i8x16.narrow_i16x8_u(rounded, rounded);
}

/** @inline */
function upperHalf(products: v128): v128 {
  return i32x4.shr_s(products, 16);
}
