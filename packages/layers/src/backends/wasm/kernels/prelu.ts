/** PReLU with slopes of any shape that broadcasts: the stock kernel knows only those that repeat along the first dimensions. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine';
import { registerWasmKernel } from './register';

/** Registers Prelu. */
export function registerPrelu(engine: Engine): void {
  registerWasmKernel<{ x: TensorInfo; alpha: TensorInfo }, undefined>('Prelu', ({ x, alpha }) => {
    if (x.dtype !== 'float32' || alpha.dtype !== 'float32' || alpha.shape.length > x.shape.length) return undefined;
    const y = engine.makeTensor(x.shape);
    const size = util.sizeFromShape(x.shape);
    const shape = [...new Array<number>(x.shape.length - alpha.shape.length).fill(1), ...alpha.shape];
    // From the first dimension on in which slopes differ, they are made as many as the values.
    const differs = shape.findIndex((length) => length !== 1);
    const first = Math.max(0, differs < 0 ? shape.length - 1 : differs);
    const period = util.sizeFromShape(x.shape.slice(first));
    engine.withMemory(4 * period, (slopes) => {
      const values = engine.floats(engine.pointer(alpha), util.sizeFromShape(alpha.shape));
      expand(values, shape.slice(first), x.shape.slice(first), engine.floats(slopes, period));
      const units = period === 0 ? 0 : size / period;
      const args = [engine.pointer(x), slopes, engine.pointer(y), period];
      engine.run('prelu', units, args, { chunk: Math.max(1, Math.ceil(CHUNK / period)) });
    });
    return y;
  });
}

/** Values that a thread takes at a time. */
const CHUNK = 1 << 14;

/** Repeats values of a shape along its dimensions of length 1, up to another shape. */
function expand(values: Float32Array, shape: number[], toShape: number[], to: Float32Array): void {
  if (values.length === to.length) {
    to.set(values);
    return;
  }
  const lengths = [...toShape].reverse();
  const strides = util.computeStrides(shape).concat(1).reverse();
  const steps = lengths.map((_, axis) => (shape[shape.length - 1 - axis] === 1 ? 0 : (strides[axis] as number)));
  for (let i = 0; i < to.length; i++) {
    let [rest, from] = [i, 0];
    for (const [axis, length] of lengths.entries()) {
      from += (rest % length) * (steps[axis] as number);
      rest = Math.floor(rest / length);
    }
    to[i] = values[from] as number;
  }
}
