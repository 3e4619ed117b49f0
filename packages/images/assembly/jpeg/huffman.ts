/**
 * Huffman tables. The next ten bits find an entry that mostly says everything: how many bits are done, and the values themselves,
 * often two of them. What doesn't fit into ten bits goes on from the symbol.
 *
 * Entry (u64) of a table of AC coefficients, from its lowest bits on, a byte each:
 *   bits of both symbols and their values; how far both lead;
 *   how far the first one leads; its bits;
 *   then the second value and the first one, i16 each. Without a second symbol, both lead as far as the first, and its value is 0.
 *   A symbol that doesn't fit: 0, symbol, `UNKNOWN`, bits of its code; without them, its code is longer.
 * Entry of a table of DC coefficients: the same, without second symbols.
 */
import { HUFFMAN, HUFFMAN_BYTES } from './memory';

const LOOKUP_BITS: i32 = 10;
const LOOKUP_BYTES: usize = 8 << LOOKUP_BITS;
/** Behind the entries: for codes of 1 to 16 bits the first code that is larger than all of them, and symbol minus code. */
const LIMITS = LOOKUP_BYTES;
const OFFSETS = LIMITS + 4 * 17;
/** Whether second symbols are among the entries. */
const HAS_PAIRS = OFFSETS + 4 * 17;
/** The definition as it stands in the file, with its length before it: files of one origin have the same tables. */
const DEFINITION_LENGTH = HAS_PAIRS + 4;
const DEFINITION = DEFINITION_LENGTH + 4;
const SYMBOLS = DEFINITION + 16;

/** A symbol of sixteen zeros, after which the block goes on. */
export const ZERO_RUN: i32 = 0xf0;
/** How far the end of a block leads: past all that a run can reach. */
export const BLOCK_END: i32 = 80;
/** In its place: the symbol doesn't fit. */
export const UNKNOWN: i32 = 0xff;

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
  if (load<i32>(table, DEFINITION_LENGTH) === used && memory.compare(table + DEFINITION, at, used) === 0) {
    // One that comes again is worth the work.
    if (isAc) addPairs(table);
    return used;
  }
  memory.copy(table + DEFINITION, at, used);
  store<i32>(table, 0, DEFINITION_LENGTH);
  if (!assignCodes(table, isAc)) return 0;
  store<i32>(table, used, DEFINITION_LENGTH);
  store<i32>(table, 0, HAS_PAIRS);
  return used;
}

/** Codes of one length follow each other; the first of the next length is twice the one after the last. */
function assignCodes(table: usize, isAc: bool): bool {
  for (let i: usize = 0; i < LOOKUP_BYTES; i += 8) store<u64>(table + i, (<u64>UNKNOWN) << 16);
  let code = 0;
  let symbol = 0;
  for (let bits = 1; bits <= 16; bits++) {
    store<i32>(table + 4 * bits, symbol - code, OFFSETS);
    for (let left: i32 = load<u8>(table + bits - 1, DEFINITION); left > 0; left--) {
      if (code >= 1 << bits) return false;
      const value: i32 = load<u8>(table + symbol, SYMBOLS);
      // The number of a DC difference's bits.
      if (!isAc && value > 15) return false;
      if (bits <= LOOKUP_BITS) fillEntries(table, isAc, code, bits, value);
      code++;
      symbol++;
    }
    store<i32>(table + 4 * bits, code, LIMITS);
    code <<= 1;
  }
  return true;
}

/** All ten-bit numbers that begin with a code. */
function fillEntries(table: usize, isAc: bool, code: i32, bits: i32, symbol: i32): void {
  const rest = LOOKUP_BITS - bits;
  const size = symbol & 15;
  const first = table + (((<usize>code) << rest) << 3);
  const count = 1 << rest;
  // What has no value ends a block, but for sixteen zeros.
  const advance = isAc && size === 0 && symbol !== ZERO_RUN ? BLOCK_END : (symbol >> 4) + 1;
  const done = bits + size;
  for (let tail = 0; tail < count; tail++) {
    let entry = <u64>((bits << 24) | (UNKNOWN << 16) | (symbol << 8));
    if (size <= rest) {
      const value = size === 0 ? 0 : extend(tail >> (rest - size), size);
      entry = <u64>(done | (advance << 8) | (advance << 16) | (done << 24)) | ((<u64>value) << 48);
    }
    store<u64>(first + ((<usize>tail) << 3), entry);
  }
}

/** Adds a second symbol to each entry whose first leaves enough of the ten bits, once. */
export function addPairs(table: usize): void {
  if (load<i32>(table, HAS_PAIRS)) return;
  store<i32>(table, 1, HAS_PAIRS);
  for (let i = 0; i < 1 << LOOKUP_BITS; i++) {
    const at = table + ((<usize>i) << 3);
    const entry = load<u64>(at);
    const done = <i32>bitsOfFirst(entry);
    const advance = advanceOfFirst(entry);
    if (advance >= BLOCK_END) continue;
    const next = load<u64>(table + ((<usize>((i << done) & ((1 << LOOKUP_BITS) - 1))) << 3));
    const both = done + <i32>bitsOfFirst(next);
    if (advanceOfFirst(next) === UNKNOWN || both > LOOKUP_BITS) continue;
    const end = advance + advanceOfFirst(next);
    const kept = entry & 0xffff0000ffff0000;
    store<u64>(at, kept | <u64>(both | (end << 8)) | ((next >> 48) << 32));
  }
}

/** Bits of all symbols of an entry. */
export function bitsOfAll(entry: u64): i64 {
  return entry & 63;
}

/** How far all symbols of an entry lead: past the coefficient that they end with. */
export function advanceOfAll(entry: u64): i32 {
  return (<i32>entry >> 8) & 0xff;
}

export function advanceOfFirst(entry: u64): i32 {
  return (<i32>entry >> 16) & 0xff;
}

export function bitsOfFirst(entry: u64): i64 {
  return (entry >> 24) & 63;
}

/** The signed value that `size` bits stand for: those that begin with 0 are negative. */
export function extend(bits: i32, size: i32): i32 {
  return bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
}

/** The entry for the bits on top of a buffer. */
export function lookUp(table: usize, bits: u64): u64 {
  return load<u64>(table + ((<usize>(bits >> (64 - LOOKUP_BITS))) << 3));
}

/** Symbol << 8 | bits of its code, for an entry whose symbol doesn't fit; 0 if there is no such code. */
export function findSymbol(table: usize, bits: u64, entry: u64): i32 {
  const bitsOfCode = <i32>bitsOfFirst(entry);
  if (bitsOfCode > 0) return (<i32>entry & 0xff00) | bitsOfCode;
  for (let length = LOOKUP_BITS + 1; length <= 16; length++) {
    const code = <i32>(bits >> (64 - length));
    if (code < load<i32>(table + 4 * length, LIMITS)) {
      const index = code + load<i32>(table + 4 * length, OFFSETS);
      return ((<i32>load<u8>(table + index, SYMBOLS)) << 8) | length;
    }
  }
  return 0;
}
