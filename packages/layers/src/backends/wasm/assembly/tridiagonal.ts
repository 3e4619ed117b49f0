/**
 * Householder's reduction of a symmetric matrix to a tridiagonal one, in double precision (Golub and Van Loan, "Matrix Computations", 8.3.1).
 * There is one pass over the matrix per reflection: it also makes the change that the reflection before asks for.
 */
@unmanaged
export class TridiagonalJob {
  /** [n][n], of which the upper triangle is read. Row i ends up with vector i in its first i entries. */
  matrix: usize;
  n: i32;
  /** Row of the reflection, from n - 1 down to 0. */
  row: i32;
  /** The last reflection's vector and change, and this one's vector, [n] each. */
  vector: usize;
  change: usize;
  next: usize;
  /** The products of the bands with this one's vector, [bands][n]. */
  products: usize;
  bands: i32;
  /** What comes of it, [n] each: see contracts/linear-algebra-kernels.ts. */
  diagonal: usize;
  offDiagonal: usize;
  scales: usize;
}

/** Returns a * b + c of two lanes, rounded once where the engine has relaxed SIMD. @inline */
function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(c, f64x2.mul(a, b));
}

/** Returns c - a * b. @inline */
function multiplySubtract(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_nmadd(a, b, c);
  return f64x2.sub(c, f64x2.mul(a, b));
}

/** Prepares the change that the last reflection asks for, and makes the vector of this one. */
export function takeReflection(job: TridiagonalJob): void {
  const count = (<usize>job.row) << 3;
  if (job.row + 1 < job.n) prepareChange(job, job.row + 1);
  const vector = load<f64>(job.vector + count);
  const change = load<f64>(job.change + count);
  let from = job.matrix + count;
  for (let k: usize = 0; k < count; k += 8, from += (<usize>job.n) << 3) {
    store<f64>(
      job.next + k,
      load<f64>(from) - (load<f64>(job.vector + k) * change + load<f64>(job.change + k) * vector),
    );
  }
  store<f64>(job.diagonal + count, load<f64>(from) - 2 * vector * change);
  if (job.row > 0) reflect(job, count);
  memory.copy(job.matrix + count * job.n, job.next, count);
  memory.fill(job.products, 0, (<usize>job.bands * job.n) << 3);
}

/** The matrix less `vector changeᵀ + change vectorᵀ` is the matrix between two reflections. */
function prepareChange(job: TridiagonalJob, last: i32): void {
  const count = (<usize>last) << 3;
  const scale = load<f64>(job.scales + count);
  const inverse = scale === 0 ? 0 : 1 / scale;
  let product: f64 = 0;
  for (let k: usize = 0; k < count; k += 8) {
    let sum: f64 = 0;
    let at = job.products + k;
    for (let band = 0; band < job.bands; band++, at += (<usize>job.n) << 3) sum += load<f64>(at);
    sum *= inverse;
    product += sum * load<f64>(job.next + k);
    store<f64>(job.change + k, sum);
  }
  const factor = product * inverse * 0.5;
  for (let k: usize = 0; k < count; k += 8) {
    const value = load<f64>(job.next + k);
    store<f64>(job.vector + k, value);
    store<f64>(job.change + k, load<f64>(job.change + k) - factor * value);
  }
}

/** Makes of a column the vector whose reflection leaves nothing but its last entry; scaled, for squares not to overflow. */
function reflect(job: TridiagonalJob, count: usize): void {
  const last = job.next + count - 8;
  let size: f64 = 0;
  for (let at = job.next; at < last; at += 8) size += abs(load<f64>(at));
  const end = load<f64>(last);
  store<f64>(job.scales + count, 0);
  store<f64>(job.offDiagonal + count - 8, end);
  if (size === 0) {
    store<f64>(last, 0);
    return;
  }
  size += abs(end);
  let squares: f64 = 0;
  for (let at = job.next; at <= last; at += 8) {
    const value = load<f64>(at) / size;
    store<f64>(at, value);
    squares += value * value;
  }
  const before = load<f64>(last);
  const after = before > 0 ? -sqrt(squares) : sqrt(squares);
  store<f64>(last, before - after);
  store<f64>(job.scales + count, squares - before * after);
  store<f64>(job.offDiagonal + count - 8, size * after);
}

