/** Entropy decoding of one block: Huffman codes to coefficients, already multiplied by their quantisation steps. */
import { bitBuffer, bitCount, keepBits, nextWord } from './bits';
import { scanComponent } from './frame';
import { extend, findLongCode, lookUp } from './huffman';
import { BLOCK } from './memory';

/** Returned for a damaged block. */
export const DAMAGED: i32 = -1;
/** Bits of what is returned otherwise: there may be coefficients in the right or in the lower half; 0 if there is only DC. */
export const RIGHT_HALF: i32 = 0x08;
export const LOWER_HALF: i32 = 0x40;
export const ANY_AC: i32 = 0x7f;

/** A symbol of sixteen zeros, after which the block goes on. */
const ZERO_RUN: i32 = 0xf0;

/**
 * Decodes a block of component `i` of the scan into `BLOCK`, which must be zero but for its first coefficient.
 *
 * A code and its value take at most 31 bits, so at least 32 are made valid before each. Finding an entry needs only ten, which are
 * left over from the step before: so the processor looks up the next code while it still fills in bits after it. Filling takes no
 * branch, as none could be foreseen.
 */
export function decodeBlock(i: i32): i32 {
  const component = scanComponent(i);
  const steps = component.steps;
  let bits = bitBuffer;
  let count = bitCount;
  let next = nextWord;

  let missing = isShort(count);
  bits |= nextBits(next, count, missing);
  next += missing << 2;
  count += missing << 5;
  let entry = lookUp(component.dcTable, bits);
  let value = entry >> 16;
  if (value === 0) {
    if (entry === 0) entry = findLongCode(component.dcTable, bits);
    if (entry === 0) return DAMAGED;
    const size = entry >> 8;
    bits <<= entry & 31;
    if (size > 0) value = extend(<i32>(bits >> (64 - size)), size);
    bits <<= size;
    count -= (entry & 31) + size;
  } else {
    bits <<= entry & 31;
    count -= entry & 31;
  }
  const prediction = component.prediction + value;
  component.prediction = prediction;
  store<i16>(BLOCK, prediction * <i32>(load<u32>(steps) >> 8));

  missing = isShort(count);
  bits |= nextBits(next, count, missing);
  next += missing << 2;
  count += missing << 5;
  const table = component.acTable;
  let seen: u32 = 0;
  let k: u32 = 1;
  while (k < 64) {
    entry = lookUp(table, bits);
    missing = isShort(count);
    bits |= nextBits(next, count, missing);
    next += missing << 2;
    count += missing << 5;
    value = entry >> 16;
    if (value !== 0) {
      k += (entry >> 8) & 15;
      bits <<= entry & 31;
      count -= entry & 31;
    } else {
      if (entry === 0) entry = findLongCode(table, bits);
      if (entry === 0) return DAMAGED;
      const length = entry & 31;
      const symbol = entry >> 8;
      const size = symbol & 15;
      bits <<= length;
      count -= length + size;
      if (size === 0 && symbol !== ZERO_RUN) break;
      k += symbol >> 4;
      if (size > 0) value = extend(<i32>(bits >> (64 - size)), size);
      bits <<= size;
      missing = isShort(count);
      bits |= nextBits(next, count, missing);
      next += missing << 2;
      count += missing << 5;
    }
    const step = load<u32>(steps + (k << 2));
    store<i16>(BLOCK + (step & 0xff), value * <i32>(step >> 8));
    seen |= step;
    k++;
  }
  keepBits(bits, count, next);
  return k > 64 ? DAMAGED : seen & ANY_AC;
}

/** 1 if another word of bits is to be filled in, else 0. */
function isShort(count: i32): u32 {
  return <u32>(count - 32) >> 31;
}

/** The next word after `count` valid bits, or nothing. */
function nextBits(next: usize, count: i32, missing: u32): u64 {
  return (<u64>(load<u32>(next) & (0 - missing))) << (32 - count);
}
