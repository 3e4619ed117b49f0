/**
 * Reduces a symmetric matrix to a tridiagonal one by Householder reflections (EISPACK's tred2, as JAMA has it, which is in
 * the public domain), with inner loops along memory and the reflections multiplied out block by block.
 */

/** Rows of the matrix, or columns, that are worked on at once: they should stay in a core's second-level cache. */
export const blockSize = 64;

/** Leaves the reflections in `v` (row i: below the diagonal), their scale in d, the off-diagonal in e[1..]. Yields now and then. */
export function* reduceToTridiagonal(
  v: Float64Array,
  n: number,
  d: Float64Array,
  e: Float64Array,
): Generator<void, void, void> {
  for (let j = 0; j < n; j++) d[j] = v[j * n + n - 1];
  for (let i = n - 1; i > 0; i--) {
    if (i % blockSize === 0) yield;
    let scale = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(d[k]);
    let h = 0;
    if (scale === 0) {
      e[i] = d[i - 1];
      for (let j = 0; j < i; j++) {
        d[j] = v[j * n + i - 1];
        v[j * n + i] = 0;
        v[i * n + j] = 0;
      }
    } else {
      h = reflect(v, n, i, scale, d, e);
    }
    d[i] = h;
  }
}

/** Applies the reflection that zeroes row i but for its last entry before the diagonal; returns its scale h. */
function reflect(v: Float64Array, n: number, i: number, scale: number, d: Float64Array, e: Float64Array): number {
  let h = 0;
  for (let k = 0; k < i; k++) {
    d[k] /= scale;
    h += d[k] * d[k];
  }
  const last = d[i - 1];
  const root = last > 0 ? -Math.sqrt(h) : Math.sqrt(h);
  e[i] = scale * root;
  h -= last * root;
  d[i - 1] = last - root;
  e.fill(0, 0, i);
  for (let j = 0; j < i; j++) {
    const column = j * n;
    v[i * n + j] = d[j];
    e[j] += v[column + j] * d[j];
    e[j] += multiplyAndAdd(v, column, d, e, j + 1, i, d[j]);
  }
  let sum = 0;
  for (let j = 0; j < i; j++) {
    e[j] /= h;
    sum += e[j] * d[j];
  }
  const factor = sum / (h + h);
  for (let j = 0; j < i; j++) e[j] -= factor * d[j];
  for (let j = 0; j < i; j++) {
    const f = d[j];
    const g = e[j];
    const column = j * n;
    subtractBoth(v, column, e, f, d, g, j, i);
    d[j] = v[column + i - 1];
    v[column + i] = 0;
  }
  return h;
}

// Sums are kept in parts: one alone would wait for each addition before the next. Inner loops are functions of their
// own, which V8 compiles better than loops nested in longer ones.

/** Adds `factor` times the entries from `from` to `to` of a row of `v` to `e`, and returns their product with `d`. */
function multiplyAndAdd(
  v: Float64Array,
  row: number,
  d: Float64Array,
  e: Float64Array,
  from: number,
  to: number,
  factor: number,
): number {
  let even = 0;
  let odd = 0;
  let k = from;
  for (; k + 1 < to; k += 2) {
    const first = v[row + k];
    const second = v[row + k + 1];
    even += first * d[k];
    odd += second * d[k + 1];
    e[k] += first * factor;
    e[k + 1] += second * factor;
  }
  if (k < to) {
    even += v[row + k] * d[k];
    e[k] += v[row + k] * factor;
  }
  return even + odd;
}

/** Subtracts `f` times `e` and `g` times `d` from the entries from `from` to `to` of a row of `v`. */
function subtractBoth(
  v: Float64Array,
  row: number,
  e: Float64Array,
  f: number,
  d: Float64Array,
  g: number,
  from: number,
  to: number,
): void {
  for (let k = from; k < to; k++) v[row + k] -= f * e[k] + g * d[k];
}

function dot(u: Float64Array, a: number, v: Float64Array, b: number, length: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    sum0 += u[a + k] * v[b + k];
    sum1 += u[a + k + 1] * v[b + k + 1];
    sum2 += u[a + k + 2] * v[b + k + 2];
    sum3 += u[a + k + 3] * v[b + k + 3];
  }
  for (; k < length; k++) sum0 += u[a + k] * v[b + k];
  return sum0 + sum1 + (sum2 + sum3);
}

/** Subtracts `factor` times the `length` entries of `u` from `a` on from those of `v` from `b` on. */
function subtract(v: Float64Array, b: number, u: Float64Array, a: number, factor: number, length: number): void {
  for (let k = 0; k < length; k++) v[b + k] -= factor * u[a + k];
}

/**
 * Multiplies the reflections out: `v` becomes the orthogonal matrix of the reduction, d the tridiagonal's diagonal.
 * JAMA applies each reflection to all rows in turn; here a block of rows gets all reflections before the next block. Yields between blocks.
 */
export function* accumulateReflections(v: Float64Array, n: number, d: Float64Array): Generator<void, void, void> {
  const scales = d.slice();
  const reflections = v.slice();
  for (let i = 0; i < n - 1; i++) d[i] = v[i * n + i];
  d[n - 1] = v[n * n - 1];
  v.fill(0);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let from = 0; from < n; from += blockSize) {
    yield;
    const to = Math.min(n, from + blockSize);
    for (let i = from; i < n - 1; i++) {
      const scale = scales[i + 1];
      if (scale === 0) continue;
      const row = (i + 1) * n;
      for (let j = from; j < Math.min(to, i + 1); j++) {
        const g = dot(reflections, row, v, j * n, i + 1) / scale;
        subtract(v, j * n, reflections, row, g, i + 1);
      }
    }
  }
}
