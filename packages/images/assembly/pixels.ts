/**
 * Kernels that resize interleaved uint8 pixels with antialiasing or by half, and turn them into planes.
 *
 * Pointer contract: addresses are bytes in the imported memory. Tables of i32 are aligned to 4. Pixels need no alignment, but 16
 * bytes past the end of `src` may be read. Nothing outside of `dst` and the scratch rows is written.
 */

import { highQuads, lowQuads } from './interleave';

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

/**
 * `alongRows` for one row of pixels of four bytes, four source pixels at a time. Weights are in two halves of eleven bits, so that they
 * multiply as numbers of sixteen: for each target column `groups` groups of 8 i16, the upper halves of four weights and the lower ones.
 * Weights of pixels past a window are 0.
 */
export function alongPixelRow(
  row: usize,
  dst: usize,
  dstWidth: i32,
  windows: usize,
  weights: usize,
  groups: i32,
): void {
  for (let x = 0; x < dstWidth; x++) {
    let pixel = row + 4 * load<i32>(windows + 8 * x);
    let at = weights + 16 * x * groups;
    const end = at + 16 * ((load<i32>(windows + 8 * x, 4) + 3) >> 2);
    let upper = i32x4.splat(0);
    let lower = i32x4.splat(1 << 21);
    while (at < end) {
      const four = v128.load(pixel);
      // Each channel beside that of the next pixel.
      const pairs = i8x16.shuffle(four, four, 0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
      const first = i16x8.extend_low_i8x16_u(pairs);
      const second = i16x8.extend_high_i8x16_u(pairs);
      upper = i32x4.add(upper, i32x4.dot_i16x8_s(first, v128.load_splat<i32>(at)));
      upper = i32x4.add(upper, i32x4.dot_i16x8_s(second, v128.load_splat<i32>(at, 4)));
      lower = i32x4.add(lower, i32x4.dot_i16x8_s(first, v128.load_splat<i32>(at, 8)));
      lower = i32x4.add(lower, i32x4.dot_i16x8_s(second, v128.load_splat<i32>(at, 12)));
      pixel += 16;
      at += 16;
    }
    const words = i32x4.shr_s(i32x4.add(i32x4.shl(upper, 11), lower), 22);
    const halves = i16x8.narrow_i32x4_s(words, words);
    v128.store32_lane(dst, i8x16.narrow_i16x8_u(halves, halves), 0);
    dst += 4;
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
