/**
 * Constant vectors in memory. Loaded before a loop they stay in registers, while V8 makes a constant anew wherever it is used, which
 * takes three instructions.
 */
import { VECTORS } from './memory';

/** Of i16. */
export const THREE = VECTORS;
export const CENTER = VECTORS + 16;
export const RED = VECTORS + 32;
export const BLUE = VECTORS + 48;
/** Of pairs of i16: for blue and red difference. */
export const GREEN = VECTORS + 64;
/** Of i32: halves of what is shifted out; the second one with the 128 that are added to samples. */
export const HALF_OF_GREEN = VECTORS + 80;
export const HALF_OF_FIRST = VECTORS + 96;
export const HALF_OF_SECOND = VECTORS + 112;

/** Bits after the binary point of the factors of colors, and those that the passes of the inverse DCT shift out. */
export const COLOR_SHIFT: i32 = 15;
export const FIRST_SHIFT: i32 = 11;
export const SECOND_SHIFT: i32 = 18;

/** Writes them to memory, once. */
export function writeVectors(): void {
  v128.store(THREE, i16x8.splat(3));
  v128.store(CENTER, i16x8.splat(128));
  v128.store(RED, i16x8.splat(13172));
  v128.store(BLUE, i16x8.splat(-7471));
  v128.store(GREEN, i32x4.splat((9367 << 16) | (-11277 & 0xffff)));
  v128.store(HALF_OF_GREEN, i32x4.splat(1 << (COLOR_SHIFT - 1)));
  v128.store(HALF_OF_FIRST, i32x4.splat(1 << (FIRST_SHIFT - 1)));
  v128.store(HALF_OF_SECOND, i32x4.splat((1 << (SECOND_SHIFT - 1)) + (128 << SECOND_SHIFT)));
}
