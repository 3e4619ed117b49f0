import { Reflector } from './reflector';
import { reduceToTridiagonal } from './tridiagonal';
import { eigenvaluesOf } from './tridiagonal-values';
import { tridiagonalVectors } from './tridiagonal-vectors';

export interface SymmetricEigen {
  /** All eigenvalues, in descending order. */
  readonly values: Float64Array;
  /** Row i (`vectors[i * n]` to `vectors[i * n + n - 1]`) is the unit eigenvector of `values[i]`. */
  readonly vectors: Float64Array;
}

/** Decomposes a symmetric matrix `[n, n]`; returns the eigenvectors of the `count` largest eigenvalues. */
export function symmetricEigen(matrix: Float64Array, n: number, count = n): SymmetricEigen {
  const steps = symmetricEigenSteps(matrix, n, count);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** Does the same for matrices that take a long time: yields several times per second, so that the caller can do other things, or stop. */
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
