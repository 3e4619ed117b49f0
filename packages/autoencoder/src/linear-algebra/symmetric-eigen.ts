import { Reflector } from './reflector';
import { reduceToTridiagonal } from './tridiagonal';
import { eigenvaluesOf } from './tridiagonal-values';
import { tridiagonalVectors } from './tridiagonal-vectors';

export interface SymmetricEigen {
  /** All of them, in descending order. */
  readonly values: Float64Array;
  /** Row i (`vectors[i * n]` to `vectors[i * n + n - 1]`) is the unit eigenvector of `values[i]`. */
  readonly vectors: Float64Array;
}

/** Decomposes a symmetric matrix `[n, n]`. Of the vectors, those of the `count` largest values are returned. */
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
  const form = yield* reduceToTridiagonal(matrix, n);
  const values = eigenvaluesOf(form);
  yield;
  const vectors = yield* tridiagonalVectors(form, values, count);
  yield* new Reflector(form).back(vectors);
  return { values, vectors };
}
