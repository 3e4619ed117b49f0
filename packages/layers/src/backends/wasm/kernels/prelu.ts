/** PReLU with slopes of any shape that broadcasts: the stock kernel supports only those that repeat along the first dimensions. */
import { getKernel, type KernelConfig, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Engine } from '../runtime/engine';
import { registerWasmKernel } from './register';

/** Registers Prelu. */
export function registerPrelu(engine: Engine): void {
  registerWasmKernel<{ x: TensorInfo; alpha: TensorInfo }, undefined>('Prelu', ({ x, alpha }) => {
    const fits = alpha.dtype === 'float32' && alpha.shape.length <= x.shape.length;
    if (!fits) return undefined;
    const floats = x.dtype === 'float32' ? x : toFloats(engine, x);
    const y = engine.makeTensor(x.shape);
    runPrelu(engine, floats, alpha, y);
    if (floats !== x) engine.backend.disposeData(floats.dataId);
    return y;
  });
}

function toFloats({ backend }: Engine, x: TensorInfo): TensorInfo {
  const cast = getKernel('Cast', 'wasm') as KernelConfig;
  return cast.kernelFunc({ inputs: { x }, backend, attrs: { dtype: 'float32' } }) as TensorInfo;
}

function runPrelu(engine: Engine, x: TensorInfo, alpha: TensorInfo, y: TensorInfo): void {
  const shape = [...new Array<number>(x.shape.length - alpha.shape.length).fill(1), ...alpha.shape];
  // Slopes are expanded to the shape of the values from the first dimension in which they differ.
  const differs = shape.findIndex((length) => length !== 1);
  const first = Math.max(0, differs < 0 ? shape.length - 1 : differs);
  const period = util.sizeFromShape(x.shape.slice(first));
  if (period === 0) return;
  engine.withMemory(4 * period, (slopes) => {
    const values = engine.floats(engine.pointer(alpha), util.sizeFromShape(alpha.shape));
    expand(values, shape.slice(first), x.shape.slice(first), engine.floats(slopes, period));
    const cut = { units: util.sizeFromShape(x.shape) / period, chunk: Math.ceil(valuesAtATime / period) };
    engine.run('prelu', cut, { x: engine.pointer(x), alpha: slopes, y: engine.pointer(y), period });
  });
}

/** Number of values that a thread processes at a time. */
const valuesAtATime = 1 << 14;

/** Repeats values of a shape along its dimensions of length 1, up to another shape. */
function expand(values: Float32Array, shape: number[], toShape: number[], to: Float32Array): void {
  if (values.length === to.length) {
    to.set(values);
    return;
  }
  const lengths = [...toShape].reverse();
  const strides = util.computeStrides(shape).concat(1).reverse();
  const steps = lengths.map((_, axis) => (shape[shape.length - 1 - axis] === 1 ? 0 : strides[axis]));
  for (let i = 0; i < to.length; i++) {
    let [rest, from] = [i, 0];
    for (const [axis, length] of lengths.entries()) {
      from += (rest % length) * steps[axis];
      rest = Math.floor(rest / length);
    }
    to[i] = values[from];
  }
}
