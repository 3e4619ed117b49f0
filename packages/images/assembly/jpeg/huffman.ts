/**
 * Huffman tables. The next ten bits find an entry that mostly says everything: how far to skip, how many bits are done, and the
 * value itself. What doesn't fit into ten bits goes on from the symbol.
 *
 * Entry (i32): value << 16 | run << 8 | bits, if code and value take ten bits or less (the value is never 0);
 *              symbol << 8 | bits of the code, if only the code does;
 *              0 if the code is longer.
 */
import { HUFFMAN, HUFFMAN_BYTES } from './memory';

const LOOKUP_BITS: i32 = 10;
const LOOKUP_BYTES: usize = 4 << LOOKUP_BITS;
/** Behind the entries: for codes of 1 to 16 bits the first code that is larger than all of them, and symbol minus code. */
const LIMITS = LOOKUP_BYTES;
const OFFSETS = LIMITS + 4 * 17;
/** The definition as it stands in the file, with its length before it: files of one origin have the same tables. */
const DEFINITION_LENGTH = OFFSETS + 4 * 17;
const DEFINITION = DEFINITION_LENGTH + 4;
const SYMBOLS = DEFINITION + 16;

export function huffmanTable(isAc: bool, number: i32): usize {
  return HUFFMAN + <usize>((isAc ? 4 : 0) + number) * HUFFMAN_BYTES;
}

/**
 * Reads a table's definition: sixteen counts and the symbols.
 *
 * @returns Its length, or 0 if it isn't sound.
 */
export function defineHuffmanTable(table: usize, isAc: bool, at: usize, length: i32): i32 {
  if (length < 16) return 0;
  let count = 0;
  for (let i: usize = 0; i < 16; i++) count += load<u8>(at + i);
  const used = 16 + count;
  if (count === 0 || count > 256 || used > length) return 0;
  if (load<i32>(table, DEFINITION_LENGTH) === used && memory.compare(table + DEFINITION, at, used) === 0) return used;
  memory.copy(table + DEFINITION, at, used);
  store<i32>(table, 0, DEFINITION_LENGTH);
  if (!assignCodes(table, isAc)) return 0;
  store<i32>(table, used, DEFINITION_LENGTH);
  return used;
}

/** Codes of one length follow each other; the first of the next length is twice the one after the last. */
function assignCodes(table: usize, isAc: bool): bool {
  memory.fill(table, 0, LOOKUP_BYTES);
  let code = 0;
  let symbol = 0;
  for (let bits = 1; bits <= 16; bits++) {
    store<i32>(table + 4 * bits, symbol - code, OFFSETS);
    for (let left: i32 = load<u8>(table + bits - 1, DEFINITION); left > 0; left--) {
      if (code >= 1 << bits) return false;
      const value: i32 = load<u8>(table + symbol, SYMBOLS);
      // The number of a DC difference's bits.
      if (!isAc && value > 15) return false;
      if (bits <= LOOKUP_BITS) fillEntries(table, code, bits, value);
      code++;
      symbol++;
    }
    store<i32>(table + 4 * bits, code, LIMITS);
    code <<= 1;
  }
  return true;
}

/** All ten-bit numbers that begin with a code. */
function fillEntries(table: usize, code: i32, bits: i32, symbol: i32): void {
  const rest = LOOKUP_BITS - bits;
  const size = symbol & 15;
  const first = code << rest;
  for (let tail = 0; tail < 1 << rest; tail++) {
    let entry = (symbol << 8) | bits;
    if (size > 0 && size <= rest) {
      entry = (extend(tail >> (rest - size), size) << 16) | ((symbol >> 4) << 8) | (bits + size);
    }
    store<i32>(table + <usize>(first + tail) * 4, entry);
  }
}

/** The signed value that `size` bits stand for: those that begin with 0 are negative. */
export function extend(bits: i32, size: i32): i32 {
  return bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
}

/** The entry for the bits on top of a buffer. */
export function lookUp(table: usize, bits: u64): i32 {
  return load<i32>(table + ((<usize>(bits >> (64 - LOOKUP_BITS))) << 2));
}

/** Symbol << 8 | bits, for a code longer than the look-up; 0 if there is no such code. */
export function findLongCode(table: usize, bits: u64): i32 {
  for (let length = LOOKUP_BITS + 1; length <= 16; length++) {
    const code = <i32>(bits >> (64 - length));
    if (code < load<i32>(table + 4 * length, LIMITS)) {
      const index = code + load<i32>(table + 4 * length, OFFSETS);
      return ((<i32>load<u8>(table + index, SYMBOLS)) << 8) | length;
    }
  }
  return 0;
}
