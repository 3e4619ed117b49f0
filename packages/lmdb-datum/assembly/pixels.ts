/**
 * Kernels that resize interleaved uint8 pixels and turn them into planes (AssemblyScript, compiled to WebAssembly when the package
 * is built).
 *
 * Pointer contract: addresses are bytes in the imported memory. Tables of i32 are aligned to 4. Pixels need no alignment, but 16
 * bytes behind the end of `src` may be read. Nothing outside of `dst` and the scratch rows is written.
 */

import { highQuads, lowBytes, lowQuads } from './interleave';

/** 11 bits behind the point, as OpenCV's weights have them. */
const ONE: f32 = 2048;

/**
 * cv::resize with INTER_LINEAR. `scratch` has room for the taps of `dstWidth` columns (4 i32 each) and for two rows of `dstWidth + 2`
 * pixels of `channels` i32.
 */
export function bilinear(
  src: usize,
  srcWidth: i32,
  srcHeight: i32,
  channels: i32,
  dst: usize,
  dstWidth: i32,
  dstHeight: i32,
  scratch: usize,
): void {
  const rowLength = dstWidth * channels;
  const xs = scratch;
  placeTaps(srcWidth, dstWidth, channels, xs);
  let upper = scratch + 16 * dstWidth;
  let lower = upper + 4 * channels * (dstWidth + 2);
  let upperIs = -1;
  let lowerIs = -1;
  const scale = scaleOf(srcHeight, dstHeight);
  for (let y = 0; y < dstHeight; y++) {
    const position = positionOf(y, scale);
    const index = <i32>Mathf.floor(position);
    const first = within(index, srcHeight);
    const second = within(index + 1, srcHeight);
    // Rows come in order, so the lower one is often the next upper one.
    if (upperIs !== first) {
      if (lowerIs === first) {
        const swap = upper;
        upper = lower;
        lower = swap;
        lowerIs = upperIs;
      } else {
        blendRow(src + first * srcWidth * channels, channels, xs, dstWidth, upper);
      }
      upperIs = first;
    }
    if (lowerIs !== second) {
      blendRow(src + second * srcWidth * channels, channels, xs, dstWidth, lower);
      lowerIs = second;
    }
    // Down a column, OpenCV takes an edge twice.
    const fraction = position - <f32>index;
    const weightUpper = weightOf(1 - fraction);
    const weightLower = weightOf(fraction);
    if (channels === 4) joinPixelRows(upper, lower, <i16>weightUpper, <i16>weightLower, dstWidth, dst);
    else joinRows(upper, lower, weightUpper, weightLower, rowLength, dst);
    dst += rowLength;
  }
}

function scaleOf(from: i32, to: i32): f64 {
  return 1 / (<f64>to / <f64>from);
}

/** Where a target column or row lies among the source's: centres are at half. */
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
function placeTaps(from: i32, to: i32, channels: i32, xs: usize): void {
  const scale = scaleOf(from, to);
  for (let x = 0; x < to; x++) {
    const position = positionOf(x, scale);
    const index = <i32>Mathf.floor(position);
    // Across a row, OpenCV drops the second tap outside of the image.
    const fraction: f32 = index < 0 || index >= from - 1 ? 0 : position - <f32>index;
    const first = within(index, from);
    const weightFirst = weightOf(1 - fraction);
    const weightSecond = weightOf(fraction);
    if (channels === 4) {
      store<i32>(xs, 4 * first);
      store<i16>(xs, <i16>weightFirst, 4);
      store<i16>(xs, <i16>weightSecond, 6);
      xs += 8;
    } else {
      store<i32>(xs, first);
      store<i32>(xs, within(index + 1, from), 4);
      store<i32>(xs, weightFirst, 8);
      store<i32>(xs, weightSecond, 12);
      xs += 16;
    }
  }
}

function joinRows(upper: usize, lower: usize, weightUpper: i32, weightLower: i32, count: i32, dst: usize): void {
  for (let i = 0; i < count; i++) {
    const sum =
      ((weightUpper * (load<i32>(upper + 4 * i) >> 4)) >> 16) + ((weightLower * (load<i32>(lower + 4 * i) >> 4)) >> 16);
    store<u8>(dst + i, (sum + 2) >> 2);
  }
}

