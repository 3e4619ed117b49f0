/** ReLU's gradient, sums, the loss, and Identity without a copy. */
import { type SumAttrs, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { MeanSquaredError, MeanSquaredErrorGrad, ReluGrad } from '../../../contracts/training-kernels';
import { registerReluGradient } from '../../relu-gradient';
import { columnSums } from '../jobs/column-sums';
import type { Engine } from '../runtime/engine';
import { registerWasmKernel } from './register';

/** Values in one unit of the kernels of assembly/elementwise.ts. */
const BLOCK = 4096;

/** Registers the kernels that go through values one by one. */
export function registerElementwise(engine: Engine): void {
  registerReluGradient();

  registerWasmKernel<{ x: TensorInfo }, undefined>('Identity', ({ x }) => {
    engine.backend.incRef(x.dataId); // the stock kernel copies
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  });

  registerWasmKernel<{ dy: TensorInfo; y: TensorInfo }, undefined>(ReluGrad, ({ dy, y }) => {
    const dx = engine.makeTensor(y.shape);
    const size = util.sizeFromShape(y.shape);
    const args = [engine.pointer(dy), engine.pointer(y), engine.pointer(dx), size];
    engine.run('reluGrad', Math.ceil(size / BLOCK), args, { chunk: 8 });
    return dx;
  });

  registerWasmKernel<{ x: TensorInfo }, SumAttrs>('Sum', ({ x }, { axis, keepDims }) => {
    const axes = util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
    const leading = axes.every((value, index) => value === index);
    const [rows, columns] = [x.shape.slice(0, axes.length), x.shape.slice(axes.length)].map(util.sizeFromShape) as [
      number,
      number,
    ];
    if (x.dtype !== 'float32' || !leading) return undefined;
    const sums = engine.makeTensor(
      keepDims ? [...axes.map(() => 1), ...x.shape.slice(axes.length)] : x.shape.slice(axes.length),
    );
    columnSums(engine, engine.pointer(x), rows, columns, engine.pointer(sums));
    return sums;
  });

  registerWasmKernel<{ target: TensorInfo; prediction: TensorInfo }, undefined>(
    MeanSquaredError,
    ({ target, prediction }) => {
      const size = util.sizeFromShape(prediction.shape);
      const units = Math.ceil(size / BLOCK);
      const loss = engine.makeTensor([]);
      engine.withMemory(8 * units, (sums) => {
        engine.run('squaredErrors', units, [engine.pointer(target), engine.pointer(prediction), size, sums], {
          chunk: 8,
        });
        const total = engine.doubles(sums, units).reduce((sum, value) => sum + value, 0);
        engine.floats(engine.pointer(loss), 1)[0] = total / size;
      });
      return loss;
    },
  );

  registerWasmKernel<{ dy: TensorInfo; target: TensorInfo; prediction: TensorInfo }, undefined>(
    MeanSquaredErrorGrad,
    ({ dy, target, prediction }) => {
      const size = util.sizeFromShape(prediction.shape);
      const gradient = engine.makeTensor(prediction.shape);
      const scale = ((engine.floats(engine.pointer(dy), 1)[0] as number) * 2) / size;
      const args = [
        engine.pointer(target),
        engine.pointer(prediction),
        size,
        0, // squaredErrors' sums
        engine.pointer(gradient),
        { float32: scale },
      ];
      engine.run('squaredErrorGrad', Math.ceil(size / BLOCK), args, { chunk: 8 });
      return gradient;
    },
  );
}

/** Clears values of a tensor, in place, where those of another one are not positive. */
export function maskByPositive(engine: Engine, values: TensorInfo, mask: TensorInfo): void {
  const size = util.sizeFromShape(mask.shape);
  const [at, maskAt] = [engine.pointer(values), engine.pointer(mask)];
  engine.run('reluGrad', Math.ceil(size / BLOCK), [at, maskAt, at, size], { chunk: 8 });
}
