/**
 * Makes four reflections of vectors in turn: each sees what those before it have left. Vectors come in pairs, `[pairs, n, 2]`, a lane each, and
 * the four side by side, `[length, 4]`. In `sizes` are the inverses of half of their squared lengths, and their products: of the second with the
 * first, and of the third with the first and the second, and of the fourth with each before it.
 */
export function reflectPairs(vectors: usize, pairs: i32, n: i32, four: usize, length: i32, sizes: usize): void {
  for (let pair = 0; pair < pairs; pair++) reflectPair(vectors + ((<usize>pair * n) << 4), four, length, sizes);
}

function reflectPair(vectors: usize, four: usize, length: i32, sizes: usize): void {
  const end = vectors + ((<usize>length) << 4);
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let c = f64x2.splat(0);
  let d = f64x2.splat(0);
  for (let at = vectors, from = four; at < end; at += 16, from += 32) {
    const value = v128.load(at);
    a = f64x2.add(a, f64x2.mul(v128.load64_splat(from), value));
    b = f64x2.add(b, f64x2.mul(v128.load64_splat(from, 8), value));
    c = f64x2.add(c, f64x2.mul(v128.load64_splat(from, 16), value));
    d = f64x2.add(d, f64x2.mul(v128.load64_splat(from, 24), value));
  }
  a = f64x2.mul(a, v128.load64_splat(sizes));
  b = f64x2.mul(less(b, a, sizes + 32), v128.load64_splat(sizes, 8));
  c = f64x2.mul(less(less(c, a, sizes + 40), b, sizes + 48), v128.load64_splat(sizes, 16));
  d = f64x2.mul(less(less(less(d, a, sizes + 56), b, sizes + 64), c, sizes + 72), v128.load64_splat(sizes, 24));
  for (let at = vectors, from = four; at < end; at += 16, from += 32) {
    const left = f64x2.add(f64x2.mul(v128.load64_splat(from), a), f64x2.mul(v128.load64_splat(from, 8), b));
    const right = f64x2.add(f64x2.mul(v128.load64_splat(from, 16), c), f64x2.mul(v128.load64_splat(from, 24), d));
    v128.store(at, f64x2.sub(v128.load(at), f64x2.add(left, right)));
  }
}

/** Returns the sum less a product with another. @inline */
function less(sum: v128, other: v128, product: usize): v128 {
  return f64x2.sub(sum, f64x2.mul(v128.load64_splat(product), other));
}
