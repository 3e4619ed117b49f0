/** The gradient of a convolution with its bias; and convolution with 2 x 2 max-pooling in one pass, with its gradient. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import {
  type FusedConv2DAttrs,
  FusedConv2DGrad,
  FusedConv2DMaxPool,
  FusedConv2DMaxPoolGrad,
  type FusedGradAttrs,
} from '../../../contracts/training-kernels';
import { convBackpropInput, convForward, runConvMaxPool } from '../jobs/convolution';
import { filterGradient } from '../jobs/filter-gradient';
import { isSparse, sparseGradients, unpoolConv } from '../jobs/sparse-layers';
import { shapeOf, suitsWinograd } from '../jobs/winograd-groups';
import type { Engine } from '../runtime/engine';
import { denseInput, gradientTensors, inputGradient, sparseOutput, turnedConvolution, withOutput } from './fused-layer';
import { maxPool } from './pooling';
import { registerWasmKernel } from './register';

type Shape4D = [number, number, number, number];
type Info = backend_util.Conv2DInfo;
type GradAttrs = FusedConv2DAttrs & FusedGradAttrs;

interface Inputs {
  x: TensorInfo;
  filter: TensorInfo;
  bias?: TensorInfo;
}

type GradInputs = Inputs & { dy: TensorInfo; residual?: TensorInfo };

/** Registers the three kernels. */
export function registerFusedConv(engine: Engine): void {
  registerWasmKernel<Inputs, FusedConv2DAttrs>(FusedConv2DMaxPool, ({ x, filter, bias }, attrs) => {
    const info = geometry(x, filter, attrs);
    const shape = [info.batchSize, info.outHeight >> 1, info.outWidth >> 1, info.outChannels];
    const [values, indices] = [engine.makeTensor(shape), engine.makeTensor(shape, 'int32')];
    convMaxPool(engine, info, { x, filter, bias }, attrs.relu, values, indices);
    return [values, indices];
  });

  registerWasmKernel<GradInputs, GradAttrs>(FusedConv2DGrad, ({ dy, x, filter, residual }, attrs) => {
    const info = geometry(x, filter, attrs);
    const [dFilter, dBias] = gradientTensors(engine, filter, info.outChannels, attrs);
    const biasAt = dBias ? engine.pointer(dBias) : 0;
    filterGradient(engine, info, engine.pointer(x), engine.pointer(dy), engine.pointer(dFilter), biasAt);
    const kept = residual ? [dy, filter, residual] : [dy, filter];
    const dx = inputGradient(engine, x, kept, attrs, (to, mask) =>
      convBackpropInput(engine, info, engine.pointer(dy), engine.pointer(filter), to, {
        mask,
        residual: residual && engine.pointer(residual),
      }),
    );
    return dBias ? [dx, dFilter, dBias] : [dx, dFilter];
  });

  registerWasmKernel<Inputs & { dy: TensorInfo; indices: TensorInfo }, GradAttrs>(
    FusedConv2DMaxPoolGrad,
    ({ dy, x, filter, indices }, attrs) => {
      const info = geometry(x, filter, attrs);
      const [dFilter, dBias] = gradientTensors(engine, filter, info.outChannels, attrs);
      const sparse = info.strideHeight * info.strideWidth * info.dilationHeight * info.dilationWidth === 1;
      const covered = sparse && isSparse(sparseOutput(engine, info, dy, indices), info.inChannels);
      const gradients = covered ? sparsePoolGradients : generalPoolGradients;
      gradients(engine, info, { dy, x, indices }, engine.pointer(dFilter), dBias ? engine.pointer(dBias) : 0);
      const input = covered && !suitsWinograd(shapeOf(info)) ? sparsePoolInput : generalPoolInput;
      const dx = inputGradient(engine, x, [dy, filter, indices], attrs, (to, mask) =>
        input(engine, info, { dy, filter, indices }, to, mask),
      );
      return dBias ? [dx, dFilter, dBias] : [dx, dFilter];
    },
  );
}

function geometry(x: TensorInfo, filter: TensorInfo, { strides, dilations, pad }: FusedConv2DAttrs): Info {
  return backend_util.computeConv2DInfo(x.shape as Shape4D, filter.shape as Shape4D, strides, dilations, pad);
}

function convMaxPool(
  engine: Engine,
  info: Info,
  { x, filter, bias }: Inputs,
  relu: boolean,
  values: TensorInfo,
  indices: TensorInfo,
): void {
  const finish = { bias: bias && engine.pointer(bias), relu };
  const [from, weights] = [engine.pointer(x), engine.pointer(filter)];
  const pooled = { values: engine.pointer(values), indices: engine.pointer(indices) };
  if (info.outChannels % 4 === 0 && !suitsWinograd(shapeOf(info))) {
    runConvMaxPool(engine, info, from, weights, pooled, finish);
    return;
  }
  engine.withMemory(4 * util.sizeFromShape(info.outShape), (y) => {
    convForward(engine, info, from, weights, y, finish);
    const pool = backend_util.computePool2DInfo(info.outShape, [2, 2], [2, 2], 1, 'valid');
    maxPool(engine, pool, y, pooled.values, pooled.indices, false);
  });
}

/** The gradient that a pooling passes back: dy at the maxima, zeros elsewhere. */
interface PoolGradient {
  dy: TensorInfo;
  indices: TensorInfo;
}

function sparsePoolGradients(
  engine: Engine,
  info: Info,
  { dy, x, indices }: PoolGradient & { x: TensorInfo },
  dFilter: number,
  dBias: number,
): void {
  sparseGradients(engine, sparseOutput(engine, info, dy, indices), denseInput(info, engine.pointer(x)), {
    filter: dFilter,
    bias: dBias ? { at: dBias, of: 'sparse' } : undefined,
  });
}

function sparsePoolInput(
  engine: Engine,
  info: Info,
  { dy, filter, indices }: PoolGradient & { filter: TensorInfo },
  dx: number,
  mask: number | undefined,
): void {
  const convolution = turnedConvolution(info, engine.pointer(filter), dx);
  unpoolConv(engine, sparseOutput(engine, info, dy, indices), { ...convolution, mask });
}

/** Does the same for any stride, dilation and number of channels, through the gradient for the convolution's output. */
function generalPoolGradients(
  engine: Engine,
  info: Info,
  { dy, x, indices }: PoolGradient & { x: TensorInfo },
  dFilter: number,
  dBias: number,
): void {
  withOutput(engine, info, 'maxPoolGrad', dy, indices, (dConv) =>
    filterGradient(engine, info, engine.pointer(x), dConv, dFilter, dBias),
  );
}

function generalPoolInput(
  engine: Engine,
  info: Info,
  { dy, filter, indices }: PoolGradient & { filter: TensorInfo },
  dx: number,
  mask: number | undefined,
): void {
  withOutput(engine, info, 'maxPoolGrad', dy, indices, (dConv) =>
    convBackpropInput(engine, info, dConv, engine.pointer(filter), dx, { mask }),
  );
}
