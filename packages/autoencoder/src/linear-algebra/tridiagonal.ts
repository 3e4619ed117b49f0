/**
 * Reduces a symmetric matrix to a tridiagonal one by Householder reflections (Golub and Van Loan, "Matrix Computations", 8.3.1), and takes
 * vectors back. Most of the time goes into passes over the matrix: there is one per reflection, which also makes the change that
 * the reflection before asks for, and it reads two rows at once.
 */

// Inner loops are functions of their own, which V8 compiles better than loops nested in longer ones. What they read beside the matrix lies
// side by side in one array: each array takes registers.

/** A tridiagonal matrix, and the reflections that made it. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entry i stands between entries i and i + 1 of the diagonal; the last is 0. */
  readonly offDiagonal: Float64Array;
  /** Vector i, in the first i entries of row i of the matrix, of which entries from i on are something else. */
  readonly reflections: Float64Array;
  /** Half of the squared length of each vector; 0: no reflection. */
  readonly scales: Float64Array;
}

/** Fields of the array that a pass reads: the last reflection's vector and change, this one's vector and product with the matrix. */
const fields = 4;

/** Reduces a matrix `[n, n]`, of which the upper triangle is read; all of it is overwritten. Yields now and then. */
export function* reduceToTridiagonal(matrix: Float64Array, n: number): Generator<void, Tridiagonal, void> {
  const [diagonal, offDiagonal, scales] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const state = new Float64Array(fields * n);
  for (let i = n - 1; i > 0; i--) {
    if (i % 32 === 0) yield;
    diagonal[i] = takeColumn(matrix, n, i, state);
    const { scale, end } = reflectionOf(state, i);
    scales[i] = scale;
    offDiagonal[i - 1] = end;
    for (let k = 0; k < i; k++) matrix[i * n + k] = state[fields * k + 2];
    passOver(matrix, n, i, state);
    prepareChange(state, i, scale);
  }
  diagonal[0] = takeColumn(matrix, n, 0, state);
  return { diagonal, offDiagonal, reflections: matrix, scales };
}

/** Reads the first entries of column i as they are after the last change; returns the one on the diagonal. */
function takeColumn(matrix: Float64Array, n: number, i: number, state: Float64Array): number {
  const [vector, change] = [state[fields * i], state[fields * i + 1]];
  for (let k = 0; k < i; k++) {
    const at = fields * k;
    state[at + 2] = matrix[k * n + i] - (state[at] * change + state[at + 1] * vector);
    state[at + 3] = 0;
  }
  return matrix[i * n + i] - 2 * vector * change;
}

/** Makes of a column the vector whose reflection leaves nothing but its last entry, `end`; scaled, for squares not to overflow. */
function reflectionOf(state: Float64Array, i: number): { scale: number; end: number } {
  const last = fields * (i - 1) + 2;
  let size = 0;
  for (let k = 0; k < i - 1; k++) size += Math.abs(state[fields * k + 2]);
  if (size === 0) {
    const end = state[last];
    for (let k = 0; k < i; k++) state[fields * k + 2] = 0;
    return { scale: 0, end };
  }
  size += Math.abs(state[last]);
  let squares = 0;
  for (let k = 0; k < i; k++) {
    state[fields * k + 2] /= size;
    squares += state[fields * k + 2] ** 2;
  }
  const before = state[last];
  const after = before > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
  state[last] = before - after;
  return { scale: squares - before * after, end: size * after };
}

/** Makes the last change in the first i rows and columns, and multiplies them by the new vector. */
function passOver(matrix: Float64Array, n: number, i: number, state: Float64Array): void {
  for (let j = 0; j + 1 < i; j += 2) {
    const at = fields * j;
    const row = j * n + j;
    const x = changed(matrix, row, state, j, j);
    const y = changed(matrix, row + 1, state, j, j + 1);
    const z = changed(matrix, row + n + 1, state, j + 1, j + 1);
    state[at + 3] += x * state[at + 2] + y * state[at + 6];
    state[at + 7] += y * state[at + 2] + z * state[at + 6];
    passOverTwo(matrix, j * n, (j + 1) * n, j + 2, i, state, at);
  }
  if (i % 2 === 0) return;
  const at = fields * (i - 1);
  state[at + 3] += changed(matrix, (i - 1) * (n + 1), state, i - 1, i - 1) * state[at + 2];
}

function changed(matrix: Float64Array, place: number, state: Float64Array, j: number, k: number): number {
  const change = state[fields * j] * state[fields * k + 1] + state[fields * j + 1] * state[fields * k];
  const value = matrix[place] - change;
  matrix[place] = value;
  return value;
}

