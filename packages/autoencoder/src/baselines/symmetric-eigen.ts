/**
 * Eigenvalues and eigenvectors of a real symmetric matrix: Householder reduction to a tridiagonal one, then QL with
 * implicit shifts (EISPACK's tred2 and tql2, as JAMA has them, which is in the public domain). Every inner loop runs
 * along memory, so that 1,800 x 1,800 take seconds; the price is that vectors are rows.
 */

export interface SymmetricEigen {
  /** In descending order. */
  readonly values: Float64Array;
  /** Row i (`vectors[i * n]` to `vectors[i * n + n - 1]`) is the unit eigenvector of `values[i]`. */
  readonly vectors: Float64Array;
}

/** Decomposes a symmetric matrix `[n, n]`, which is overwritten. */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  reduceToTridiagonal(matrix, n, diagonal, offDiagonal);
  accumulateReflections(matrix, n, diagonal);
  offDiagonal.copyWithin(0, 1);
  offDiagonal[n - 1] = 0;
  diagonalize(n, diagonal, offDiagonal).apply(matrix, n);
  return sortDescending(diagonal, matrix, n);
}

/** Leaves the reflections in `v` (row i: below the diagonal), their scale in d, the off-diagonal in e[1..]. */
function reduceToTridiagonal(v: Float64Array, n: number, d: Float64Array, e: Float64Array): void {
  for (let j = 0; j < n; j++) d[j] = v[j * n + n - 1];
  for (let i = n - 1; i > 0; i--) {
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

/** Rows of the matrix, or columns, that are worked on at once: they should stay in a core's second-level cache. */
const blockSize = 64;

/**
 * Multiplies the reflections out: `v` becomes the orthogonal matrix of the reduction, d the tridiagonal's diagonal.
 * JAMA applies each reflection to all rows in turn; here a block of rows gets all reflections before the next block.
 */
function accumulateReflections(v: Float64Array, n: number, d: Float64Array): void {
  const scales = d.slice();
  const reflections = v.slice();
  for (let i = 0; i < n - 1; i++) d[i] = v[i * n + i];
  d[n - 1] = v[n * n - 1];
  v.fill(0);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let from = 0; from < n; from += blockSize) {
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

/** Plane rotations of neighbouring rows, in the order in which they are to be applied. */
class Rotations {
  private cosines = new Float64Array(1024);
  private sines = new Float64Array(1024);
  private rows = new Int32Array(1024);
  private count = 0;

  /** Takes note of a rotation of the rows `row` and `row + 1`. */
  push(row: number, cosine: number, sine: number): void {
    if (this.count === this.rows.length) this.grow();
    this.cosines[this.count] = cosine;
    this.sines[this.count] = sine;
    this.rows[this.count++] = row;
  }

  private grow(): void {
    const double = <T extends Float64Array | Int32Array>(old: T, longer: T): T => {
      longer.set(old);
      return longer;
    };
    this.cosines = double(this.cosines, new Float64Array(2 * this.count));
    this.sines = double(this.sines, new Float64Array(2 * this.count));
    this.rows = double(this.rows, new Int32Array(2 * this.count));
  }

  /** Turns the rows of `v`, a block of columns after the other. */
  apply(v: Float64Array, n: number): void {
    for (let from = 0; from < n; from += blockSize) {
      const width = Math.min(blockSize, n - from);
      for (let i = 0; i < this.count; i++) {
        const first = this.rows[i] * n + from;
        rotateRows(v, first, first + n, width, this.cosines[i], this.sines[i]);
      }
    }
  }
}

/** QL with implicit shifts on the tridiagonal matrix of diagonal d and off-diagonal e; returns how rows are to turn. */
function diagonalize(n: number, d: Float64Array, e: Float64Array): Rotations {
  const rotations = new Rotations();
  let shift = 0;
  let largest = 0;
  for (let l = 0; l < n; l++) {
    largest = Math.max(largest, Math.abs(d[l]) + Math.abs(e[l]));
    let m = l;
    while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * largest) m++;
    while (m > l && Math.abs(e[l]) > Number.EPSILON * largest) {
      shift += shiftBlock(l, n, d, e);
      sweep(rotations, l, m, d, e);
    }
    d[l] += shift;
    e[l] = 0;
  }
  return rotations;
}

/** Subtracts Wilkinson's shift from the rest of the diagonal and returns it. */
function shiftBlock(l: number, n: number, d: Float64Array, e: Float64Array): number {
  const g = d[l];
  const p = (d[l + 1] - g) / (2 * e[l]);
  const r = p < 0 ? -Math.hypot(p, 1) : Math.hypot(p, 1);
  d[l] = e[l] / (p + r);
  d[l + 1] = e[l] * (p + r);
  const h = g - d[l];
  for (let i = l + 2; i < n; i++) d[i] -= h;
  return h;
}

/** One QL sweep over rows l to m. */
function sweep(rotations: Rotations, l: number, m: number, d: Float64Array, e: Float64Array): void {
  const diagonalNext = d[l + 1];
  const offNext = e[l + 1];
  let [c, c2, c3] = [1, 1, 1];
  let [s, s2] = [0, 0];
  let p = d[m];
  for (let i = m - 1; i >= l; i--) {
    c3 = c2;
    c2 = c;
    s2 = s;
    const g = c * e[i];
    const h = c * p;
    const r = Math.hypot(p, e[i]);
    e[i + 1] = s * r;
    s = e[i] / r;
    c = p / r;
    p = c * d[i] - s * g;
    d[i + 1] = h + s * (c * g + s * d[i]);
    rotations.push(i, c, s);
  }
  p = (-s * s2 * c3 * offNext * e[l]) / diagonalNext;
  e[l] = s * p;
  d[l] = c * p;
}

function rotateRows(v: Float64Array, first: number, second: number, width: number, c: number, s: number): void {
  for (let k = 0; k < width; k++) {
    const a = v[first + k];
    const b = v[second + k];
    v[second + k] = s * a + c * b;
    v[first + k] = c * a - s * b;
  }
}

function sortDescending(values: Float64Array, vectors: Float64Array, n: number): SymmetricEigen {
  const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a]);
  const sorted = new Float64Array(n * n);
  for (const [to, from] of order.entries()) sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n);
  return { values: Float64Array.from(order, (i) => values[i]), vectors: sorted };
}
