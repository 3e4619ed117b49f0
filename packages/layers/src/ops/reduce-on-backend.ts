import { engine, getBackend, getKernel } from '@tensorflow/tfjs-core';
import { ReduceToTridiagonal, type Tridiagonal } from '../contracts/linear-algebra-kernels';

export type { Tridiagonal };

/**
 * Reduces a symmetric matrix `[n, n]` to a tridiagonal one by Householder reflections, in double precision, on all threads. The upper
 * triangle is read; all of it is overwritten by the reflections. Returns undefined if the active backend has no kernel for it.
 */
export function reduceOnBackend(matrix: Float64Array, n: number): Tridiagonal | undefined {
  if (!getKernel(ReduceToTridiagonal, getBackend())) return undefined;
  const form: Tridiagonal = {
    diagonal: new Float64Array(n),
    offDiagonal: new Float64Array(n),
    reflections: matrix,
    scales: new Float64Array(n),
  };
  engine().runKernel(ReduceToTridiagonal, {}, { ...form } as never);
  return form;
}
