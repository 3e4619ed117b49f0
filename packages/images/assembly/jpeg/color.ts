/** From planes to pixels, a row at a time: YCbCr becomes RGB. The colors are JFIF's, in libjpeg's fixed-point arithmetic. */
import { highBytes, highPairs, lowBytes, lowPairs } from '../interleave';
import { CHROMA_SPARE, chromaRow } from './chroma';
import { componentAt, componentCount, width } from './frame';
import { PASS } from './memory';
import { BLUE, COLOR_SHIFT, GREEN, HALF_OF_GREEN, RED } from './vectors';

/** What is written: luma alone, planes of blue, green and red, or pixels of red, green, blue and one byte that means nothing. */
export const GRAY: i32 = 1;
export const PLANES: i32 = 3;
export const PIXELS: i32 = 4;

/** Pixels are written sixteen at a time, so this much may be written past the last ones. */
export const PIXEL_SPARE: usize = 64;

/** Bytes that `writeRow` needs: a row of differences each for blue and red, and one of what they are made of. */
export function rowBytes(): usize {
  return 3 * chromaBytes();
}

function chromaBytes(): usize {
  return 2 * (<usize>width + 2 * CHROMA_SPARE);
}

/** Writes a part of the image as `GRAY`, `PLANES` or `PIXELS`. `scratch` has room for `rowBytes()`. */
export function writeImage(dst: usize, kind: i32, top: i32, left: i32, rows: i32, columns: i32, scratch: usize): void {
  for (let y = top; y < top + rows; y++) {
    writeRow(dst, kind, y, left, columns, rows * columns, scratch);
    dst += kind === PIXELS ? 4 * columns : columns;
  }
}

/** Writes a part of row `y`. Planes are `planeBytes` apart. `scratch` has room for `rowBytes()`. */
export function writeRow(
  dst: usize,
  kind: i32,
  y: i32,
  left: i32,
  columns: i32,
  planeBytes: i32,
  scratch: usize,
): void {
  const luma = componentAt(0);
  const from = luma.plane + y * luma.stride + left;
  if (kind === GRAY) memory.copy(dst, from, columns);
  else if (componentCount === 1) writeGray(from, columns, dst, kind, planeBytes);
  else {
    const blue = scratch + 2 * CHROMA_SPARE;
    const red = blue + chromaBytes();
    const sums = red + chromaBytes();
    chromaRow(1, y, left, left + columns, blue, sums);
    chromaRow(2, y, left, left + columns, red, sums);
    if (kind === PIXELS) writePixels(from, blue + 2 * left, red + 2 * left, columns, dst);
    else writePlanes(from, blue + 2 * left, red + 2 * left, columns, dst, planeBytes);
  }
}

/** A gray row as colors. */
function writeGray(row: usize, count: i32, dst: usize, kind: i32, planeBytes: usize): void {
  if (kind === PLANES) {
    for (let plane: usize = 0; plane < 3; plane++) memory.copy(dst + plane * planeBytes, row, count);
    return;
  }
  for (let x = 0; x < count; x += 16) {
    const y = v128.load(row + x);
    storePixels(dst + 4 * x, y, y, y);
  }
}

function writePixels(luma: usize, blue: usize, red: usize, count: i32, dst: usize): void {
  const redFactors = v128.load(RED);
  const greenFactors = v128.load(GREEN);
  const half = v128.load(HALF_OF_GREEN);
  const blueFactors = v128.load(BLUE);
  const end = luma + count;
  for (; luma < end; luma += 16) {
    const y = v128.load(luma);
    const y0 = i16x8.extend_low_i8x16_u(y);
    const y8 = i16x8.extend_high_i8x16_u(y);
    const b0 = v128.load(blue);
    const b8 = v128.load(blue, 16);
    const r0 = v128.load(red);
    const r8 = v128.load(red, 16);
    storePixels(
      dst,
      i8x16.narrow_i16x8_u(redOf(y0, r0, redFactors), redOf(y8, r8, redFactors)),
      i8x16.narrow_i16x8_u(greenOf(y0, b0, r0, greenFactors, half), greenOf(y8, b8, r8, greenFactors, half)),
      i8x16.narrow_i16x8_u(blueOf(y0, b0, blueFactors), blueOf(y8, b8, blueFactors)),
    );
    blue += 32;
    red += 32;
    dst += 64;
  }
}

