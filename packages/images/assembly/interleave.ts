/** Interleaving of vectors. */

// Two vectors, by units of 1, 2 or 4 bytes: a0 b0 a1 b1 ... from their first or from their second halves. Each is one instruction.

export function lowBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

export function highBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

export function lowPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

export function highPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

export function lowQuads(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 4, 1, 5);
}

export function highQuads(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 2, 6, 3, 7);
}

export function lowOctets(a: v128, b: v128): v128 {
  return i64x2.shuffle(a, b, 0, 2);
}

export function highOctets(a: v128, b: v128): v128 {
  return i64x2.shuffle(a, b, 1, 3);
}

// Three vectors of bytes: a0 b0 c0 a1 b1 c1 ..., the first, second and third sixteen.

export function interleaveFirst(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
  return i8x16.shuffle(ab, c, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15);
}

export function interleaveSecond(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
  return i8x16.shuffle(ab, c, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15);
}

export function interleaveThird(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
  return i8x16.shuffle(ab, c, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31);
}
