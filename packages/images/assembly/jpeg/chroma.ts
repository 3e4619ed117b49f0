/**
 * Chroma is brought to the size of luma, a row at a time, as differences from its center in i16.
 *
 * Upsampling is libjpeg's "fancy" one: each new sample is three quarters of the nearest old one and a quarter of the next, and the
 * directions in which halves are rounded take turns.
 */
import { highPairs, lowPairs } from '../interleave';
import { componentAt, mostHorizontal, mostVertical } from './frame';
import { CENTER, THREE } from './vectors';

/** Samples that may be read and written past those that are asked for, on either side. */
export const CHROMA_SPARE: i32 = 16;

/**
 * Makes samples `[left, end)` of row `y` of component `i` at the size of the image, at `out + 2 * left`. There and in `sums`, a row and
 * `CHROMA_SPARE` before and after it have room.
 */
export function chromaRow(i: i32, y: i32, left: i32, end: i32, out: usize, sums: usize): void {
  const component = componentAt(i);
  if (mostVertical === 1) {
    const row = component.plane + y * component.stride;
    if (mostHorizontal === 1) centerRow(row, left, end, out);
    else if (component.width <= 2) doubleRow(row, component.width, out);
    else {
      widenRow(row, left >> 1, end >> 1, sums);
      expandRow(component.width, left >> 1, end, 4, 8, sums, out);
    }
    return;
  }
  const near = y >> 1;
  const far = y & 1 ? min(near + 1, component.height - 1) : max(near - 1, 0);
  const nearRow = component.plane + near * component.stride;
  const farRow = component.plane + far * component.stride;
  if (mostHorizontal === 1) blendRows(nearRow, farRow, left, end, y & 1 ? 2 : 1, out);
  else if (component.width <= 2) doubleRow(nearRow, component.width, out);
  else {
    sumRows(nearRow, farRow, left >> 1, end >> 1, sums);
    expandRow(component.width, left >> 1, end, 8, 7, sums, out);
  }
}

function centerRow(row: usize, left: i32, end: i32, out: usize): void {
  const center = v128.load(CENTER);
  for (let x = left; x < end; x += 8) v128.store(out + 2 * x, i16x8.sub(v128.load8x8_u(row + x), center));
}

/** Images too narrow for the filter: libjpeg repeats their samples. */
function doubleRow(row: usize, count: i32, out: usize): void {
  for (let x = 0; x < count; x++) {
    const sample = <i16>load<u8>(row + x) - 128;
    store<i16>(out + 4 * x, sample);
    store<i16>(out + 4 * x, sample, 2);
  }
}

/** out[x] = (3 near[x] + far[x] + bias) / 4 */
function blendRows(near: usize, far: usize, left: i32, end: i32, bias: i32, out: usize): void {
  const three = v128.load(THREE);
  const biases = i16x8.splat(<i16>(bias - 4 * 128));
  for (let x = left; x < end; x += 8) {
    const sum = i16x8.add(i16x8.mul(v128.load8x8_u(near + x), three), v128.load8x8_u(far + x));
    v128.store(out + 2 * x, i16x8.shr_s(i16x8.add(sum, biases), 2));
  }
}

/** sums[x] = 3 near[x] + far[x] for columns `first` to `last` and one more on each side. */
function sumRows(near: usize, far: usize, first: i32, last: i32, sums: usize): void {
  const three = v128.load(THREE);
  for (let x = max(first - 1, 0); x <= last + 1; x += 8) {
    v128.store(sums + 2 * x, i16x8.add(i16x8.mul(v128.load8x8_u(near + x), three), v128.load8x8_u(far + x)));
  }
}

/** sums[x] = 4 row[x], as `sumRows`. */
function widenRow(row: usize, first: i32, last: i32, sums: usize): void {
  for (let x = max(first - 1, 0); x <= last + 1; x += 8) {
    v128.store(sums + 2 * x, i16x8.shl(v128.load8x8_u(row + x), 2));
  }
}

/**
 * Twice as many samples from four times their values, from column `first` on: even ones lean to the left, odd ones to the right. At
 * both ends of the row the outer neighbor is the sample itself.
 */
function expandRow(count: i32, first: i32, end: i32, even: i32, odd: i32, sums: usize, out: usize): void {
  const past = sums + 2 * count;
  store<u16>(sums - 2, load<u16>(sums));
  store<u16>(past, load<u16>(past - 2));
  const three = v128.load(THREE);
  const evens = i16x8.splat(<i16>(even - 16 * 128));
  const odds = i16x8.splat(<i16>(odd - 16 * 128));
  for (let x = first; 2 * x < end; x += 8) {
    const at = sums + 2 * x;
    const middle = i16x8.mul(v128.load(at), three);
    const left = i16x8.shr_s(i16x8.add(i16x8.add(middle, v128.load(at - 2)), evens), 4);
    const right = i16x8.shr_s(i16x8.add(i16x8.add(middle, v128.load(at + 2)), odds), 4);
    v128.store(out + 4 * x, lowPairs(left, right));
    v128.store(out + 4 * x, highPairs(left, right), 16);
  }
}
