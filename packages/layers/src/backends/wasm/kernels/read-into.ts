import type { TensorInfo } from '@tensorflow/tfjs-core';
import { ReadInto, type ReadIntoAttrs } from '../../../contracts/training-kernels';
import type { Engine } from '../runtime/engine';
import { registerWasmKernel } from './register';

/** Registers ReadInto: a copy out of the WebAssembly memory. */
export function registerReadInto(engine: Engine): void {
  registerWasmKernel<{ x: TensorInfo }, ReadIntoAttrs>(ReadInto, ({ x }, { target }) => {
    target.set(engine.floats(engine.pointer(x), target.length));
    return [];
  });
}
