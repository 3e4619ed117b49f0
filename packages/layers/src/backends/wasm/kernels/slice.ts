/** Slice. The stock kernel first copies its whole input out of the WebAssembly memory. */
import { type SliceAttrs, slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Engine } from '../runtime/engine';
import { registerWasmKernel } from './register';

/** Registers Slice for 32-bit numbers. */
export function registerSlice(engine: Engine): void {
  registerWasmKernel<{ x: TensorInfo }, SliceAttrs>('Slice', ({ x }, attrs) => {
    if (x.dtype !== 'float32' && x.dtype !== 'int32') return undefined;
    const [begin, size] = slice_util.parseSliceParams(x as never, attrs.begin, attrs.size);
    slice_util.assertParamsValid(x as never, begin, size);
    const y = engine.makeTensor(size, x.dtype);
    const count = util.sizeFromShape(size);
    const from = engine.floats(engine.pointer(x), util.sizeFromShape(x.shape));
    const to = engine.floats(engine.pointer(y), count);
    const { run, axes } = wholeRun(x.shape, size);
    const strides = [...util.computeStrides(x.shape), 1];
    const start = begin.reduce((sum, first, axis) => sum + first * strides[axis], 0);
    const index = new Array<number>(axes).fill(0);
    let at = start;
    for (let done = 0; done < count; done += run) {
      to.set(from.subarray(at, at + run), done);
      // Moves to the next run: the last axis first, like an odometer.
      for (let axis = axes - 1; axis >= 0; axis--) {
        at += strides[axis];
        if (++index[axis] < size[axis]) break;
        at -= size[axis] * strides[axis];
        index[axis] = 0;
      }
    }
    return y;
  });
}

/** Returns the number of consecutive values in both, and the number of axes before those. */
function wholeRun(shape: readonly number[], size: readonly number[]): { run: number; axes: number } {
  let axes = shape.length;
  let run = 1;
  while (axes > 0) {
    run *= size[--axes];
    if (size[axes] !== shape[axes]) break;
  }
  return { run, axes };
}