/** A row as sums of two neighbours each. */
function blendRow(row: usize, channels: i32, xs: usize, dstWidth: i32, out: usize): void {
  if (channels === 4) {
    blendPixels(row, xs, dstWidth, out);
    return;
  }
  for (let x = 0; x < dstWidth; x++) {
    const first = row + load<i32>(xs) * channels;
    const second = row + load<i32>(xs, 4) * channels;
    const weightFirst = load<i32>(xs, 8);
    const weightSecond = load<i32>(xs, 12);
    for (let c = 0; c < channels; c++) {
      store<i32>(out, <i32>load<u8>(first + c) * weightFirst + <i32>load<u8>(second + c) * weightSecond);
      out += 4;
    }
    xs += 16;
  }
}

/**
 * Weighted sums along rows, with weights of 22 bits. `windows` holds first source index and count for each target column (2 i32),
 * `weights` their weights, `most` apart.
 */
export function alongRows(
  src: usize,
  srcWidth: i32,
  height: i32,
  channels: i32,
  dst: usize,
  dstWidth: i32,
  windows: usize,
  weights: usize,
  most: i32,
): void {
  for (let y = 0; y < height; y++) {
    const row = src + y * srcWidth * channels;
    for (let x = 0; x < dstWidth; x++) {
      let pixel = row + load<i32>(windows + 8 * x) * channels;
      const count = load<i32>(windows + 8 * x, 4);
      let weight = weights + 4 * x * most;
      // Four channels at once; what is read past a pixel's own channels isn't stored.
      let sums = i32x4.splat(1 << 21);
      for (let k = 0; k < count; k++) {
        const values = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(pixel)));
        sums = i32x4.add(sums, i32x4.mul(values, i32x4.splat(load<i32>(weight))));
        pixel += channels;
        weight += 4;
      }
      store<u8>(dst, i32x4.extract_lane(sums, 0) >> 22);
      if (channels > 1) store<u8>(dst, i32x4.extract_lane(sums, 1) >> 22, 1);
      if (channels > 2) store<u8>(dst, i32x4.extract_lane(sums, 2) >> 22, 2);
      if (channels > 3) store<u8>(dst, i32x4.extract_lane(sums, 3) >> 22, 3);
      dst += channels;
    }
  }
}

/** Weighted sums down columns, as `alongRows`. */
export function alongColumns(
  src: usize,
  rowBytes: i32,
  dst: usize,
  dstHeight: i32,
  windows: usize,
  weights: usize,
  most: i32,
): void {
  for (let y = 0; y < dstHeight; y++) {
    const top = src + load<i32>(windows + 8 * y) * rowBytes;
    const count = load<i32>(windows + 8 * y, 4);
    const weight = weights + 4 * y * most;
    let i = 0;
    for (; i + 8 <= rowBytes; i += 8) {
      let low = i32x4.splat(1 << 21);
      let high = low;
      for (let k = 0; k < count; k++) {
        const values = v128.load8x8_u(top + k * rowBytes + i);
        const factor = i32x4.splat(load<i32>(weight + 4 * k));
        low = i32x4.add(low, i32x4.mul(i32x4.extend_low_i16x8_u(values), factor));
        high = i32x4.add(high, i32x4.mul(i32x4.extend_high_i16x8_u(values), factor));
      }
      const words = i16x8.narrow_i32x4_s(i32x4.shr_u(low, 22), i32x4.shr_u(high, 22));
      v128.store64_lane(dst, i8x16.narrow_i16x8_u(words, words), 0);
      dst += 8;
    }
    for (; i < rowBytes; i++) {
      let sum = 1 << 21;
      for (let k = 0; k < count; k++) sum += <i32>load<u8>(top + k * rowBytes + i) * load<i32>(weight + 4 * k);
      store<u8>(dst++, sum >> 22);
    }
  }
}

/** Interleaved RGB to planes of blue, green and red. */
export function planarBgr(src: usize, count: i32, dst: usize): void {
  const green = dst + count;
  const red = green + count;
  for (let i = 0; i < count; i++) {
    store<u8>(red + i, load<u8>(src));
    store<u8>(green + i, load<u8>(src, 1));
    store<u8>(dst + i, load<u8>(src, 2));
    src += 3;
  }
}

// Pixels of four bytes: red, green, blue and one that means nothing.

