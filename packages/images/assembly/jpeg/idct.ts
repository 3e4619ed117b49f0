/**
 * The inverse DCT of one block: the accurate integer one of the Independent JPEG Group (jidctint, "islow"), to the bit. It is two
 * passes of a one-dimensional transform, columns first, with 13 bits after the binary point; between the passes values keep 2 of them.
 *
 * Each output of the one-dimensional transform is a sum of its inputs times constants. The constants below are those of the
 * original's tree of additions, multiplied out: integer arithmetic doesn't mind, and pairs of products are one instruction.
 */

import { highBytes, highPairs, highQuads, lowBytes, lowPairs, lowQuads } from '../interleave';
import { LOWER_HALF, RIGHT_HALF } from './entropy';
import { BLOCK, FACTORS, PASS } from './memory';
import { FIRST_SHIFT, HALF_OF_FIRST, HALF_OF_SECOND, SECOND_SHIFT, SIGN } from './vectors';

// Pairs of factors in memory: read from there they cost less than as constants, of which there are too many for the registers.
const SUM = FACTORS;
const DIFFERENCE = FACTORS + 4;
const OUTER = FACTORS + 8;
const INNER = FACTORS + 12;
/** For outputs 0 to 3: two pairs each, of inputs 1 and 3 and of inputs 5 and 7. */
const ODD0 = FACTORS + 16;
const ODD1 = FACTORS + 24;
const ODD2 = FACTORS + 32;
const ODD3 = FACTORS + 40;
/** For outputs 0 to 3: a pair each, of inputs 0 and 2. */
const FEW_EVEN = FACTORS + 48;

/** Writes the factors to memory, once. */
export function writeFactors(): void {
  writePair(SUM, 8192, 8192);
  writePair(DIFFERENCE, 8192, -8192);
  writePair(OUTER, 10703, 4433);
  writePair(INNER, 4433, -10704);
  writePair(ODD0, 11363, 9633);
  writePair(ODD0 + 4, 6437, 2260);
  writePair(ODD1, 9633, -2259);
  writePair(ODD1 + 4, -11362, -6436);
  writePair(ODD2, 6437, -11362);
  writePair(ODD2 + 4, 2261, 9633);
  writePair(ODD3, 2260, -6436);
  writePair(ODD3 + 4, 9633, -11363);
  writePair(FEW_EVEN, 8192, 10703);
  writePair(FEW_EVEN + 4, 8192, 4433);
  writePair(FEW_EVEN + 8, 8192, -4433);
  writePair(FEW_EVEN + 12, 8192, -10703);
}

function writePair(at: usize, first: i16, second: i16): void {
  store<i16>(at, first);
  store<i16>(at, second, 2);
}

/** Transforms `BLOCK`, times `steps`, to 8x8 samples at `dst`, and clears it. `seen` is what `decodeBlock` returned. */
export function inverseDct(seen: i32, steps: usize, dst: usize, stride: i32): void {
  if (seen === 0) {
    fillBlock(steps, dst, stride);
    return;
  }
  if (seen & LOWER_HALF) transformBlock(steps);
  else transformFewOfBlock(steps);
  transpose();
  clearBlock();
  if (seen & RIGHT_HALF) transformPass();
  else transformFewOfPass();
  storeSamples(dst, stride);
}

export function clearBlock(): void {
  const zeros = i64x2.splat(0);
  v128.store(BLOCK, zeros);
  v128.store(BLOCK, zeros, 16);
  v128.store(BLOCK, zeros, 32);
  v128.store(BLOCK, zeros, 48);
  v128.store(BLOCK, zeros, 64);
  v128.store(BLOCK, zeros, 80);
  v128.store(BLOCK, zeros, 96);
  v128.store(BLOCK, zeros, 112);
}

/** Only DC: all samples are alike. */
function fillBlock(steps: usize, dst: usize, stride: i32): void {
  const value = <i32>(<i16>(<i32>load<i16>(BLOCK) * <i32>load<u16>(steps)));
  const sample = min(max((((value << 2) + 16) >> 5) + 128, 0), 255);
  const samples = i8x16.splat(<i8>sample);
  for (let row = 0; row < 8; row++) v128.store64_lane(dst + row * stride, samples, 0);
}

/** Row k of `BLOCK`, in coefficients. */
function coefficients(k: usize, steps: usize): v128 {
  return i16x8.mul(v128.load(BLOCK + 16 * k), v128.load(steps + 16 * k));
}

function transformBlock(steps: usize): void {
  transformColumns(
    coefficients(0, steps),
    coefficients(1, steps),
    coefficients(2, steps),
    coefficients(3, steps),
    coefficients(4, steps),
    coefficients(5, steps),
    coefficients(6, steps),
    coefficients(7, steps),
    HALF_OF_FIRST,
    FIRST_SHIFT,
  );
}

