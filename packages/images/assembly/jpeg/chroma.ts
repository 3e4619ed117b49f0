/**
 * Chroma is brought to the size of luma, a row at a time.
 *
 * Upsampling is libjpeg's "fancy" one: each new sample is three quarters of the nearest old one and a quarter of the next, and the
 * directions in which halves are rounded take turns.
 */
import { componentAt, mostHorizontal, mostVertical } from './frame';
import { EIGHT, ONE, SEVEN, THREE, TWO } from './vectors';

/** Address of row `y` of component `i` at the size of the image: in its plane, or made in `out`. */
export function chromaRow(i: i32, y: i32, out: usize, sums: usize): usize {
  const component = componentAt(i);
  const plane = component.plane;
  const stride = component.stride;
  if (mostVertical === 1) {
    const row = plane + y * stride;
    if (mostHorizontal === 1) return row;
    if (component.width <= 2) doubleRow(row, component.width, out);
    else {
      widenRow(row, component.width, sums);
      expandOnce(sums, component.width, out);
    }
    return out;
  }
  const near = y >> 1;
  const far = y & 1 ? min(near + 1, component.height - 1) : max(near - 1, 0);
  const nearRow = plane + near * stride;
  const farRow = plane + far * stride;
  if (mostHorizontal === 1) blendRows(nearRow, farRow, component.width, y & 1 ? TWO : ONE, out);
  else if (component.width <= 2) doubleRow(nearRow, component.width, out);
  else {
    sumRows(nearRow, farRow, component.width, sums);
    expandTwice(sums, component.width, out);
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
function blendRows(near: usize, far: usize, count: i32, bias: usize, out: usize): void {
  const three = v128.load(THREE);
  const biases = v128.load(bias);
  for (let x = 0; x < count; x += 8) {
    const sum = i16x8.add(i16x8.mul(v128.load8x8_u(near + x), three), v128.load8x8_u(far + x));
    const samples = i16x8.shr_u(i16x8.add(sum, biases), 2);
    v128.store64_lane(out + x, i8x16.narrow_i16x8_u(samples, samples), 0);
  }
}

/** sums[x] = 3 near[x] + far[x], as i16 */
function sumRows(near: usize, far: usize, count: i32, sums: usize): void {
  const three = v128.load(THREE);
  for (let x = 0; x < count; x += 8) {
    v128.store(sums + 2 * x, i16x8.add(i16x8.mul(v128.load8x8_u(near + x), three), v128.load8x8_u(far + x)));
  }
}

/** sums[x] = row[x], as i16 */
function widenRow(row: usize, count: i32, sums: usize): void {
  for (let x = 0; x < count; x += 8) v128.store(sums + 2 * x, v128.load8x8_u(row + x));
}

/** `expandRow` for sums that are samples. */
function expandOnce(sums: usize, count: i32, out: usize): void {
  expandRow(sums, count, v128.load(ONE), v128.load(TWO), 2, out);
}

/** `expandRow` for sums that are four times samples. */
function expandTwice(sums: usize, count: i32, out: usize): void {
  expandRow(sums, count, v128.load(EIGHT), v128.load(SEVEN), 4, out);
}

/**
 * Twice as many samples from sums: even ones lean to the left, odd ones to the right. At both ends the outer neighbor is the sum
 * itself. It is inlined, so that the shift is a constant. @inline
 */
function expandRow(sums: usize, count: i32, even: v128, odd: v128, shift: i32, out: usize): void {
  store<u16>(sums - 2, load<u16>(sums));
  store<u16>(sums + 2 * count, load<u16>(sums + 2 * count - 2));
  const three = v128.load(THREE);
  for (let x = 0; x < count; x += 8) {
    const at = sums + 2 * x;
    const middle = i16x8.mul(v128.load(at), three);
    const left = i16x8.shr_u(i16x8.add(i16x8.add(middle, v128.load(at - 2)), even), shift);
    const right = i16x8.shr_u(i16x8.add(i16x8.add(middle, v128.load(at + 2)), odd), shift);
    v128.store(out + 2 * x, v128.or(left, i16x8.shl(right, 8)));
  }
}
