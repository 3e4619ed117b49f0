/** Entropy decoding of one block: Huffman codes to coefficients. */
import { bitBuffer, bitCount, keepBits, nextBytes } from './bits';
import { scanComponent } from './frame';
import {
  advanceOfAll,
  advanceOfFirst,
  BLOCK_END,
  bitsOfAll,
  entryOfFirst,
  IRREGULAR,
  lookUp,
  valueOfFirst,
} from './huffman';
import { BLOCK, ZIGZAG } from './memory';

/** Returned for a damaged block. */
export const DAMAGED: i32 = -1;
/** Bits of what is returned otherwise: there may be coefficients in the right or in the lower half; 0 if there is only the first. */
export const RIGHT_HALF: i32 = 0x08;
export const LOWER_HALF: i32 = 0x40;
const ANY: i32 = 0x7f;

/**
 * Decodes a block of component `i` of the scan into `BLOCK`, which must be zero but for its first coefficient.
 *
 * A branch that can't be foreseen costs more than a symbol, so there is one only at the end of the block. Filling in bits takes none:
 * eight bytes are loaded, and those that fit are counted. That makes at least 56 bits: enough for a code with its value, which take at
 * most 31, and the next look-up.
 */
export function decodeBlock(i: i32): i32 {
  const component = scanComponent(i);
  let count = bitCount;
  let bits = bitBuffer | (load<u64>(nextBytes) >> count);
  let next = nextBytes - <usize>((63 - count) >> 3);
  count |= 56;
  let entry = lookUp(component.dcTable, bits);
  if (advanceOfFirst(entry) & IRREGULAR) entry = entryOfFirst(component.dcTable, false, entry, bits);
  if (entry === 0) return DAMAGED;
  // What is added to the coefficient of the block before.
  const prediction = component.prediction + valueOfFirst(entry, bits);
  component.prediction = prediction;
  store<i16>(BLOCK, prediction);
  bits <<= entry;
  count -= bitsOfAll(entry);

  const table = component.acTable;
  let k: i32 = 1;
  let seen: i32 = 0;
  do {
    entry = lookUp(table, bits);
    bits |= load<u64>(next) >> count;
    next -= <usize>((63 - count) >> 3);
    count |= 56;
    let after = k + advanceOfFirst(entry);
    if (after & IRREGULAR) {
      entry = entryOfFirst(table, true, entry, bits);
      if (entry === 0) return DAMAGED;
      after = k + advanceOfFirst(entry);
    }
    k += advanceOfAll(entry);
    // The second one first: if there is none, it is a zero in the first one's place.
    const second = placeBefore(k);
    const first = placeBefore(after);
    store<i16>(second, <i32>(entry >> 32), BLOCK);
    store<i16>(first, valueOfFirst(entry, bits), BLOCK);
    seen |= second | first;
    bits <<= entry;
    count -= bitsOfAll(entry);
  } while (k < 64);
  keepBits(bits, count, next);
  return k > 64 && k < BLOCK_END ? DAMAGED : seen & ANY;
}

/** Where the coefficient before number k comes to lie in a block. */
function placeBefore(k: i32): i32 {
  return load<u8>(k, ZIGZAG - 1);
}