function writePlanes(luma: usize, blue: usize, red: usize, count: i32, dst: usize, planeBytes: usize): void {
  const redFactors = v128.load(RED);
  const greenFactors = v128.load(GREEN);
  const half = v128.load(HALF_OF_GREEN);
  const blueFactors = v128.load(BLUE);
  for (let x = 0; x < count; x += 16) {
    // The last sixteen again, so that nothing is written past a row, where another plane may begin.
    if (x + 16 > count && count >= 16) x = count - 16;
    const y = v128.load(luma + x);
    const y0 = i16x8.extend_low_i8x16_u(y);
    const y8 = i16x8.extend_high_i8x16_u(y);
    const b0 = v128.load(blue + 2 * x);
    const b8 = v128.load(blue + 2 * x, 16);
    const r0 = v128.load(red + 2 * x);
    const r8 = v128.load(red + 2 * x, 16);
    const b = i8x16.narrow_i16x8_u(blueOf(y0, b0, blueFactors), blueOf(y8, b8, blueFactors));
    const g = i8x16.narrow_i16x8_u(greenOf(y0, b0, r0, greenFactors, half), greenOf(y8, b8, r8, greenFactors, half));
    const r = i8x16.narrow_i16x8_u(redOf(y0, r0, redFactors), redOf(y8, r8, redFactors));
    if (count >= 16) {
      v128.store(dst + x, b);
      v128.store(dst + planeBytes + x, g);
      v128.store(dst + 2 * planeBytes + x, r);
    } else {
      storeFew(dst, b, count);
      storeFew(dst + planeBytes, g, count);
      storeFew(dst + 2 * planeBytes, r, count);
    }
  }
}

/** The first `count` bytes of a vector. */
function storeFew(dst: usize, bytes: v128, count: i32): void {
  v128.store(PASS, bytes);
  memory.copy(dst, PASS, count);
}

/** Sixteen pixels of red, green, blue, blue. */
function storePixels(dst: usize, r: v128, g: v128, b: v128): void {
  const rg0 = lowBytes(r, g);
  const rg8 = highBytes(r, g);
  const bb0 = lowBytes(b, b);
  const bb8 = highBytes(b, b);
  v128.store(dst, lowPairs(rg0, bb0));
  v128.store(dst, highPairs(rg0, bb0), 16);
  v128.store(dst, lowPairs(rg8, bb8), 32);
  v128.store(dst, highPairs(rg8, bb8), 48);
}

// Of eight samples, from luma and from differences. Whole multiples of the differences are taken out of the factors, so that what is left
// fits into 15 bits after the binary point. That is libjpeg's 16 bits halved: exact for blue and green, and for red without effect on any
// of the 256 results.

/** Y + 1.402 Cr @inline */
function redOf(y: v128, cr: v128, factors: v128): v128 {
  return i16x8.add(i16x8.add(y, cr), i16x8.q15mulr_sat_s(cr, factors));
}

/** Y - 0.34414 Cb - 0.71414 Cr @inline */
function greenOf(y: v128, cb: v128, cr: v128, factors: v128, half: v128): v128 {
  const low = i32x4.add(i32x4.dot_i16x8_s(lowPairs(cb, cr), factors), half);
  const high = i32x4.add(i32x4.dot_i16x8_s(highPairs(cb, cr), factors), half);
  const difference = i16x8.narrow_i32x4_s(i32x4.shr_s(low, COLOR_SHIFT), i32x4.shr_s(high, COLOR_SHIFT));
  return i16x8.add(i16x8.sub(y, cr), difference);
}

/** Y + 1.772 Cb @inline */
function blueOf(y: v128, cb: v128, factors: v128): v128 {
  return i16x8.add(i16x8.add(y, i16x8.add(cb, cb)), i16x8.q15mulr_sat_s(cb, factors));
}
