/**
 * The inverse DCT of one block: the accurate integer one of the Independent JPEG Group (jidctint, "islow"), to the bit. It is two
 * passes of a one-dimensional transform, columns first, with 13 bits after the binary point; between the passes values keep 2 of them.
 *
 * Each output of the one-dimensional transform is a sum of its inputs times constants. The constants below are those of the
 * original's tree of additions, multiplied out: integer arithmetic doesn't mind, and pairs of products are one instruction. Inputs 4 to 7
 * of either pass are mostly zero: then pairs of the others are enough, and half of the columns.
 */

import { highBytes, highOctets, highPairs, highQuads, lowBytes, lowOctets, lowPairs, lowQuads } from '../interleave';
import { LOWER_HALF, RIGHT_HALF } from './entropy';
import { BLOCK, FACTORS, PASS } from './memory';
import { FIRST_SHIFT, HALF_OF_FIRST, HALF_OF_SECOND, SECOND_SHIFT } from './vectors';

// Pairs of factors in memory: read from there they cost less than as constants, of which there are too many for the registers.
/** Of inputs 0 and 4, and of inputs 2 and 6. */
const SUM = FACTORS;
const DIFFERENCE = FACTORS + 4;
const OUTER = FACTORS + 8;
const INNER = FACTORS + 12;
/** For outputs 0 to 3: two pairs each, of inputs 1 and 5 and of inputs 3 and 7. */
const ODD = FACTORS + 16;
/** For outputs 0 to 3, if inputs 4 to 7 are zero: a pair each, of inputs 0 and 2, and of inputs 1 and 3. */
const FEW_EVEN = FACTORS + 48;
const FEW_ODD = FACTORS + 64;

/** Writes the factors to memory, once. */
export function writeFactors(): void {
  writePair(SUM, 8192, 8192);
  writePair(DIFFERENCE, 8192, -8192);
  writePair(OUTER, 10703, 4433);
  writePair(INNER, 4433, -10704);
  writeOdd(0, 11363, 9633, 6437, 2260);
  writeOdd(1, 9633, -2259, -11362, -6436);
  writeOdd(2, 6437, -11362, 2261, 9633);
  writeOdd(3, 2260, -6436, 9633, -11363);
  writePair(FEW_EVEN, 8192, 10703);
  writePair(FEW_EVEN + 4, 8192, 4433);
  writePair(FEW_EVEN + 8, 8192, -4433);
  writePair(FEW_EVEN + 12, 8192, -10703);
}

