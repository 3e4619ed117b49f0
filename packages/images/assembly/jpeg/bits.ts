/**
 * The bits of entropy-coded data. A segment (up to the next marker) is first copied without its stuffed zeros and cut into words
 * whose most significant byte comes first, so that taking bits needs no look at each byte.
 */

/** The next bits, the first one on top, and how many of them are valid. */
export let bitBuffer: u64 = 0;
export let bitCount: i32 = 0;
/** The word to take next. */
export let nextWord: usize = 0;

let firstWord: usize = 0;
let segmentBytes: i32 = 0;

/**
 * Bytes that may be read past a segment before anybody looks whether it has ended: an MCU of 6 blocks of 64 coefficients of 32
 * bits, and what waits in the buffer.
 */
export const SEGMENT_SPARE: usize = 6 * 64 * 4 + 64;

/**
 * Copies the segment at `src` to `dst` and gets ready to read it.
 *
 * @returns Address of the marker after it, or 0 if there is none before `end`.
 */
export function openSegment(src: usize, end: usize, dst: usize): usize {
  const start = dst;
  const stuffing = i8x16.splat(-1);
  for (;;) {
    // Sixteen bytes at once as far as none is 0xff. `dst` never overtakes what it has to keep, so too much may be written.
    while (src + 16 <= end) {
      const bytes = v128.load(src);
      v128.store(dst, bytes);
      const mask = i8x16.bitmask(i8x16.eq(bytes, stuffing));
      if (mask) {
        const plain = <usize>ctz(mask);
        src += plain;
        dst += plain;
        break;
      }
      src += 16;
      dst += 16;
    }
    while (src < end && load<u8>(src) !== 0xff) store<u8>(dst++, load<u8>(src++));
    if (src + 2 > end) return 0;
    if (load<u8>(src, 1) !== 0) break;
    store<u8>(dst++, 0xff);
    src += 2;
  }
  segmentBytes = <i32>(dst - start);
  toWords(start, dst);
  firstWord = start;
  nextWord = start;
  bitBuffer = 0;
  bitCount = 0;
  return src;
}

function toWords(start: usize, end: usize): void {
  for (let at = start; at < end; at += 16) {
    const bytes = v128.load(at);
    v128.store(at, i8x16.shuffle(bytes, bytes, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
  }
}

/** Keeps what a reader of bits has in its local variables. */
export function keepBits(bits: u64, count: i32, next: usize): void {
  bitBuffer = bits;
  bitCount = count;
  nextWord = next;
}

/** True if more bits were taken than the segment has. */
export function isOverrun(): bool {
  return bitsTaken() > 8 * segmentBytes;
}

/** True if exactly this segment's bits were taken, apart from those that fill its last byte. */
export function isAtEnd(): bool {
  const left = 8 * segmentBytes - bitsTaken();
  return left >= 0 && left < 8;
}

function bitsTaken(): i32 {
  return 8 * <i32>(nextWord - firstWord) - bitCount;
}
