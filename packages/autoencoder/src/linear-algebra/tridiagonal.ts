/**
 * Reduces a symmetric matrix to a tridiagonal one by Householder reflections (Golub and Van Loan, "Matrix Computations", 8.3.1). Most of
 * the time is spent on passes over the matrix: one per reflection, which also applies the update of the reflection before.
 */
import { openKernels } from './open-kernels';

/** A tridiagonal matrix, and the reflections that made it. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entry i is between entries i and i + 1 of the diagonal; the last one is 0. */
  readonly offDiagonal: Float64Array;
  /** Vector i is in the first i entries of row i of the matrix; its entries from i on are something else. */
  readonly reflections: Float64Array;
  /** Half of the squared length of each vector; 0: no reflection. */
  readonly scales: Float64Array;
}

/** What a pass uses: the vector and update of the last reflection, the vector of this one, and its product with the matrix. */
interface State {
  readonly vector: Float64Array;
  readonly change: Float64Array;
  readonly next: Float64Array;
  readonly product: Float64Array;
}

/** Reduces a matrix `[n, n]`, of which the upper triangle is read. Yields from time to time. */
export function* reduceToTridiagonal(matrix: Float64Array, n: number): Generator<void, Tridiagonal, void> {
  const [diagonal, offDiagonal, scales] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const kernels = openKernels(n * n + 4 * n);
  const reflections = kernels.values.subarray(0, n * n);
  reflections.set(matrix);
  const [vector, change, next, product] = [0, 1, 2, 3].map((i) =>
    kernels.values.subarray((n + i) * n, (n + i + 1) * n),
  );
  const state = { vector, change, next, product };
  for (let i = n - 1; i > 0; i--) {
    if (i % 32 === 0) yield;
    diagonal[i] = takeColumn(reflections, n, i, state);
    const { scale, end } = reflectionOf(next, i);
    scales[i] = scale;
    offDiagonal[i - 1] = end;
    reflections.set(next.subarray(0, i), i * n);
    product.fill(0, 0, i);
    kernels.passOver(0, n, i, n * n);
    prepareChange(state, i, scale);
  }
  diagonal[0] = takeColumn(reflections, n, 0, state);
  return { diagonal, offDiagonal, reflections, scales };
}

/** Reads the first entries of column i after the last update; returns the one on the diagonal. */
function takeColumn(matrix: Float64Array, n: number, i: number, { vector, change, next }: State): number {
  const [v, c] = [vector[i], change[i]];
  for (let k = 0; k < i; k++) next[k] = matrix[k * n + i] - (vector[k] * c + change[k] * v);
  return matrix[i * n + i] - 2 * v * c;
}

/** Turns a column into the vector whose reflection leaves only its last entry, `end`; scaled so that squares do not overflow. */
function reflectionOf(column: Float64Array, i: number): { scale: number; end: number } {
  const before = column[i - 1];
  let size = 0;
  for (let k = 0; k < i - 1; k++) size += Math.abs(column[k]);
  if (size === 0) {
    column.fill(0, 0, i);
    return { scale: 0, end: before };
  }
  size += Math.abs(before);
  let squares = 0;
  for (let k = 0; k < i; k++) {
    column[k] /= size;
    squares += column[k] ** 2;
  }
  const last = column[i - 1];
  const after = last > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
  column[i - 1] = last - after;
  return { scale: squares - last * after, end: size * after };
}

/** Writes what the next pass must subtract: the matrix minus `vector changeᵀ + change vectorᵀ` is the matrix between two reflections. */
function prepareChange({ vector, change, next, product }: State, i: number, scale: number): void {
  let sum = 0;
  for (let k = 0; k < i; k++) {
    product[k] = scale === 0 ? 0 : product[k] / scale;
    sum += next[k] * product[k];
  }
  const factor = scale === 0 ? 0 : sum / (2 * scale);
  for (let k = 0; k < i; k++) {
    vector[k] = next[k];
    change[k] = product[k] - factor * next[k];
  }
}
