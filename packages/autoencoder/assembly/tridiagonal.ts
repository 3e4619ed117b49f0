/**
 * Changes the first `count` rows and columns of a symmetric matrix `[n, n]`, of which the upper triangle is kept: takes off
 * `vector changeᵀ + change vectorᵀ`, and adds the product of what is left with `factor` to `product`. In `state` are these four, `[n]` each.
 */
export function passOver(matrix: usize, n: i32, count: i32, state: usize): void {
  const rowBytes = (<usize>n) << 3;
  const vectors = state;
  const changes = state + rowBytes;
  const factors = changes + rowBytes;
  const products = factors + rowBytes;
  const end = (<usize>count) << 3;
  let row = matrix;
  let at: usize = 0;
  for (; at + 8 < end; at += 16, row += 2 * rowBytes) {
    const x = changed(row + at, vectors, changes, at, at);
    const y = changed(row + at + 8, vectors, changes, at, at + 8);
    const z = changed(row + rowBytes + at + 8, vectors, changes, at + 8, at + 8);
    const factor0 = load<f64>(factors + at);
    const factor1 = load<f64>(factors + at + 8);
    add(products + at, x * factor0 + y * factor1);
    add(products + at + 8, y * factor0 + z * factor1);
    passOverTwo(row, row + rowBytes, at, end, vectors, changes, factors, products);
  }
  if (at < end) add(products + at, changed(row + at, vectors, changes, at, at) * load<f64>(factors + at));
}

/** @inline */
function add(at: usize, value: f64): void {
  store<f64>(at, load<f64>(at) + value);
}

/** Makes the change in one entry, and returns it. @inline */
function changed(place: usize, vectors: usize, changes: usize, row: usize, column: usize): f64 {
  const change =
    load<f64>(vectors + row) * load<f64>(changes + column) + load<f64>(changes + row) * load<f64>(vectors + column);
  const value = load<f64>(place) - change;
  store<f64>(place, value);
  return value;
}

/** The entries of two rows, right of where both are on the diagonal. */
function passOverTwo(
  first: usize,
  second: usize,
  at: usize,
  end: usize,
  vectors: usize,
  changes: usize,
  factors: usize,
  products: usize,
): void {
  const vector0 = v128.load64_splat(vectors + at);
  const vector1 = v128.load64_splat(vectors + at + 8);
  const change0 = v128.load64_splat(changes + at);
  const change1 = v128.load64_splat(changes + at + 8);
  const factor0 = v128.load64_splat(factors + at);
  const factor1 = v128.load64_splat(factors + at + 8);
  let sums0 = f64x2.splat(0);
  let sums1 = f64x2.splat(0);
  let k = at + 16;
  for (; k + 8 < end; k += 16) {
    const vector = v128.load(vectors + k);
    const change = v128.load(changes + k);
    const factor = v128.load(factors + k);
    const a = f64x2.sub(v128.load(first + k), f64x2.add(f64x2.mul(vector0, change), f64x2.mul(change0, vector)));
    const b = f64x2.sub(v128.load(second + k), f64x2.add(f64x2.mul(vector1, change), f64x2.mul(change1, vector)));
    v128.store(first + k, a);
    v128.store(second + k, b);
    sums0 = f64x2.add(sums0, f64x2.mul(a, factor));
    sums1 = f64x2.add(sums1, f64x2.mul(b, factor));
    const sum = f64x2.add(f64x2.mul(a, factor0), f64x2.mul(b, factor1));
    v128.store(products + k, f64x2.add(v128.load(products + k), sum));
  }
  let sum0 = f64x2.extract_lane(sums0, 0) + f64x2.extract_lane(sums0, 1);
  let sum1 = f64x2.extract_lane(sums1, 0) + f64x2.extract_lane(sums1, 1);
  if (k < end) {
    const a = changed(first + k, vectors, changes, at, k);
    const b = changed(second + k, vectors, changes, at + 8, k);
    const factor = load<f64>(factors + k);
    sum0 += a * factor;
    sum1 += b * factor;
    add(products + k, a * load<f64>(factors + at) + b * load<f64>(factors + at + 8));
  }
  add(products + at, sum0);
  add(products + at + 8, sum1);
}
