/**
 * SIMD kernels that put planar uint8 pixels into batches (AssemblyScript, compiled to WebAssembly when the package is built).
 *
 * Pointer contract: all addresses are bytes in the imported memory, need no alignment, and must not overlap. `count` pixels are
 * read from each plane, and written one after another; nothing outside of them is touched. Float results are
 * `(value - mean) * scale` in float32 arithmetic, bit by bit what src/pack-pixels.ts computes.
 */

/** Three planes to interleaved uint8: dst[3 * i + c] = plane c [i]. */
export function interleaveU8(p0: usize, p1: usize, p2: usize, dst: usize, count: i32): void {
  let i = 0;
  for (; i + 16 <= count; i += 16) {
    const a = v128.load(p0 + i);
    const b = v128.load(p1 + i);
    const c = v128.load(p2 + i);
    const out = dst + 3 * i;
    v128.store(out, interleaveFirst(a, b, c));
    v128.store(out + 16, interleaveSecond(a, b, c));
    v128.store(out + 32, interleaveThird(a, b, c));
  }
  for (; i < count; i++) {
    const out = dst + 3 * i;
    store<u8>(out, load<u8>(p0 + i));
    store<u8>(out + 1, load<u8>(p1 + i));
    store<u8>(out + 2, load<u8>(p2 + i));
  }
}

/** Three planes to interleaved float32: dst[3 * i + c] = (plane c [i] - mean c) * scale. */
export function interleaveF32(
  p0: usize,
  p1: usize,
  p2: usize,
  dst: usize,
  count: i32,
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
  let i = 0;
  for (; i + 16 <= count; i += 16) {
    const a = v128.load(p0 + i);
    const b = v128.load(p1 + i);
    const c = v128.load(p2 + i);
    const out = dst + 12 * i;
    storeSixteen(out, interleaveFirst(a, b, c), meanA, meanB, meanC, scales);
    storeSixteen(out + 64, interleaveSecond(a, b, c), meanB, meanC, meanA, scales);
    storeSixteen(out + 128, interleaveThird(a, b, c), meanC, meanA, meanB, scales);
  }
  for (; i < count; i++) {
    const out = dst + 12 * i;
    store<f32>(out, (<f32>load<u8>(p0 + i) - mean0) * scale);
    store<f32>(out + 4, (<f32>load<u8>(p1 + i) - mean1) * scale);
    store<f32>(out + 8, (<f32>load<u8>(p2 + i) - mean2) * scale);
  }
}

/** One plane to float32: dst[i] = (plane[i] - mean) * scale. */
export function planeF32(plane: usize, dst: usize, count: i32, mean: f32, scale: f32): void {
  const means = f32x4.splat(mean);
  const scales = f32x4.splat(scale);
  let i = 0;
  for (; i + 16 <= count; i += 16) {
    storeSixteen(dst + 4 * i, v128.load(plane + i), means, means, means, scales);
  }
  for (; i < count; i++) store<f32>(dst + 4 * i, (<f32>load<u8>(plane + i) - mean) * scale);
}

/** Sixteen bytes as floats; the means of the four vectors are those of a, b, c, a. */
function storeSixteen(out: usize, bytes: v128, meanA: v128, meanB: v128, meanC: v128, scales: v128): void {
  const low = i16x8.extend_low_i8x16_u(bytes);
  const high = i16x8.extend_high_i8x16_u(bytes);
  v128.store(out, normalize(i32x4.extend_low_i16x8_u(low), meanA, scales));
  v128.store(out, normalize(i32x4.extend_high_i16x8_u(low), meanB, scales), 16);
  v128.store(out, normalize(i32x4.extend_low_i16x8_u(high), meanC, scales), 32);
  v128.store(out, normalize(i32x4.extend_high_i16x8_u(high), meanA, scales), 48);
}

function normalize(values: v128, means: v128, scales: v128): v128 {
  return f32x4.mul(f32x4.sub(f32x4.convert_i32x4_s(values), means), scales);
}

// a0 b0 c0 a1 b1 c1 ... : sixteen bytes of each plane make three vectors of sixteen.

function interleaveFirst(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
  return i8x16.shuffle(ab, c, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15);
}

function interleaveSecond(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
  return i8x16.shuffle(ab, c, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15);
}

function interleaveThird(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
  return i8x16.shuffle(ab, c, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31);
}
