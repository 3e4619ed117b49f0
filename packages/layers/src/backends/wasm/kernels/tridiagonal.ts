import { ReduceToTridiagonal, type Tridiagonal } from '../../../contracts/linear-algebra-kernels';
import { runTridiagonal } from '../jobs/tridiagonal';
import type { Engine } from '../runtime/engine';
import { registerWasmKernel } from './register';

/** Registers ReduceToTridiagonal. */
export function registerTridiagonal(engine: Engine): void {
  registerWasmKernel<object, Tridiagonal>(ReduceToTridiagonal, (_, form) => {
    runTridiagonal(engine, form);
    return [];
  });
}
