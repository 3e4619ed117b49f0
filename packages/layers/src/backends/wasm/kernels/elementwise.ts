/** ReLU's gradient, sums, the loss, and Identity without a copy. */
import { type SumAttrs, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { MeanSquaredError, MeanSquaredErrorGrad, ReluGrad } from '../../../contracts/training-kernels';
import { registerReluGradient } from '../../shared/relu-gradient';
import { BLOCK_VALUES } from '../assembly/dist/jobs';
import { columnSums } from '../jobs/column-sums';
import type { Cut, Engine } from '../runtime/engine';
import { registerWasmKernel } from './register';

/** Registers the element-wise kernels. */
export function registerElementwise(engine: Engine): void {
  registerReluGradient();

  registerWasmKernel<{ x: TensorInfo }, undefined>('Identity', ({ x }) => {
    engine.backend.incRef(x.dataId); // the stock kernel copies
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  });

  registerWasmKernel<{ dy: TensorInfo; y: TensorInfo }, undefined>(ReluGrad, ({ dy, y }) => {
    const dx = engine.makeTensor(y.shape);
    reluGrad(engine, dy, y, dx);
    return dx;
  });

  registerWasmKernel<{ x: TensorInfo }, SumAttrs>('Sum', ({ x }, { axis, keepDims }) => {
    const axes = util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
    const leading = axes.every((value, index) => value === index);
    const [rows, columns] = [x.shape.slice(0, axes.length), x.shape.slice(axes.length)].map(util.sizeFromShape);
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
      const { units, chunk } = blocksOf(size);
      const loss = engine.makeTensor([]);
      engine.withMemory(8 * units, (sums) => {
        const job = { target: engine.pointer(target), prediction: engine.pointer(prediction), count: size, sums };
        engine.run('squaredErrors', { units, chunk }, job);
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
      const scale = (engine.floats(engine.pointer(dy), 1)[0] * 2) / size;
      engine.run('squaredErrorGrad', blocksOf(size), {
        target: engine.pointer(target),
        prediction: engine.pointer(prediction),
        count: size,
        gradient: engine.pointer(gradient),
        scale,
      });
      return gradient;
    },
  );
}

/** Clears values of a tensor, in place, where those of another one are not positive. */
export function maskByPositive(engine: Engine, values: TensorInfo, mask: TensorInfo): void {
  reluGrad(engine, values, mask, values);
}

/** Writes dx = dy where y is positive, else 0. */
function reluGrad(engine: Engine, dy: TensorInfo, y: TensorInfo, dx: TensorInfo): void {
  const count = util.sizeFromShape(y.shape);
  const job = { dy: engine.pointer(dy), y: engine.pointer(y), dx: engine.pointer(dx), count };
  engine.run('reluGrad', blocksOf(count), job);
}

/** Divides values into blocks. */
export function blocksOf(count: number): Cut {
  return { units: Math.ceil(count / BLOCK_VALUES), chunk: 8 };
}