/** Makes the last change in the first rows and columns, and multiplies them by the new vector. Units: bands, of every so many pairs of rows. */
export function reflectionPass(begin: i32, end: i32, job: TridiagonalJob, _scratch: usize): void {
  for (let band = begin; band < end; band++) {
    const products = job.products + ((<usize>band * job.n) << 3);
    for (let row = 2 * band; row < job.row; row += 2 * job.bands) {
      if (row + 1 < job.row) passOverPair(job, row, products);
      else addProduct(products, job, row, row, changed(job, row, row));
    }
  }
}

/** Makes the change in one entry, and returns it. */
function changed(job: TridiagonalJob, row: i32, column: i32): f64 {
  const at = job.matrix + ((<usize>row * job.n + column) << 3);
  const r = (<usize>row) << 3;
  const c = (<usize>column) << 3;
  const value =
    load<f64>(at) -
    (load<f64>(job.vector + r) * load<f64>(job.change + c) + load<f64>(job.change + r) * load<f64>(job.vector + c));
  store<f64>(at, value);
  return value;
}

/** Adds an entry times the vector's value of its column to the product of its row. */
function addProduct(products: usize, job: TridiagonalJob, row: i32, column: i32, value: f64): void {
  const at = products + ((<usize>row) << 3);
  store<f64>(at, load<f64>(at) + value * load<f64>(job.next + ((<usize>column) << 3)));
}

/** Two rows, from the diagonal on. */
function passOverPair(job: TridiagonalJob, row: i32, products: usize): void {
  const corner = changed(job, row, row);
  const side = changed(job, row, row + 1);
  addProduct(products, job, row, row, corner);
  addProduct(products, job, row, row + 1, side);
  addProduct(products, job, row + 1, row, side);
  addProduct(products, job, row + 1, row + 1, changed(job, row + 1, row + 1));
  let column = row + 2;
  if ((job.row - column) & 1) {
    for (let r = row; r < row + 2; r++) {
      const value = changed(job, r, column);
      addProduct(products, job, r, column, value);
      addProduct(products, job, column, r, value);
    }
    column++;
  }
  passOverVectors(job, row, column, products);
}

/** The rest of two rows, two columns at a time. */
function passOverVectors(job: TridiagonalJob, row: i32, column: i32, products: usize): void {
  const at = (<usize>row) << 3;
  const vector0 = v128.load64_splat(job.vector + at);
  const vector1 = v128.load64_splat(job.vector + at + 8);
  const change0 = v128.load64_splat(job.change + at);
  const change1 = v128.load64_splat(job.change + at + 8);
  const next0 = v128.load64_splat(job.next + at);
  const next1 = v128.load64_splat(job.next + at + 8);
  const first = job.matrix + ((<usize>row * job.n) << 3);
  const second = first + ((<usize>job.n) << 3);
  const vectors = job.vector;
  const changes = job.change;
  const factors = job.next;
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  const end = (<usize>job.row) << 3;
  for (let k = (<usize>column) << 3; k < end; k += 16) {
    const vector = v128.load(vectors + k);
    const change = v128.load(changes + k);
    const factor = v128.load(factors + k);
    const a = multiplySubtract(change0, vector, multiplySubtract(vector0, change, v128.load(first + k)));
    const b = multiplySubtract(change1, vector, multiplySubtract(vector1, change, v128.load(second + k)));
    v128.store(first + k, a);
    v128.store(second + k, b);
    sum0 = multiplyAdd(a, factor, sum0);
    sum1 = multiplyAdd(b, factor, sum1);
    v128.store(products + k, multiplyAdd(b, next1, multiplyAdd(a, next0, v128.load(products + k))));
  }
  store<f64>(products + at, load<f64>(products + at) + f64x2.extract_lane(sum0, 0) + f64x2.extract_lane(sum0, 1));
  store<f64>(
    products + at + 8,
    load<f64>(products + at + 8) + f64x2.extract_lane(sum1, 0) + f64x2.extract_lane(sum1, 1),
  );
}
