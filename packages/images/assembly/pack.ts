/**
 * SIMD kernels that put planar uint8 pixels into batches (AssemblyScript, compiled to WebAssembly when the package is built).
 *
 * Pointer contract: all addresses are bytes in the imported memory, need no alignment, and must not overlap. `rows` rows of `width`
 * pixels are read from each plane, row y at `plane + y * stride`, and written one after another; nothing outside of them is
 * touched. `mirror` (0 or 1) turns each row around. Float results are `(value - mean) * scale` in float32 arithmetic, bit by bit
 * what src/batches/pack-pixels.ts computes.
 */

import {
  highBytes,
  highPairs,
  interleaveFirst,
  interleaveSecond,
  interleaveThird,
  lowBytes,
  lowPairs,
} from './interleave';

/** Three planes to interleaved uint8: dst[3 * i + c] = plane c [i]. */
export function interleaveU8(
  plane0: usize,
  plane1: usize,
  plane2: usize,
  stride: i32,
  width: i32,
  rows: i32,
  mirror: i32,
  dst: usize,
): void {
  for (let y = 0; y < rows; y++) {
    const p0 = plane0 + y * stride;
    const p1 = plane1 + y * stride;
    const p2 = plane2 + y * stride;
    let i = 0;
    for (; i + 16 <= width; i += 16) {
      const a = sixteen(p0, i, width, mirror);
      const b = sixteen(p1, i, width, mirror);
      const c = sixteen(p2, i, width, mirror);
      v128.store(dst, interleaveFirst(a, b, c));
      v128.store(dst, interleaveSecond(a, b, c), 16);
      v128.store(dst, interleaveThird(a, b, c), 32);
      dst += 48;
    }
    for (; i < width; i++) {
      const at = mirror ? width - 1 - i : i;
      store<u8>(dst, load<u8>(p0 + at));
      store<u8>(dst, load<u8>(p1 + at), 1);
      store<u8>(dst, load<u8>(p2 + at), 2);
      dst += 3;
    }
  }
}

/** Three planes to interleaved float32: dst[3 * i + c] = (plane c [i] - mean c) * scale. */
export function interleaveF32(
  plane0: usize,
  plane1: usize,
  plane2: usize,
  stride: i32,
  width: i32,
  rows: i32,
  mirror: i32,
  dst: usize,
  mean0: f32,
  mean1: f32,
  mean2: f32,
  scale: f32,
): void {
  // The channel of a lane goes round with period three.
  const meanA = f32x4(mean0, mean1, mean2, mean0);
  const meanB = f32x4(mean1, mean2, mean0, mean1);
  const meanC = f32x4(mean2, mean0, mean1, mean2);
  const scales = f32x4.splat(scale);
  for (let y = 0; y < rows; y++) {
    const p0 = plane0 + y * stride;
    const p1 = plane1 + y * stride;
    const p2 = plane2 + y * stride;
    let i = 0;
    for (; i + 16 <= width; i += 16) {
      const a = sixteen(p0, i, width, mirror);
      const b = sixteen(p1, i, width, mirror);
      const c = sixteen(p2, i, width, mirror);
      // Two channels side by side, then the third one, and an empty byte: four bytes a pixel.
      const lowAb = lowBytes(a, b);
      const highAb = highBytes(a, b);
      const lowC = i16x8.extend_low_i8x16_u(c);
      const highC = i16x8.extend_high_i8x16_u(c);
      storeFourPixels(dst, lowPairs(lowAb, lowC), meanA, meanB, meanC, scales);
      storeFourPixels(dst + 48, highPairs(lowAb, lowC), meanA, meanB, meanC, scales);
      storeFourPixels(dst + 96, lowPairs(highAb, highC), meanA, meanB, meanC, scales);
      storeFourPixels(dst + 144, highPairs(highAb, highC), meanA, meanB, meanC, scales);
      dst += 192;
    }
    for (; i < width; i++) {
      const at = mirror ? width - 1 - i : i;
      store<f32>(dst, (<f32>load<u8>(p0 + at) - mean0) * scale);
      store<f32>(dst, (<f32>load<u8>(p1 + at) - mean1) * scale, 4);
      store<f32>(dst, (<f32>load<u8>(p2 + at) - mean2) * scale, 8);
      dst += 12;
    }
  }
}