function transformFewOfBlock(steps: usize): void {
  transformFewColumns(
    coefficients(0, steps),
    coefficients(1, steps),
    coefficients(2, steps),
    coefficients(3, steps),
    HALF_OF_FIRST,
    FIRST_SHIFT,
  );
}

function transformPass(): void {
  transformColumns(
    v128.load(PASS),
    v128.load(PASS, 16),
    v128.load(PASS, 32),
    v128.load(PASS, 48),
    v128.load(PASS, 64),
    v128.load(PASS, 80),
    v128.load(PASS, 96),
    v128.load(PASS, 112),
    HALF_OF_SECOND,
    SECOND_SHIFT,
  );
}

function transformFewOfPass(): void {
  transformFewColumns(
    v128.load(PASS),
    v128.load(PASS, 16),
    v128.load(PASS, 32),
    v128.load(PASS, 48),
    HALF_OF_SECOND,
    SECOND_SHIFT,
  );
}

/** Eight transforms side by side, of inputs 0 to 7. Rows of outputs go to `PASS`. It is inlined, so that the shift is a constant. @inline */
function transformColumns(
  in0: v128,
  in1: v128,
  in2: v128,
  in3: v128,
  in4: v128,
  in5: v128,
  in6: v128,
  in7: v128,
  halves: usize,
  shift: i32,
): void {
  const half = v128.load(halves);
  // Products take 32 bits, so there are two halves, `a` and `b`.
  const a04 = lowPairs(in0, in4);
  const b04 = highPairs(in0, in4);
  const a26 = lowPairs(in2, in6);
  const b26 = highPairs(in2, in6);
  const a13 = lowPairs(in1, in3);
  const b13 = highPairs(in1, in3);
  const a57 = lowPairs(in5, in7);
  const b57 = highPairs(in5, in7);
  const sum = factors(SUM);
  const outer = factors(OUTER);
  const aSum = i32x4.add(i32x4.dot_i16x8_s(a04, sum), half);
  const bSum = i32x4.add(i32x4.dot_i16x8_s(b04, sum), half);
  const aOuter = i32x4.dot_i16x8_s(a26, outer);
  const bOuter = i32x4.dot_i16x8_s(b26, outer);
  storeOdd(0, i32x4.add(aSum, aOuter), i32x4.add(bSum, bOuter), a13, b13, a57, b57, shift);
  storeOdd(3, i32x4.sub(aSum, aOuter), i32x4.sub(bSum, bOuter), a13, b13, a57, b57, shift);
  const difference = factors(DIFFERENCE);
  const inner = factors(INNER);
  const aDifference = i32x4.add(i32x4.dot_i16x8_s(a04, difference), half);
  const bDifference = i32x4.add(i32x4.dot_i16x8_s(b04, difference), half);
  const aInner = i32x4.dot_i16x8_s(a26, inner);
  const bInner = i32x4.dot_i16x8_s(b26, inner);
  storeOdd(1, i32x4.add(aDifference, aInner), i32x4.add(bDifference, bInner), a13, b13, a57, b57, shift);
  storeOdd(2, i32x4.sub(aDifference, aInner), i32x4.sub(bDifference, bInner), a13, b13, a57, b57, shift);
}

/** `transformColumns` for inputs 4 to 7 that are zero. @inline */
function transformFewColumns(in0: v128, in1: v128, in2: v128, in3: v128, halves: usize, shift: i32): void {
  const half = v128.load(halves);
  const a02 = lowPairs(in0, in2);
  const b02 = highPairs(in0, in2);
  const a13 = lowPairs(in1, in3);
  const b13 = highPairs(in1, in3);
  for (let k = 0; k < 4; k++) {
    const even = factors(FEW_EVEN + 4 * k);
    const odd = factors(ODD0 + 8 * k);
    const aEven = i32x4.add(i32x4.dot_i16x8_s(a02, even), half);
    const bEven = i32x4.add(i32x4.dot_i16x8_s(b02, even), half);
    storeRows(k, aEven, i32x4.dot_i16x8_s(a13, odd), bEven, i32x4.dot_i16x8_s(b13, odd), shift);
  }
}

/** A pair of factors for all pairs of a vector. */
function factors(at: usize): v128 {
  return v128.load_splat<i32>(at);
}

