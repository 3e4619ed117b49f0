/**
 * Huffman tables. The next ten bits find an entry that says how far to go on, in the bits and in the block, and often two symbols at once.
 *
 * Entry (u64) of a table of AC coefficients, from its lowest bits on, a byte each:
 *   bits of both symbols and their values; how far both lead;
 *   how far the first one leads; 64 minus its bits and those of its value;
 *   then, 16 bits each, the second value, and a one for each bit of the first value.
 *   Without a second symbol, both are the first one, and the second value is 0. The second value is in the ten bits, too.
 *   A symbol whose code is longer than ten bits, or none: `UNKNOWN` is how far it leads.
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
const ZERO_RUN: i32 = 0xf0;
/** How far the end of a block leads. */
export const BLOCK_END: i32 = 128;
/** In its place: the code is longer. */
const UNKNOWN: i32 = 192;
/** A bit of where a first symbol leads if it is the last coefficient of a block, or lies past that, or is `UNKNOWN`. */
export const IRREGULAR: i32 = 64;

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
  let code = 0;
  let symbol = 0;
  let entries = table;
  for (let bits = 1; bits <= 16; bits++) {
    store<i32>(table + 4 * bits, symbol - code, OFFSETS);
    for (let left: i32 = load<u8>(table + bits - 1, DEFINITION); left > 0; left--) {
      if (code >= 1 << bits) return false;
      const value: i32 = load<u8>(table + symbol, SYMBOLS);
      // The number of a DC difference's bits.
      if (!isAc && value > 15) return false;
      if (bits <= LOOKUP_BITS) entries = fillEntries(entries, LOOKUP_BYTES >> bits, entryOf(isAc, bits, value));
      code++;
      symbol++;
    }
    store<i32>(table + 4 * bits, code, LIMITS);
    code <<= 1;
  }
  fillEntries(entries, table + LOOKUP_BYTES - entries, UNKNOWN << 16);
  return true;
}

/** The entry of a symbol alone. */
function entryOf(isAc: bool, bits: i32, symbol: i32): u64 {
  const size = symbol & 15;
  // What has no value ends a block, but for sixteen zeros.
  const advance = isAc && size === 0 && symbol !== ZERO_RUN ? BLOCK_END : (symbol >> 4) + 1;
  const done = bits + size;
  const low = done | (advance << 8) | (advance << 16) | ((64 - done) << 24);
  return <u64>low | ((<u64>((1 << size) - 1)) << 48);
}

/** Writes an entry to so many bytes, and maybe once more. Returns the address past them. */
function fillEntries(at: usize, bytes: usize, entry: u64): usize {
  const two = i64x2.splat(entry);
  const end = at + bytes;
  for (; at < end; at += 16) v128.store(at, two);
  return end;
}

/** Adds a second symbol to each entry whose first leaves enough of the ten bits, once. */
export function addPairs(table: usize): void {
  if (load<i32>(table, HAS_PAIRS)) return;
  store<i32>(table, 1, HAS_PAIRS);
  for (let i = 0; i < 1 << LOOKUP_BITS; i++) {
    const at = table + ((<usize>i) << 3);
    const entry = load<u64>(at);
    const done = bitsOfFirst(entry);
    const advance = advanceOfFirst(entry);
    if (advance >= BLOCK_END || done >= LOOKUP_BITS) continue;
    const next = load<u64>(table + ((<usize>((i << done) & ((1 << LOOKUP_BITS) - 1))) << 3));
    const both = done + bitsOfFirst(next);
    if (advanceOfFirst(next) === UNKNOWN || both > LOOKUP_BITS) continue;
    const end = advance + advanceOfFirst(next);
    const value = valueOfFirst(next, (<u64>i) << (64 - LOOKUP_BITS + done));
    const kept = entry & 0xffff0000ffff0000;
    store<u64>(at, kept | <u64>(both | (end << 8)) | ((<u64>(value & 0xffff)) << 32));
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

export function bitsOfFirst(entry: u64): i32 {
  return 64 - ((<i32>entry >> 24) & 63);
}

/** The first value, from the bits that led to the entry: values that begin with 0 are negative. */
export function valueOfFirst(entry: u64, bits: u64): i32 {
  const ones = <i32>(entry >> 48);
  const value = <i32>(bits >> (entry >> 24)) & ones;
  // All ones if twice the value isn't more than they are.
  const isNegative = (2 * value - ones - 1) >> 31;
  return value - (ones & isNegative);
}

/** The entry for the bits on top of a buffer. */
export function lookUp(table: usize, bits: u64): u64 {
  return load<u64>(table + ((<usize>(bits >> (64 - LOOKUP_BITS))) << 3));
}

/** The entry of the first symbol alone, whose code may be long, or 0 if there is no such code. */
export function entryOfFirst(table: usize, isAc: bool, entry: u64, bits: u64): u64 {
  if (advanceOfFirst(entry) === UNKNOWN) return findEntry(table, isAc, bits);
  return (entry & 0xffff0000ffff0000) | <u64>(bitsOfFirst(entry) | (advanceOfFirst(entry) << 8));
}

/** The entry of a code that is longer than ten bits. */
function findEntry(table: usize, isAc: bool, bits: u64): u64 {
  for (let length = LOOKUP_BITS + 1; length <= 16; length++) {
    const code = <i32>(bits >> (64 - length));
    if (code < load<i32>(table + 4 * length, LIMITS)) {
      const index = code + load<i32>(table + 4 * length, OFFSETS);
      return entryOf(isAc, length, load<u8>(table + index, SYMBOLS));
    }
  }
  return 0;
}
