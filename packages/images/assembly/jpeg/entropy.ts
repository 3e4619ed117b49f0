/** Entropy decoding of one block: Huffman codes to coefficients. */
import { bitBuffer, bitCount, keepBits, nextBytes } from './bits';
import { scanComponent } from './frame';
import {
  advanceOfAll,
  advanceOfFirst,
  BLOCK_END,
  bitsOfAll,
  bitsOfFirst,
  extend,
  findSymbol,
  lookUp,
  UNKNOWN,
  ZERO_RUN,
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
 * Filling in bits takes no branch, as none could be foreseen: eight bytes are loaded, and those that fit are counted. That makes at
 * least 56 bits: enough for a look-up, which takes at most ten, and a code with its value, which take at most 31.
 */
export function decodeBlock(i: i32): i32 {
  const table = scanComponent(i).acTable;
  if (!decodeFirst(i)) return DAMAGED;
  let bits = bitBuffer;
  let count = bitCount;
  let next = nextBytes;
  let k: i32 = 1;
  let seen: i32 = 0;
  while (k < 64) {
    let entry = lookUp(table, bits);
    let after = k + advanceOfFirst(entry);
    bits |= load<u64>(next) >> count;
    next -= <usize>((63 - count) >> 3);
    count |= 56;
    // A loop of its own for what look-ups find, so that all of it stays in registers.
    while (after < 64) {
      bits <<= entry;
      count -= bitsOfAll(entry);
      k += advanceOfAll(entry);
      // The second one first: if there is none, it is a zero in the first one's place.
      const second = placeBefore(k);
      const first = placeBefore(after);
      store<i16>(second, <i32>(entry >> 32), BLOCK);
      store<i16>(first, <i32>(entry >> 48), BLOCK);
      seen |= second | first;
      entry = lookUp(table, bits);
      after = k + advanceOfFirst(entry);
      bits |= load<u64>(next) >> count;
      next -= <usize>((63 - count) >> 3);
      count |= 56;
    }
    if (k >= 64) break;
    if (after < k + UNKNOWN) {
      // The last symbol of the block. What follows is the next one's.
      bits <<= bitsOfFirst(entry);
      count -= bitsOfFirst(entry);
      const last = placeBefore(after);
      store<i16>(last, <i32>(entry >> 48), BLOCK);
      seen |= last;
      k = after;
      break;
    }
    const found = findSymbol(table, bits, entry);
    if (found === 0) return DAMAGED;
    const symbol = found >> 8;
    const size = symbol & 15;
    k += size === 0 && symbol !== ZERO_RUN ? BLOCK_END : (symbol >> 4) + 1;
    bits <<= found & 31;
    const place = placeBefore(k);
    if (size > 0) store<i16>(place, extend(<i32>(bits >> (64 - size)), size), BLOCK);
    seen |= place;
    bits <<= size;
    count -= (found & 31) + size;
  }
  keepBits(bits, count, next);
  return k > 64 && k < BLOCK_END ? DAMAGED : seen & ANY;
}

/** Where the coefficient before number k comes to lie in a block. */
function placeBefore(k: i32): i32 {
  return load<u8>(k, ZIGZAG - 1);
}

/** Decodes the first coefficient: what is added to that of the block before. Returns false if it is damaged. */
function decodeFirst(i: i32): bool {
  const component = scanComponent(i);
  const table = component.dcTable;
  let count = bitCount;
  let bits = bitBuffer | (load<u64>(nextBytes) >> count);
  const next = nextBytes - <usize>((63 - count) >> 3);
  count |= 56;
  const entry = lookUp(table, bits);
  let difference = <i32>(<i64>entry >> 48);
  if (advanceOfFirst(entry) === UNKNOWN) {
    const found = findSymbol(table, bits, entry);
    if (found === 0) return false;
    const size = found >> 8;
    bits <<= found & 31;
    if (size > 0) difference = extend(<i32>(bits >> (64 - size)), size);
    bits <<= size;
    count -= (found & 31) + size;
  } else {
    bits <<= entry;
    count -= bitsOfAll(entry);
  }
  const prediction = component.prediction + difference;
  component.prediction = prediction;
  store<i16>(BLOCK, prediction);
  keepBits(bits, count, next);
  return true;
}
