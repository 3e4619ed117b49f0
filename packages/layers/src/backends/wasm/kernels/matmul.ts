/** BatchMatMul and _FusedMatMul in all four combinations of transposes. */
import {
  type _FusedMatMulAttrs,
  type BatchMatMulAttrs,
  broadcast_util,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { runMatMulBy } from '../jobs/choice';
import type { Engine } from '../runtime/engine';
import { activate, isFusable } from './fused-activation';
import { registerWasmKernel } from './register';

interface Operands {
  a: TensorInfo;
  b: TensorInfo;
}

/** Registers the matrix products. */
export function registerMatMul(engine: Engine): void {
  registerWasmKernel<Operands, BatchMatMulAttrs>('BatchMatMul', ({ a, b }, { transposeA, transposeB }) => {
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
    return product(engine, a, b, transposeA, transposeB);
  });

  registerWasmKernel<Operands & { bias?: TensorInfo; preluActivationWeights?: TensorInfo }, _FusedMatMulAttrs>(
    '_FusedMatMul',
    (inputs, attrs) => {
      const { a, b, bias } = inputs;
      const { transposeA, transposeB, activation } = attrs;
      const columns = b.shape[b.shape.length - (transposeB ? 2 : 1)];
      const plainBias = !bias || util.sizeFromShape(bias.shape) === columns;
      const floats = a.dtype === 'float32' && b.dtype === 'float32';
      if (!floats || !plainBias || !isFusable(activation)) return undefined;
      const c = product(engine, a, b, transposeA, transposeB, bias, activation === 'relu');
      return c && activate(engine, c, inputs, attrs);
    },
  );
}

function product(
  engine: Engine,
  a: TensorInfo,
  b: TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
  bias?: TensorInfo,
  relu = false,
): TensorInfo | undefined {
  const rank = Math.max(a.shape.length, b.shape.length);
  const [rows, steps] = lastTwo(a.shape, transposeA);
  const [stepsOfB, columns] = lastTwo(b.shape, transposeB);
  const [outer, outerA, outerB] = [
    broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)),
    a.shape.slice(0, -2),
    b.shape.slice(0, -2),
  ];
  util.assert(
    steps === stepsOfB,
    () => `Error in matMul: inner shapes (${steps}) and (${stepsOfB}) of shapes ${a.shape} and ${b.shape} must match.`,
  );
  const [pairs, pairsOfA, pairsOfB] = [
    util.sizeFromShape(outer),
    util.sizeFromShape(outerA),
    util.sizeFromShape(outerB),
  ];
  // One of them for all, or as many as there are pairs: other kinds of broadcasting are left to the stock kernel.
  if (rank > 2 && ![1, pairs].includes(pairsOfA)) return undefined;
  if (rank > 2 && ![1, pairs].includes(pairsOfB)) return undefined;
  const c = engine.makeTensor([...outer, rows, columns]);
  const sizes = {
    pairs,
    rows,
    columns,
    steps,
    a: { at: engine.pointer(a), transposed: transposeA, matrix: pairsOfA === 1 ? 0 : rows * steps * 4 },
    b: { at: engine.pointer(b), transposed: transposeB, matrix: pairsOfB === 1 ? 0 : steps * columns * 4 },
    c: engine.pointer(c),
    bias: bias && engine.pointer(bias),
    relu,
  };
  runMatMulBy(engine, sizes, b);
  return c;
}

/** Returns the last two dimensions of a shape, swapped if the matrices are to be read transposed. */
function lastTwo(shape: number[], transposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}