/** Outputs k and 7 - k, from their even part: the odd one is a sum over inputs 1, 3, 5 and 7. @inline */
function storeOdd(k: i32, aEven: v128, bEven: v128, a13: v128, b13: v128, a57: v128, b57: v128, shift: i32): void {
  const first = factors(ODD0 + 8 * k);
  const second = factors(ODD0 + 8 * k + 4);
  const aOdd = i32x4.add(i32x4.dot_i16x8_s(a13, first), i32x4.dot_i16x8_s(a57, second));
  const bOdd = i32x4.add(i32x4.dot_i16x8_s(b13, first), i32x4.dot_i16x8_s(b57, second));
  storeRows(k, aEven, aOdd, bEven, bOdd, shift);
}

/** Outputs k and 7 - k: sum and difference of an even and an odd part. @inline */
function storeRows(k: i32, aEven: v128, aOdd: v128, bEven: v128, bOdd: v128, shift: i32): void {
  const aSum = i32x4.shr_s(i32x4.add(aEven, aOdd), shift);
  const bSum = i32x4.shr_s(i32x4.add(bEven, bOdd), shift);
  const aDifference = i32x4.shr_s(i32x4.sub(aEven, aOdd), shift);
  const bDifference = i32x4.shr_s(i32x4.sub(bEven, bOdd), shift);
  v128.store(PASS + 16 * k, i16x8.narrow_i32x4_s(aSum, bSum));
  v128.store(PASS + 16 * (7 - k), i16x8.narrow_i32x4_s(aDifference, bDifference));
}

/** The 8x8 values of `PASS`, rows to columns. */
function transpose(): void {
  const row0 = v128.load(PASS);
  const row1 = v128.load(PASS, 16);
  const row2 = v128.load(PASS, 32);
  const row3 = v128.load(PASS, 48);
  const row4 = v128.load(PASS, 64);
  const row5 = v128.load(PASS, 80);
  const row6 = v128.load(PASS, 96);
  const row7 = v128.load(PASS, 112);
  // Three rounds of this bring lane i of row k to lane k of row i.
  const a0 = lowPairs(row0, row4);
  const a1 = highPairs(row0, row4);
  const a2 = lowPairs(row1, row5);
  const a3 = highPairs(row1, row5);
  const a4 = lowPairs(row2, row6);
  const a5 = highPairs(row2, row6);
  const a6 = lowPairs(row3, row7);
  const a7 = highPairs(row3, row7);
  const b0 = lowPairs(a0, a4);
  const b1 = highPairs(a0, a4);
  const b2 = lowPairs(a1, a5);
  const b3 = highPairs(a1, a5);
  const b4 = lowPairs(a2, a6);
  const b5 = highPairs(a2, a6);
  const b6 = lowPairs(a3, a7);
  const b7 = highPairs(a3, a7);
  v128.store(PASS, lowPairs(b0, b4));
  v128.store(PASS, highPairs(b0, b4), 16);
  v128.store(PASS, lowPairs(b1, b5), 32);
  v128.store(PASS, highPairs(b1, b5), 48);
  v128.store(PASS, lowPairs(b2, b6), 64);
  v128.store(PASS, highPairs(b2, b6), 80);
  v128.store(PASS, lowPairs(b3, b7), 96);
  v128.store(PASS, highPairs(b3, b7), 112);
}

/** The columns in `PASS` to rows of bytes, with 128 added and cut to 0 to 255. */
function storeSamples(dst: usize, stride: i32): void {
  // Columns 0 and 4, 2 and 6, ... so that three rounds of interleaving bring the bytes of a row together.
  const c04 = i8x16.narrow_i16x8_s(v128.load(PASS), v128.load(PASS, 64));
  const c26 = i8x16.narrow_i16x8_s(v128.load(PASS, 32), v128.load(PASS, 96));
  const c15 = i8x16.narrow_i16x8_s(v128.load(PASS, 16), v128.load(PASS, 80));
  const c37 = i8x16.narrow_i16x8_s(v128.load(PASS, 48), v128.load(PASS, 112));
  const c02 = lowBytes(c04, c26);
  const c46 = highBytes(c04, c26);
  const c13 = lowBytes(c15, c37);
  const c57 = highBytes(c15, c37);
  const left0 = lowBytes(c02, c13);
  const left4 = highBytes(c02, c13);
  const right0 = lowBytes(c46, c57);
  const right4 = highBytes(c46, c57);
  const sign = v128.load(SIGN);
  storeTwoRows(lowQuads(left0, right0), sign, dst, stride);
  storeTwoRows(highQuads(left0, right0), sign, dst + 2 * stride, stride);
  storeTwoRows(lowQuads(left4, right4), sign, dst + 4 * stride, stride);
  storeTwoRows(highQuads(left4, right4), sign, dst + 6 * stride, stride);
}

/** @inline */
function storeTwoRows(rows: v128, sign: v128, dst: usize, stride: i32): void {
  const samples = v128.xor(rows, sign);
  v128.store64_lane(dst, samples, 0);
  v128.store64_lane(dst + stride, samples, 1);
}