/** `blendRow` for four channels: the sums without the lowest four of their 11 bits behind the point, as i16. */
function blendPixels(row: usize, xs: usize, dstWidth: i32, out: usize): void {
  for (let x = 0; x < dstWidth; x += 2) {
    const sums = blendPixel(row, xs);
    // The last one twice, if their number is odd.
    const next = blendPixel(row, x + 1 < dstWidth ? xs + 8 : xs);
    v128.store(out, i16x8.narrow_i32x4_s(i32x4.shr_s(sums, 4), i32x4.shr_s(next, 4)));
    xs += 16;
    out += 16;
  }
}

function blendPixel(row: usize, tap: usize): v128 {
  const two = v128.load64_zero(row + load<i32>(tap));
  const pairs = i16x8.extend_low_i8x16_u(lowBytes(two, i64x2.shr_u(two, 32)));
  return i32x4.dot_i16x8_s(pairs, v128.load_splat<i32>(tap, 4));
}

/** `joinRows` for what `blendPixels` made: two pixels at a time. */
function joinPixelRows(upper: usize, lower: usize, weightUpper: i16, weightLower: i16, count: i32, dst: usize): void {
  const upperWeights = i16x8.splat(weightUpper);
  const lowerWeights = i16x8.splat(weightLower);
  const two = i16x8.splat(2);
  for (let x = 0; x < count; x += 2) {
    const sum = i16x8.add(
      highProducts(v128.load(upper + 8 * x), upperWeights),
      highProducts(v128.load(lower + 8 * x), lowerWeights),
    );
    const values = i16x8.shr_u(i16x8.add(sum, two), 2);
    const bytes = i8x16.narrow_i16x8_u(values, values);
    if (x + 1 < count) v128.store64_lane(dst + 4 * x, bytes, 0);
    else v128.store32_lane(dst + 4 * x, bytes, 0);
  }
}

/** The upper sixteen bits of products. */
function highProducts(a: v128, b: v128): v128 {
  return i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.extmul_low_i16x8_s(a, b), 16),
    i32x4.shr_s(i32x4.extmul_high_i16x8_s(a, b), 16),
  );
}

/** Halves an image: the mean of 2x2 pixels of `channels` bytes. */
export function halve(src: usize, srcWidth: i32, channels: i32, dst: usize, dstWidth: i32, dstHeight: i32): void {
  const rowBytes = srcWidth * channels;
  for (let y = 0; y < dstHeight; y++) {
    for (let x = 0; x < dstWidth; x++) {
      for (let c = 0; c < channels; c++) {
        const at = src + 2 * x * channels + c;
        const sum =
          <i32>load<u8>(at) +
          <i32>load<u8>(at + channels) +
          <i32>load<u8>(at + rowBytes) +
          <i32>load<u8>(at + rowBytes + channels);
        store<u8>(dst++, (sum + 2) >> 2);
      }
    }
    src += 2 * rowBytes;
  }
}

/** Pixels of four bytes to planes of blue, green and red. */
export function planesOfPixels(src: usize, count: i32, dst: usize): void {
  const green = dst + count;
  const red = green + count;
  let i = 0;
  for (; i + 16 <= count; i += 16) {
    const at = src + 4 * i;
    const p0 = byChannel(v128.load(at));
    const p4 = byChannel(v128.load(at, 16));
    const p8 = byChannel(v128.load(at, 32));
    const p12 = byChannel(v128.load(at, 48));
    const low0 = lowQuads(p0, p4);
    const low8 = lowQuads(p8, p12);
    v128.store(red + i, i64x2.shuffle(low0, low8, 0, 2));
    v128.store(green + i, i64x2.shuffle(low0, low8, 1, 3));
    v128.store(dst + i, i64x2.shuffle(highQuads(p0, p4), highQuads(p8, p12), 0, 2));
  }
  for (; i < count; i++) {
    store<u8>(red + i, load<u8>(src + 4 * i));
    store<u8>(green + i, load<u8>(src + 4 * i, 1));
    store<u8>(dst + i, load<u8>(src + 4 * i, 2));
  }
}

/** Four pixels to four bytes of each channel. */
function byChannel(pixels: v128): v128 {
  return i8x16.shuffle(pixels, pixels, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
}
