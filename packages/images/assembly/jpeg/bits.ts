/**
 * The bits of entropy-coded data. A segment (up to the next marker) is first copied without its stuffed zeros and turned around, so
 * that eight bytes that are loaded from any place are a number whose most significant byte comes first: taking bits needs no look at
 * each byte.
 */

/** The next bits, the first one on top, and how many of them are counted: those below may be there, too, and are the next ones. */
export let bitBuffer: u64 = 0;
export let bitCount: i64 = 0;
/** Where to load the bytes from that are to be counted next. */
export let nextBytes: usize = 0;

let firstBytes: usize = 0;
let segmentBytes: i32 = 0;

/**
 * Bytes that may be read past a segment, and be anything, before anybody looks whether it has ended: an MCU of 6 blocks of 64
 * coefficients of 32 bits, and what waits in the buffer.
 */
export const SEGMENT_SPARE: usize = 6 * 64 * 4 + 64;

/**
 * Copies the segment at `src`, so that its first byte is the last one before `dst`, and gets ready to read it. As many bytes as the
 * file has from there to its end, and `SEGMENT_SPARE`, have room before `dst`.
 *
 * @returns Address of the marker after it, or 0 if there is none before `end`.
 */
export function openSegment(src: usize, end: usize, dst: usize): usize {
  const start = dst;
  const stuffing = i8x16.splat(-1);
  for (;;) {
    // Sixteen bytes at once as far as none is 0xff. What is too much is overwritten by what follows, or spare.
    while (src + 16 <= end) {
      const bytes = v128.load(src);
      v128.store(dst - 16, i8x16.shuffle(bytes, bytes, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
      const mask = i8x16.bitmask(i8x16.eq(bytes, stuffing));
      if (mask) {
        const plain = <usize>ctz(mask);
        src += plain;
        dst -= plain;
        break;
      }
      src += 16;
      dst -= 16;
    }
    while (src < end && load<u8>(src) !== 0xff) store<u8>(--dst, load<u8>(src++));
    if (src + 2 > end) return 0;
    if (load<u8>(src, 1) !== 0) break;
    store<u8>(--dst, 0xff);
    src += 2;
  }
  segmentBytes = <i32>(start - dst);
  firstBytes = start - 8;
  keepBits(0, 0, firstBytes);
  return src;
}

/** Keeps what a reader of bits has in its local variables. */
export function keepBits(bits: u64, count: i64, next: usize): void {
  bitBuffer = bits;
  bitCount = count;
  nextBytes = next;
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
  return 8 * <i32>(firstBytes - nextBytes) - <i32>bitCount;
}
