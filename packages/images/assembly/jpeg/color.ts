/**
 * From planes to pixels: chroma is brought to the size of luma, and YCbCr turned into RGB, a row at a time.
 *
 * Upsampling is libjpeg's "fancy" one: each new sample is three quarters of the nearest old one and a quarter of the next, and the
 * directions in which halves are rounded take turns. The colors are JFIF's, in libjpeg's fixed-point arithmetic.
 */
import { highBytes, highPairs, lowBytes, lowPairs } from '../interleave';
import { componentAt, componentCount, mostHorizontal, mostVertical, width } from './frame';
import { PASS } from './memory';

/** What is written: luma alone, planes of blue, green and red, or pixels of red, green, blue and one byte that means nothing. */
export const GRAY: i32 = 1;
export const PLANES: i32 = 3;
export const PIXELS: i32 = 4;

/** Pixels are written sixteen at a time, so this much may be written past the last ones. */
export const PIXEL_SPARE: usize = 64;
const ROW_SPARE: usize = 32;

/** Bytes of the rows between planes and pixels: upsampled blue and red difference, and sums of samples of a column. */
export function rowBytes(): usize {
  return 2 * (<usize>width + ROW_SPARE) + 2 * (<usize>width + ROW_SPARE);
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
    const blueRow = scratch;
    const redRow = blueRow + <usize>width + ROW_SPARE;
    // One sum before the first.
    const sums = redRow + <usize>width + ROW_SPARE + 16;
    const blue = chromaRow(1, y, blueRow, sums);
    const red = chromaRow(2, y, redRow, sums);
    writeColors(from, blue + left, red + left, columns, dst, kind, planeBytes);
  }
}

/** Address of row `y` of component `i` at the size of the image: in its plane, or made in `out`. */
function chromaRow(i: i32, y: i32, out: usize, sums: usize): usize {
  const component = componentAt(i);
  const plane = component.plane;
  const stride = component.stride;
  if (mostVertical === 1) {
    const row = plane + y * stride;
    if (mostHorizontal === 1) return row;
    if (component.width <= 2) doubleRow(row, component.width, out);
    else {
      widenRow(row, component.width, sums);
      expandRow(sums, component.width, 1, 2, 2, out);
    }
    return out;
  }
  const near = y >> 1;
  const far = y & 1 ? min(near + 1, component.height - 1) : max(near - 1, 0);
  const nearRow = plane + near * stride;
  const farRow = plane + far * stride;
  if (mostHorizontal === 1) blendRows(nearRow, farRow, component.width, y & 1 ? 2 : 1, out);
  else if (component.width <= 2) doubleRow(nearRow, component.width, out);
  else {
    sumRows(nearRow, farRow, component.width, sums);
    expandRow(sums, component.width, 8, 7, 4, out);
  }
  return out;
}

/** Images too narrow for the filter: libjpeg repeats their samples. */
function doubleRow(row: usize, count: i32, out: usize): void {
  for (let x = 0; x < count; x++) {
    const sample = load<u8>(row + x);
    store<u8>(out + 2 * x, sample);
    store<u8>(out + 2 * x, sample, 1);
  }
}

/** out[x] = (3 near[x] + far[x] + bias) / 4 */
function blendRows(near: usize, far: usize, count: i32, bias: i16, out: usize): void {
  const three = i16x8.splat(3);
  const biases = i16x8.splat(bias);
  for (let x = 0; x < count; x += 8) {
    const sum = i16x8.add(i16x8.mul(v128.load8x8_u(near + x), three), v128.load8x8_u(far + x));
    const samples = i16x8.shr_u(i16x8.add(sum, biases), 2);
    v128.store64_lane(out + x, i8x16.narrow_i16x8_u(samples, samples), 0);
  }
}

/** sums[x] = 3 near[x] + far[x], as i16 */
function sumRows(near: usize, far: usize, count: i32, sums: usize): void {
  const three = i16x8.splat(3);
  for (let x = 0; x < count; x += 8) {
    v128.store(sums + 2 * x, i16x8.add(i16x8.mul(v128.load8x8_u(near + x), three), v128.load8x8_u(far + x)));
  }
}

