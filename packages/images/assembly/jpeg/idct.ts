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

const FIRST_SHIFT: i32 = 11;
const SECOND_SHIFT: i32 = 18;

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

/** Transforms `BLOCK` to 8x8 samples at `dst`, and clears it. `seen` is what `decodeBlock` returned. */
export function inverseDct(seen: i32, dst: usize, stride: i32): void {
  if (seen === 0) {
    fillBlock(dst, stride);
    return;
  }
  if (seen & LOWER_HALF) transformColumns(BLOCK, FIRST_SHIFT);
  else transformFewColumns(BLOCK, FIRST_SHIFT);
  transpose();
  clearBlock();
  if (seen & RIGHT_HALF) transformColumns(PASS, SECOND_SHIFT);
  else transformFewColumns(PASS, SECOND_SHIFT);
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
function fillBlock(dst: usize, stride: i32): void {
  const sample = min(max(((((<i32>load<i16>(BLOCK)) << 2) + 16) >> 5) + 128, 0), 255);
  const samples = i8x16.splat(<i8>sample);
  for (let row = 0; row < 8; row++) v128.store64_lane(dst + row * stride, samples, 0);
}

/** Eight transforms side by side: row k of `src` holds their inputs k. Rows of outputs go to `PASS`. */
function transformColumns(src: usize, shift: i32): void {
  const in0 = v128.load(src);
  const in1 = v128.load(src, 16);
  const in2 = v128.load(src, 32);
  const in3 = v128.load(src, 48);
  const in4 = v128.load(src, 64);
  const in5 = v128.load(src, 80);
  const in6 = v128.load(src, 96);
  const in7 = v128.load(src, 112);
  const half = i32x4.splat(1 << (shift - 1));
  // Products take 32 bits, so there are two halves, `a` and `b`.
  const a04 = lowPairs(in0, in4);
  const b04 = highPairs(in0, in4);
  const a26 = lowPairs(in2, in6);
  const b26 = highPairs(in2, in6);
  const a13 = lowPairs(in1, in3);
  const b13 = highPairs(in1, in3);
  const a57 = lowPairs(in5, in7);
  const b57 = highPairs(in5, in7);
  const aSum = i32x4.add(products(a04, SUM), half);
  const bSum = i32x4.add(products(b04, SUM), half);
  const aOuter = products(a26, OUTER);
  const bOuter = products(b26, OUTER);
  storeRows(0, i32x4.add(aSum, aOuter), odd(a13, a57, ODD0), i32x4.add(bSum, bOuter), odd(b13, b57, ODD0), shift);
  storeRows(3, i32x4.sub(aSum, aOuter), odd(a13, a57, ODD3), i32x4.sub(bSum, bOuter), odd(b13, b57, ODD3), shift);
  const aDifference = i32x4.add(products(a04, DIFFERENCE), half);
  const bDifference = i32x4.add(products(b04, DIFFERENCE), half);
  const aInner = products(a26, INNER);
  const bInner = products(b26, INNER);
  storeRows(
    1,
    i32x4.add(aDifference, aInner),
    odd(a13, a57, ODD1),
    i32x4.add(bDifference, bInner),
    odd(b13, b57, ODD1),
    shift,
  );
  storeRows(
    2,
    i32x4.sub(aDifference, aInner),
    odd(a13, a57, ODD2),
    i32x4.sub(bDifference, bInner),
    odd(b13, b57, ODD2),
    shift,
  );
}

/** `transformColumns` for inputs 4 to 7 that are zero. */
function transformFewColumns(src: usize, shift: i32): void {
  const in0 = v128.load(src);
  const in1 = v128.load(src, 16);
  const in2 = v128.load(src, 32);
  const in3 = v128.load(src, 48);
  const half = i32x4.splat(1 << (shift - 1));
  const a02 = lowPairs(in0, in2);
  const b02 = highPairs(in0, in2);
  const a13 = lowPairs(in1, in3);
  const b13 = highPairs(in1, in3);
  for (let k = 0; k < 4; k++) {
    const aEven = i32x4.add(products(a02, FEW_EVEN + 4 * k), half);
    const bEven = i32x4.add(products(b02, FEW_EVEN + 4 * k), half);
    storeRows(k, aEven, products(a13, ODD0 + 8 * k), bEven, products(b13, ODD0 + 8 * k), shift);
  }
}

/** The sum over inputs 1, 3, 5 and 7. */
function odd(in13: v128, in57: v128, factors: usize): v128 {
  return i32x4.add(products(in13, factors), products(in57, factors + 4));
}

/** Sums of pairs, times two factors. */
function products(pairs: v128, factors: usize): v128 {
  return i32x4.dot_i16x8_s(pairs, v128.load_splat<i32>(factors));
}

/** Outputs k and 7 - k: sum and difference of an even and an odd part. */
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
  storeTwoRows(lowQuads(left0, right0), dst, stride);
  storeTwoRows(highQuads(left0, right0), dst + 2 * stride, stride);
  storeTwoRows(lowQuads(left4, right4), dst + 4 * stride, stride);
  storeTwoRows(highQuads(left4, right4), dst + 6 * stride, stride);
}

function storeTwoRows(rows: v128, dst: usize, stride: i32): void {
  const samples = v128.xor(rows, i8x16.splat(-128));
  v128.store64_lane(dst, samples, 0);
  v128.store64_lane(dst + stride, samples, 1);
}
