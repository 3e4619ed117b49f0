/**
 * Eigenvalues and eigenvectors of a real symmetric matrix: Householder reduction to a tridiagonal one, then QL with
 * implicit shifts (EISPACK's tred2 and tql2, as JAMA has them, which is in the public domain). Every inner loop runs
 * along memory, so that 1,800 x 1,800 take seconds; the price is that vectors are rows.
 */

import { accumulateReflections, blockSize, reduceToTridiagonal } from './tridiagonal';

export interface SymmetricEigen {
  /** In descending order. */
  readonly values: Float64Array;
  /** Row i (`vectors[i * n]` to `vectors[i * n + n - 1]`) is the unit eigenvector of `values[i]`. */
  readonly vectors: Float64Array;
}

/** Decomposes a symmetric matrix `[n, n]`, which is overwritten. */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const steps = symmetricEigenSteps(matrix, n);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The same for matrices that take long: yields several times per second, for whoever has to look after something else, or to stop. */
export function* symmetricEigenSteps(matrix: Float64Array, n: number): Generator<void, SymmetricEigen, void> {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  yield* reduceToTridiagonal(matrix, n, diagonal, offDiagonal);
  yield* accumulateReflections(matrix, n, diagonal);
  offDiagonal.copyWithin(0, 1);
  offDiagonal[n - 1] = 0;
  yield* diagonalize(n, diagonal, offDiagonal).apply(matrix, n);
  return sortDescending(diagonal, matrix, n);
}

/** Plane rotations of neighboring rows, in the order in which they are to be applied. */
class Rotations {
  #cosines = new Float64Array(1024);
  #sines = new Float64Array(1024);
  #rows = new Int32Array(1024);
  #count = 0;

  /** Takes note of a rotation of the rows `row` and `row + 1`. */
  push(row: number, cosine: number, sine: number): void {
    if (this.#count === this.#rows.length) this.#grow();
    this.#cosines[this.#count] = cosine;
    this.#sines[this.#count] = sine;
    this.#rows[this.#count++] = row;
  }

  #grow(): void {
    const double = <T extends Float64Array | Int32Array>(old: T, longer: T): T => {
      longer.set(old);
      return longer;
    };
    this.#cosines = double(this.#cosines, new Float64Array(2 * this.#count));
    this.#sines = double(this.#sines, new Float64Array(2 * this.#count));
    this.#rows = double(this.#rows, new Int32Array(2 * this.#count));
  }

  /** Turns the rows of `v`, a block of columns after the other. Yields between them. */
  *apply(v: Float64Array, n: number): Generator<void, void, void> {
    for (let from = 0; from < n; from += blockSize) {
      yield;
      const width = Math.min(blockSize, n - from);
      for (let i = 0; i < this.#count; ) {
        const isChain = this.#isChain(i);
        const last = isChain ? i + 3 : i;
        const top = this.#rows[last] * n + from;
        if (isChain) rotateFive(v, top, n, width, this.#cosines, this.#sines, i);
        else rotateRows(v, top, top + n, width, this.#cosines[i], this.#sines[i]);
        i = last + 1;
      }
    }
  }

  /** Whether rotation `i` and the three after it each take up the upper row of the one before. */
  #isChain(i: number): boolean {
    const rows = this.#rows;
    const count = this.#count;
    const row = rows[i];
    return i + 3 < count && rows[i + 1] === row - 1 && rows[i + 2] === row - 2 && rows[i + 3] === row - 3;
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

/** Four rotations in turn, the first of the lowest two of five rows: a row between stays in a register from one to the next. */
function rotateFive(
  v: Float64Array,
  top: number,
  n: number,
  width: number,
  cosines: Float64Array,
  sines: Float64Array,
  at: number,
): void {
  const [c1, c2, c3, c4] = [cosines[at], cosines[at + 1], cosines[at + 2], cosines[at + 3]];
  const [s1, s2, s3, s4] = [sines[at], sines[at + 1], sines[at + 2], sines[at + 3]];
  const second = top + n;
  const third = second + n;
  const fourth = third + n;
  const fifth = fourth + n;
  for (let k = 0; k < width; k++) {
    const a = v[top + k];
    const b = v[second + k];
    const c = v[third + k];
    const d = v[fourth + k];
    const e = v[fifth + k];
    v[fifth + k] = s1 * d + c1 * e;
    const kept1 = c1 * d - s1 * e;
    v[fourth + k] = s2 * c + c2 * kept1;
    const kept2 = c2 * c - s2 * kept1;
    v[third + k] = s3 * b + c3 * kept2;
    const kept3 = c3 * b - s3 * kept2;
    v[second + k] = s4 * a + c4 * kept3;
    v[top + k] = c4 * a - s4 * kept3;
  }
}

function sortDescending(values: Float64Array, vectors: Float64Array, n: number): SymmetricEigen {
  const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a]);
  const sorted = new Float64Array(n * n);
  for (const [to, from] of order.entries()) sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n);
  return { values: Float64Array.from(order, (i) => values[i]), vectors: sorted };
}