/** A row of pixels of four bytes to interleaved float32: dst[3 * i + c] = (byte c of pixel i - mean c) * scale. */
export function floatsOfPixels(
  row: usize,
  width: i32,
  mirror: i32,
  dst: usize,
  mean0: f32,
  mean1: f32,
  mean2: f32,
  scale: f32,
): void {
  const meanA = f32x4(mean0, mean1, mean2, mean0);
  const meanB = f32x4(mean1, mean2, mean0, mean1);
  const meanC = f32x4(mean2, mean0, mean1, mean2);
  const scales = f32x4.splat(scale);
  let i = 0;
  for (; i + 4 <= width; i += 4) {
    storeFourPixels(dst, fourPixels(row, i, width, mirror), meanA, meanB, meanC, scales);
    dst += 48;
  }
  for (; i < width; i++) {
    const pixel = row + 4 * (mirror ? width - 1 - i : i);
    store<f32>(dst, (<f32>load<u8>(pixel) - mean0) * scale);
    store<f32>(dst, (<f32>load<u8>(pixel, 1) - mean1) * scale, 4);
    store<f32>(dst, (<f32>load<u8>(pixel, 2) - mean2) * scale, 8);
    dst += 12;
  }
}

/** One plane to float32: dst[i] = (plane[i] - mean) * scale. */
export function planeF32(
  plane: usize,
  stride: i32,
  width: i32,
  rows: i32,
  mirror: i32,
  dst: usize,
  mean: f32,
  scale: f32,
): void {
  const means = f32x4.splat(mean);
  const scales = f32x4.splat(scale);
  for (let y = 0; y < rows; y++) {
    const row = plane + y * stride;
    let i = 0;
    for (; i + 16 <= width; i += 16) {
      storeSixteen(dst, sixteen(row, i, width, mirror), means, scales);
      dst += 64;
    }
    for (; i < width; i++) {
      store<f32>(dst, (<f32>load<u8>(row + (mirror ? width - 1 - i : i)) - mean) * scale);
      dst += 4;
    }
  }
}

/** Pixels i to i + 15 of a row, as they come or from its other end. */
function sixteen(row: usize, i: i32, width: i32, mirror: i32): v128 {
  if (!mirror) return v128.load(row + i);
  const bytes = v128.load(row + width - 16 - i);
  return i8x16.shuffle(bytes, bytes, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}

/** Pixels i to i + 3 of a row, as they come or from its other end. */
function fourPixels(row: usize, i: i32, width: i32, mirror: i32): v128 {
  if (!mirror) return v128.load(row + 4 * i);
  const pixels = v128.load(row + 4 * (width - 4 - i));
  return i32x4.shuffle(pixels, pixels, 3, 2, 1, 0);
}

/** Four pixels of four bytes, of which the last one is left out, as floats. Indices past the vector give zeros: bytes become 32 bits wide. @inline */
function storeFourPixels(out: usize, pixels: v128, meanA: v128, meanB: v128, meanC: v128, scales: v128): void {
  const first = i8x16.swizzle(pixels, i8x16(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 4, -1, -1, -1));
  const second = i8x16.swizzle(pixels, i8x16(5, -1, -1, -1, 6, -1, -1, -1, 8, -1, -1, -1, 9, -1, -1, -1));
  const third = i8x16.swizzle(pixels, i8x16(10, -1, -1, -1, 12, -1, -1, -1, 13, -1, -1, -1, 14, -1, -1, -1));
  v128.store(out, normalize(first, meanA, scales));
  v128.store(out, normalize(second, meanB, scales), 16);
  v128.store(out, normalize(third, meanC, scales), 32);
}

/** Sixteen bytes as floats. */
function storeSixteen(out: usize, bytes: v128, means: v128, scales: v128): void {
  const low = i16x8.extend_low_i8x16_u(bytes);
  const high = i16x8.extend_high_i8x16_u(bytes);
  v128.store(out, normalize(i32x4.extend_low_i16x8_u(low), means, scales));
  v128.store(out, normalize(i32x4.extend_high_i16x8_u(low), means, scales), 16);
  v128.store(out, normalize(i32x4.extend_low_i16x8_u(high), means, scales), 32);
  v128.store(out, normalize(i32x4.extend_high_i16x8_u(high), means, scales), 48);
}

function normalize(values: v128, means: v128, scales: v128): v128 {
  return f32x4.mul(f32x4.sub(f32x4.convert_i32x4_s(values), means), scales);
}