/** The factors of inputs 1, 3, 5 and 7 for output k. */
function writeOdd(k: usize, one: i16, three: i16, five: i16, seven: i16): void {
  writePair(ODD + 8 * k, one, five);
  writePair(ODD + 8 * k + 4, three, seven);
  writePair(FEW_ODD + 4 * k, one, three);
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
  const isTall = (seen & LOWER_HALF) !== 0;
  if (seen & RIGHT_HALF) {
    if (isTall) transformColumns(steps);
    else transformUpperColumns(steps);
    transformRows(dst, stride);
  } else {
    if (isTall) transformLeftColumns(steps);
    else transformFewColumns(steps);
    transformFewRows(dst, stride);
  }
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

// First pass: columns of coefficients, four side by side: products take 32 bits. They are columns 0, 2, 1 and 3, or 4, 6, 5 and 7.

/** Row k of `BLOCK`, in coefficients. */
function coefficients(k: usize, steps: usize): v128 {
  return i16x8.mul(v128.load(BLOCK + 16 * k), v128.load(steps + 16 * k));
}

function transformColumns(steps: usize): void {
  const in0 = coefficients(0, steps);
  const in1 = coefficients(1, steps);
  const in2 = coefficients(2, steps);
  const in3 = coefficients(3, steps);
  const in4 = coefficients(4, steps);
  const in5 = coefficients(5, steps);
  const in6 = coefficients(6, steps);
  const in7 = coefficients(7, steps);
  clearBlock();
  fourColumns(lowPairs(in0, in4), lowPairs(in2, in6), lowPairs(in1, in5), lowPairs(in3, in7), PASS);
  fourColumns(highPairs(in0, in4), highPairs(in2, in6), highPairs(in1, in5), highPairs(in3, in7), PASS + 64);
}

/** `transformColumns` if the right half is zero. */
function transformLeftColumns(steps: usize): void {
  const in0 = coefficients(0, steps);
  const in1 = coefficients(1, steps);
  const in2 = coefficients(2, steps);
  const in3 = coefficients(3, steps);
  const in4 = coefficients(4, steps);
  const in5 = coefficients(5, steps);
  const in6 = coefficients(6, steps);
  const in7 = coefficients(7, steps);
  clearBlock();
  fourColumns(lowPairs(in0, in4), lowPairs(in2, in6), lowPairs(in1, in5), lowPairs(in3, in7), PASS);
}

/** `transformColumns` if the lower half is zero. */
function transformUpperColumns(steps: usize): void {
  const in0 = coefficients(0, steps);
  const in1 = coefficients(1, steps);
  const in2 = coefficients(2, steps);
  const in3 = coefficients(3, steps);
  clearUpperHalf();
  fourFewColumns(lowPairs(in0, in2), lowPairs(in1, in3), PASS);
  fourFewColumns(highPairs(in0, in2), highPairs(in1, in3), PASS + 64);
}

/** `transformColumns` if both are. */
function transformFewColumns(steps: usize): void {
  const in0 = coefficients(0, steps);
  const in1 = coefficients(1, steps);
  const in2 = coefficients(2, steps);
  const in3 = coefficients(3, steps);
  clearUpperHalf();
  fourFewColumns(lowPairs(in0, in2), lowPairs(in1, in3), PASS);
}

function clearUpperHalf(): void {
  const zeros = i64x2.splat(0);
  v128.store(BLOCK, zeros);
  v128.store(BLOCK, zeros, 16);
  v128.store(BLOCK, zeros, 32);
  v128.store(BLOCK, zeros, 48);
}

/** Four transforms of pairs of inputs 0 and 4, 2 and 6, 1 and 5, 3 and 7. */
function fourColumns(in04: v128, in26: v128, in15: v128, in37: v128, out: usize): void {
  const half = v128.load(HALF_OF_FIRST);
  const sum = i32x4.add(products(in04, SUM), half);
  const difference = i32x4.add(products(in04, DIFFERENCE), half);
  const outer = products(in26, OUTER);
  const inner = products(in26, INNER);
  storeColumns(
    i32x4.add(sum, outer),
    i32x4.add(difference, inner),
    i32x4.sub(difference, inner),
    i32x4.sub(sum, outer),
    oddPart(0, in15, in37),
    oddPart(1, in15, in37),
    oddPart(2, in15, in37),
    oddPart(3, in15, in37),
    out,
  );
}

/** Four transforms of pairs of inputs 0 and 2, 1 and 3. */
function fourFewColumns(in02: v128, in13: v128, out: usize): void {
  const half = v128.load(HALF_OF_FIRST);
  storeColumns(
    i32x4.add(products(in02, FEW_EVEN), half),
    i32x4.add(products(in02, FEW_EVEN + 4), half),
    i32x4.add(products(in02, FEW_EVEN + 8), half),
    i32x4.add(products(in02, FEW_EVEN + 12), half),
    products(in13, FEW_ODD),
    products(in13, FEW_ODD + 4),
    products(in13, FEW_ODD + 8),
    products(in13, FEW_ODD + 12),
    out,
  );
}

/** Rows 0 and 2 of outputs side by side, 1 and 3, 4 and 6, 5 and 7: sums and differences of even and odd parts. @inline */
function storeColumns(
  even0: v128,
  even1: v128,
  even2: v128,
  even3: v128,
  odd0: v128,
  odd1: v128,
  odd2: v128,
  odd3: v128,
  out: usize,
): void {
  v128.store(out, sums(even0, odd0, even2, odd2, FIRST_SHIFT));
  v128.store(out, sums(even1, odd1, even3, odd3, FIRST_SHIFT), 16);
  v128.store(out, differences(even3, odd3, even1, odd1, FIRST_SHIFT), 32);
  v128.store(out, differences(even2, odd2, even0, odd0, FIRST_SHIFT), 48);
}

// Second pass: rows, four side by side, of pairs of columns: `a` has rows 0 to 3, `b` rows 4 to 7.

function transformRows(dst: usize, stride: i32): void {
  const row0 = lowPairs(v128.load(PASS), v128.load(PASS, 64));
  const row2 = highPairs(v128.load(PASS), v128.load(PASS, 64));
  const row1 = lowPairs(v128.load(PASS, 16), v128.load(PASS, 80));
  const row3 = highPairs(v128.load(PASS, 16), v128.load(PASS, 80));
  const row4 = lowPairs(v128.load(PASS, 32), v128.load(PASS, 96));
  const row6 = highPairs(v128.load(PASS, 32), v128.load(PASS, 96));
  const row5 = lowPairs(v128.load(PASS, 48), v128.load(PASS, 112));
  const row7 = highPairs(v128.load(PASS, 48), v128.load(PASS, 112));
  // Each has pairs of columns 0 and 4, 2 and 6, 1 and 5, 3 and 7.
  const a04 = lowOctets(lowQuads(row0, row1), lowQuads(row2, row3));
  const a26 = highOctets(lowQuads(row0, row1), lowQuads(row2, row3));
  const a15 = lowOctets(highQuads(row0, row1), highQuads(row2, row3));
  const a37 = highOctets(highQuads(row0, row1), highQuads(row2, row3));
  const b04 = lowOctets(lowQuads(row4, row5), lowQuads(row6, row7));
  const b26 = highOctets(lowQuads(row4, row5), lowQuads(row6, row7));
  const b15 = lowOctets(highQuads(row4, row5), highQuads(row6, row7));
  const b37 = highOctets(highQuads(row4, row5), highQuads(row6, row7));
  const half = v128.load(HALF_OF_SECOND);
  const aSum = i32x4.add(products(a04, SUM), half);
  const bSum = i32x4.add(products(b04, SUM), half);
  const aOuter = products(a26, OUTER);
  const bOuter = products(b26, OUTER);
  const aDifference = i32x4.add(products(a04, DIFFERENCE), half);
  const bDifference = i32x4.add(products(b04, DIFFERENCE), half);
  const aInner = products(a26, INNER);
  const bInner = products(b26, INNER);
  storeRows(
    i32x4.add(aSum, aOuter),
    i32x4.add(bSum, bOuter),
    i32x4.add(aDifference, aInner),
    i32x4.add(bDifference, bInner),
    i32x4.sub(aDifference, aInner),
    i32x4.sub(bDifference, bInner),
    i32x4.sub(aSum, aOuter),
    i32x4.sub(bSum, bOuter),
    oddPart(0, a15, a37),
    oddPart(0, b15, b37),
    oddPart(1, a15, a37),
    oddPart(1, b15, b37),
    oddPart(2, a15, a37),
    oddPart(2, b15, b37),
    oddPart(3, a15, a37),
    oddPart(3, b15, b37),
    dst,
    stride,
  );
}

/** `transformRows` if columns 4 to 7 are zero. */
function transformFewRows(dst: usize, stride: i32): void {
  const rows02 = v128.load(PASS);
  const rows13 = v128.load(PASS, 16);
  const rows46 = v128.load(PASS, 32);
  const rows57 = v128.load(PASS, 48);
  // Each has pairs of columns 0 and 2, 1 and 3, of both rows.
  const a02 = lowOctets(lowQuads(rows02, rows13), highQuads(rows02, rows13));
  const a13 = highOctets(lowQuads(rows02, rows13), highQuads(rows02, rows13));
  const b02 = lowOctets(lowQuads(rows46, rows57), highQuads(rows46, rows57));
  const b13 = highOctets(lowQuads(rows46, rows57), highQuads(rows46, rows57));
  const half = v128.load(HALF_OF_SECOND);
  storeRows(
    i32x4.add(products(a02, FEW_EVEN), half),
    i32x4.add(products(b02, FEW_EVEN), half),
    i32x4.add(products(a02, FEW_EVEN + 4), half),
    i32x4.add(products(b02, FEW_EVEN + 4), half),
    i32x4.add(products(a02, FEW_EVEN + 8), half),
    i32x4.add(products(b02, FEW_EVEN + 8), half),
    i32x4.add(products(a02, FEW_EVEN + 12), half),
    i32x4.add(products(b02, FEW_EVEN + 12), half),
    products(a13, FEW_ODD),
    products(b13, FEW_ODD),
    products(a13, FEW_ODD + 4),
    products(b13, FEW_ODD + 4),
    products(a13, FEW_ODD + 8),
    products(b13, FEW_ODD + 8),
    products(a13, FEW_ODD + 12),
    products(b13, FEW_ODD + 12),
    dst,
    stride,
  );
}

/** Columns of outputs to rows of bytes, cut to 0 to 255. @inline */
function storeRows(
  aEven0: v128,
  bEven0: v128,
  aEven1: v128,
  bEven1: v128,
  aEven2: v128,
  bEven2: v128,
  aEven3: v128,
  bEven3: v128,
  aOdd0: v128,
  bOdd0: v128,
  aOdd1: v128,
  bOdd1: v128,
  aOdd2: v128,
  bOdd2: v128,
  aOdd3: v128,
  bOdd3: v128,
  dst: usize,
  stride: i32,
): void {
  // Columns 0 and 4, 2 and 6, ... so that three rounds of interleaving bring the bytes of a row together.
  const c04 = i8x16.narrow_i16x8_u(
    sums(aEven0, aOdd0, bEven0, bOdd0, SECOND_SHIFT),
    differences(aEven3, aOdd3, bEven3, bOdd3, SECOND_SHIFT),
  );
  const c37 = i8x16.narrow_i16x8_u(
    sums(aEven3, aOdd3, bEven3, bOdd3, SECOND_SHIFT),
    differences(aEven0, aOdd0, bEven0, bOdd0, SECOND_SHIFT),
  );
  const c15 = i8x16.narrow_i16x8_u(
    sums(aEven1, aOdd1, bEven1, bOdd1, SECOND_SHIFT),
    differences(aEven2, aOdd2, bEven2, bOdd2, SECOND_SHIFT),
  );
  const c26 = i8x16.narrow_i16x8_u(
    sums(aEven2, aOdd2, bEven2, bOdd2, SECOND_SHIFT),
    differences(aEven1, aOdd1, bEven1, bOdd1, SECOND_SHIFT),
  );
  const left0 = lowBytes(lowBytes(c04, c26), lowBytes(c15, c37));
  const left4 = highBytes(lowBytes(c04, c26), lowBytes(c15, c37));
  const right0 = lowBytes(highBytes(c04, c26), highBytes(c15, c37));
  const right4 = highBytes(highBytes(c04, c26), highBytes(c15, c37));
  storeTwoRows(lowQuads(left0, right0), dst, stride);
  storeTwoRows(highQuads(left0, right0), dst + 2 * stride, stride);
  storeTwoRows(lowQuads(left4, right4), dst + 4 * stride, stride);
  storeTwoRows(highQuads(left4, right4), dst + 6 * stride, stride);
}

/** @inline */
function storeTwoRows(samples: v128, dst: usize, stride: i32): void {
  v128.store64_lane(dst, samples, 0);
  v128.store64_lane(dst + stride, samples, 1);
}

/** Sums of pairs times a pair of factors. @inline */
function products(pairs: v128, factors: usize): v128 {
  return i32x4.dot_i16x8_s(pairs, v128.load_splat<i32>(factors));
}

/** The part of outputs k and 7 - k that is a sum over inputs 1, 3, 5 and 7. @inline */
function oddPart(k: usize, in15: v128, in37: v128): v128 {
  return i32x4.add(products(in15, ODD + 8 * k), products(in37, ODD + 8 * k + 4));
}

/** Sums of even and odd parts, of two vectors each, without the bits after the binary point. @inline */
function sums(even: v128, odd: v128, nextEven: v128, nextOdd: v128, shift: i32): v128 {
  return i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(even, odd), shift),
    i32x4.shr_s(i32x4.add(nextEven, nextOdd), shift),
  );
}

/** @inline */
function differences(even: v128, odd: v128, nextEven: v128, nextOdd: v128, shift: i32): v128 {
  return i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.sub(even, odd), shift),
    i32x4.shr_s(i32x4.sub(nextEven, nextOdd), shift),
  );
}
