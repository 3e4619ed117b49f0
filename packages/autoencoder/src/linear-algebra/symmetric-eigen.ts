/**
 * Eigenvalues and eigenvectors of a real symmetric matrix: Householder reduction to a tridiagonal one, then QL with implicit shifts
 * (EISPACK's tql2, as JAMA has it, which is in the public domain). Its rotations are kept, and made for those vectors alone that
 * are asked for. Every inner loop runs along memory, so that 1,800 x 1,800 take seconds; the price is that vectors are rows.
 */

import { columnsAtOnce, Rotations } from './rotations';
import { reduceToTridiagonal, reflectBack, type Tridiagonal } from './tridiagonal';

export interface SymmetricEigen {
  /** All of them, in descending order. */
  readonly values: Float64Array;
  /** Row i (`vectors[i * n]` to `vectors[i * n + n - 1]`) is the unit eigenvector of `values[i]`. */
  readonly vectors: Float64Array;
}

/** Decomposes a symmetric matrix `[n, n]`, which is overwritten. Of the vectors, those of the `count` largest values are returned. */
export function symmetricEigen(matrix: Float64Array, n: number, count = n): SymmetricEigen {
  const steps = symmetricEigenSteps(matrix, n, count);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The same for matrices that take long: yields several times per second, for whoever has to look after something else, or to stop. */
export function* symmetricEigenSteps(
  matrix: Float64Array,
  n: number,
  count = n,
): Generator<void, SymmetricEigen, void> {
  const tridiagonal = yield* reduceToTridiagonal(matrix, n);
  const { diagonal, offDiagonal } = tridiagonal;
  const rotations = new Rotations();
  const solution = { rotations, ends: diagonalize(n, diagonal, offDiagonal, rotations) };
  yield;
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b] - diagonal[a]);
  const vectors = yield* vectorsOf(order.slice(0, count), n, tridiagonal, solution);
  return { values: Float64Array.from(order, (i) => diagonal[i]), vectors };
}

interface Solution {
  readonly rotations: Rotations;
  /** How many rotations there had been when each eigenvalue was found: those after concern later ones alone. */
  readonly ends: Int32Array;
}

/** The eigenvectors of the values of these numbers, a block of them after the other. Yields between blocks. */
function* vectorsOf(
  wanted: readonly number[],
  n: number,
  tridiagonal: Tridiagonal,
  { rotations, ends }: Solution,
): Generator<void, Float64Array, void> {
  const vectors = new Float64Array(wanted.length * n);
  const block = new Float64Array(n * columnsAtOnce);
  // In the order in which they were found, for the first ones are touched by few rotations.
  const places = Array.from(wanted.keys()).sort((a, b) => wanted[a] - wanted[b]);
  for (let from = 0; from < places.length; from += columnsAtOnce) {
    const rows = places.slice(from, from + columnsAtOnce);
    block.fill(0);
    for (const [column, row] of rows.entries()) block[wanted[row] * columnsAtOnce + column] = 1;
    rotations.undo(block, ends[wanted[rows[rows.length - 1]]]);
    yield;
    const pairs = pairsOf(block, n, rows.length);
    reflectBack(tridiagonal, n, pairs);
    for (const [column, row] of rows.entries()) {
      const at = 2 * n * Math.floor(column / 2) + (column % 2);
      for (let k = 0; k < n; k++) vectors[row * n + k] = pairs[at + 2 * k];
    }
    yield;
  }
  return vectors;
}

/** The first columns of a block, two and two: `[pairs, n, 2]`. */
function pairsOf(block: Float64Array, n: number, columns: number): Float64Array {
  const pairs = new Float64Array(2 * n * Math.ceil(columns / 2));
  for (let column = 0; column < columns; column++) {
    const at = 2 * n * Math.floor(column / 2) + (column % 2);
    for (let k = 0; k < n; k++) pairs[at + 2 * k] = block[k * columnsAtOnce + column];
  }
  return pairs;
}

/**
 * QL with implicit shifts on the tridiagonal matrix of diagonal d and off-diagonal e: leaves the eigenvalues in d. Returns how many
 * rotations there had been when each was found.
 */
export function diagonalize(n: number, d: Float64Array, e: Float64Array, rotations?: Rotations): Int32Array {
  const ends = new Int32Array(n);
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
    ends[l] = rotations?.count ?? 0;
  }
  return ends;
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
function sweep(rotations: Rotations | undefined, l: number, m: number, d: Float64Array, e: Float64Array): void {
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
    rotations?.push(i, c, s);
  }
  p = (-s * s2 * c3 * offNext * e[l]) / diagonalNext;
  e[l] = s * p;
  d[l] = c * p;
}