/** The entries of two rows, from column `from` on. */
function passOverTwo(
  matrix: Float64Array,
  first: number,
  second: number,
  from: number,
  to: number,
  state: Float64Array,
  at: number,
): void {
  const [vector0, change0, factor0] = [state[at], state[at + 1], state[at + 2]];
  const [vector1, change1, factor1] = [state[at + 4], state[at + 5], state[at + 6]];
  let sum0 = 0;
  let sum1 = 0;
  for (let k = from, s = fields * from; k < to; k++, s += fields) {
    const vector = state[s];
    const change = state[s + 1];
    const factor = state[s + 2];
    const a = matrix[first + k] - (vector0 * change + change0 * vector);
    const b = matrix[second + k] - (vector1 * change + change1 * vector);
    matrix[first + k] = a;
    matrix[second + k] = b;
    sum0 += a * factor;
    sum1 += b * factor;
    state[s + 3] += a * factor0 + b * factor1;
  }
  state[at + 3] += sum0;
  state[at + 7] += sum1;
}

/** What the next pass has to take off: the matrix less `vector changeᵀ + change vectorᵀ` is the matrix between two reflections. */
function prepareChange(state: Float64Array, i: number, scale: number): void {
  let product = 0;
  for (let k = 0; k < i; k++) {
    const at = fields * k;
    state[at + 3] = scale === 0 ? 0 : state[at + 3] / scale;
    product += state[at + 2] * state[at + 3];
  }
  const factor = scale === 0 ? 0 : product / (2 * scale);
  for (let k = 0; k < i; k++) {
    const at = fields * k;
    state[at] = state[at + 2];
    state[at + 1] = state[at + 3] - factor * state[at + 2];
  }
}

/** Reflections that are made together. */
const together = 4;

/**
 * Takes vectors of the tridiagonal matrix back to those of the matrix that it was made of. They come in pairs, `[pairs, n, 2]`: what is
 * read of a reflection is of use to both.
 */
export function reflectBack({ reflections, scales }: Tridiagonal, n: number, vectors: Float64Array): void {
  const four = new Float64Array(together * n);
  for (let i = 1; i < n; i += together) {
    const length = Math.min(n, i + together) - 1;
    four.fill(0);
    for (let r = 0; r < together && i + r < n; r++) {
      for (let k = 0; k < i + r; k++) four[together * k + r] = reflections[(i + r) * n + k];
    }
    const inverses = Array.from({ length: together }, (_, r) => (scales[i + r] ? 1 / scales[i + r] : 0));
    const products = productsOf(four, length);
    for (let at = 0; at < vectors.length; at += 2 * n) reflectPair(vectors, at, four, length, inverses, products);
  }
}

/** The products of four vectors with each other: of `a` with `b` before it at `a * 4 + b`. */
function productsOf(four: Float64Array, length: number): Float64Array {
  const products = new Float64Array(together * together);
  for (let k = 0; k < together * length; k += together) {
    for (let a = 1; a < together; a++) {
      for (let b = 0; b < a; b++) products[a * together + b] += four[k + a] * four[k + b];
    }
  }
  return products;
}

/** Makes four reflections of two vectors in turn: each sees what those before it have left. */
function reflectPair(
  v: Float64Array,
  at: number,
  four: Float64Array,
  length: number,
  inverses: readonly number[],
  p: Float64Array,
): void {
  const sums = sumsOf(v, at, four, length);
  for (const sum of sums) {
    sum[0] *= inverses[0];
    sum[1] = (sum[1] - p[4] * sum[0]) * inverses[1];
    sum[2] = (sum[2] - p[8] * sum[0] - p[9] * sum[1]) * inverses[2];
    sum[3] = (sum[3] - p[12] * sum[0] - p[13] * sum[1] - p[14] * sum[2]) * inverses[3];
  }
  const [[a0, b0, c0, d0], [a1, b1, c1, d1]] = sums;
  for (let k = at, s = 0; s < together * length; k += 2, s += together) {
    const a = four[s];
    const b = four[s + 1];
    const c = four[s + 2];
    const d = four[s + 3];
    v[k] -= a * a0 + b * b0 + (c * c0 + d * d0);
    v[k + 1] -= a * a1 + b * b1 + (c * c1 + d * d1);
  }
}

/** The products of two vectors with four. */
function sumsOf(v: Float64Array, at: number, four: Float64Array, length: number): [number[], number[]] {
  let [a0, b0, c0, d0, a1, b1, c1, d1] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = at, s = 0; s < together * length; k += 2, s += together) {
    const x = v[k];
    const y = v[k + 1];
    const a = four[s];
    const b = four[s + 1];
    const c = four[s + 2];
    const d = four[s + 3];
    a0 += a * x;
    b0 += b * x;
    c0 += c * x;
    d0 += d * x;
    a1 += a * y;
    b1 += b * y;
    c1 += c * y;
    d1 += d * y;
  }
  return [
    [a0, b0, c0, d0],
    [a1, b1, c1, d1],
  ];
}
