/** The gradient of a dense layer. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { FusedDenseGrad, type FusedGradAttrs } from '../../../contracts/training-kernels';
import { runMatMulBy } from '../jobs/choice';
import { columnSums } from '../jobs/column-sums';
import { storeOuterProduct } from '../jobs/outer-product';
import { defer, deferOuterProduct } from '../runtime/deferred';
import type { Engine } from '../runtime/engine';
import { maskByPositive } from './elementwise';
import { inputGradient } from './fused-layer';
import { registerWasmKernel } from './register';

/** Registers the kernel. */
export function registerFusedDense(engine: Engine): void {
  registerWasmKernel<{ dy: TensorInfo; x: TensorInfo; kernel: TensorInfo }, FusedGradAttrs>(
    FusedDenseGrad,
    ({ dy, x, kernel }, attrs) => {
      const [batch, units] = dy.shape as [number, number];
      const features = x.shape[1];
      const dKernel = deferOuterProduct(engine, { x, dy }, (to) => {
        const sizes = { a: engine.pointer(x), b: engine.pointer(dy), steps: batch, rows: features, columns: units };
        storeOuterProduct(engine, sizes, to);
      });
      const dx = inputGradient(engine, x, [dy, kernel], { ...attrs, maskInput: false }, (to) => {
        const product = {
          ...{ pairs: 1, rows: batch, columns: features, steps: units, c: to },
          a: { at: engine.pointer(dy), transposed: false, matrix: 0 },
          b: { at: engine.pointer(kernel), transposed: true, matrix: 0 },
        };
        runMatMulBy(engine, product, kernel);
      });
      if (attrs.maskInput) maskByPositive(engine, dx, x);
      if (!attrs.bias) return [dx, dKernel];
      // Usually read by the optimizer; for a frozen layer, by nobody.
      const dBias = defer(engine, [units], [dy], (to) => columnSums(engine, engine.pointer(dy), batch, units, to));
      return [dx, dKernel, dBias];
    },
  );
}