/** sums[x] = row[x], as i16 */
function widenRow(row: usize, count: i32, sums: usize): void {
  for (let x = 0; x < count; x += 8) v128.store(sums + 2 * x, v128.load8x8_u(row + x));
}

/**
 * Twice as many samples from sums: even ones lean to the left, odd ones to the right. At both ends the outer neighbour is the sum
 * itself.
 */
function expandRow(sums: usize, count: i32, evenBias: i16, oddBias: i16, shift: i32, out: usize): void {
  store<u16>(sums - 2, load<u16>(sums));
  store<u16>(sums + 2 * count, load<u16>(sums + 2 * count - 2));
  const three = i16x8.splat(3);
  const even = i16x8.splat(evenBias);
  const odd = i16x8.splat(oddBias);
  for (let x = 0; x < count; x += 8) {
    const at = sums + 2 * x;
    const middle = i16x8.mul(v128.load(at), three);
    const left = i16x8.shr_u(i16x8.add(i16x8.add(middle, v128.load(at - 2)), even), shift);
    const right = i16x8.shr_u(i16x8.add(i16x8.add(middle, v128.load(at + 2)), odd), shift);
    v128.store(out + 2 * x, v128.or(left, i16x8.shl(right, 8)));
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

function writeColors(luma: usize, blue: usize, red: usize, count: i32, dst: usize, kind: i32, planeBytes: usize): void {
  for (let x = 0; x < count; x += 16) {
    // The last sixteen again, so that nothing is written past a row, where another plane may begin.
    if (kind === PLANES && x + 16 > count && count >= 16) x = count - 16;
    const y = v128.load(luma + x);
    const cb = v128.load(blue + x);
    const cr = v128.load(red + x);
    const y0 = i16x8.extend_low_i8x16_u(y);
    const y1 = i16x8.extend_high_i8x16_u(y);
    const cb0 = centered(i16x8.extend_low_i8x16_u(cb));
    const cb1 = centered(i16x8.extend_high_i8x16_u(cb));
    const cr0 = centered(i16x8.extend_low_i8x16_u(cr));
    const cr1 = centered(i16x8.extend_high_i8x16_u(cr));
    const r = i8x16.narrow_i16x8_u(redOf(y0, cr0), redOf(y1, cr1));
    const g = i8x16.narrow_i16x8_u(greenOf(y0, cb0, cr0), greenOf(y1, cb1, cr1));
    const b = i8x16.narrow_i16x8_u(blueOf(y0, cb0), blueOf(y1, cb1));
    if (kind === PIXELS) storePixels(dst + 4 * x, r, g, b);
    else if (count >= 16) {
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

function centered(chroma: v128): v128 {
  return i16x8.sub(chroma, i16x8.splat(128));
}

// Whole multiples of the chroma are taken out of the factors, so that what is left fits into 15 bits after the binary point. That is
// libjpeg's 16 bits halved: exact for blue and green, and for red without effect on any of the 256 results.

/** Y + 1.402 Cr */
function redOf(y: v128, cr: v128): v128 {
  return i16x8.add(i16x8.add(y, cr), i16x8.q15mulr_sat_s(cr, i16x8.splat(13172)));
}

/** Y - 0.34414 Cb - 0.71414 Cr */
function greenOf(y: v128, cb: v128, cr: v128): v128 {
  const factors = i32x4.splat((9367 << 16) | (-11277 & 0xffff));
  const half = i32x4.splat(1 << 14);
  const low = i32x4.dot_i16x8_s(i16x8.shuffle(cb, cr, 0, 8, 1, 9, 2, 10, 3, 11), factors);
  const high = i32x4.dot_i16x8_s(i16x8.shuffle(cb, cr, 4, 12, 5, 13, 6, 14, 7, 15), factors);
  const difference = i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(low, half), 15),
    i32x4.shr_s(i32x4.add(high, half), 15),
  );
  return i16x8.add(i16x8.sub(y, cr), difference);
}

/** Y + 1.772 Cb */
function blueOf(y: v128, cb: v128): v128 {
  return i16x8.add(i16x8.add(y, i16x8.add(cb, cb)), i16x8.q15mulr_sat_s(cb, i16x8.splat(-7471)));
}
