/** Transposed convolution, optionally of an unpooled image, with bias and ReLU, and its gradient. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import {
  FusedConv2DTranspose,
  type FusedConv2DTransposeAttrs,
  FusedConv2DTransposeGrad,
  type FusedGradAttrs,
} from '../../../contracts/training-kernels';
import { columnSums } from '../jobs/column-sums';
import { convBackpropInput, convForward } from '../jobs/convolution';
import type { Finish } from '../jobs/convolution-job';
import { filterGradient } from '../jobs/filter-gradient';
import { isSparse, sparseGradients, unpoolConv } from '../jobs/sparse-layers';
import { shapeOf, suitsWinograd } from '../jobs/winograd-groups';
import type { Engine } from '../runtime/engine';
import { maskByPositive } from './elementwise';
import { denseInput, gradientTensors, inputGradient, sparseOutput, turnedConvolution, withOutput } from './fused-layer';
import { scatter } from './pooling';
import { registerWasmKernel } from './register';

type Shape4D = [number, number, number, number];
type Info = backend_util.Conv2DInfo;
type Attrs = FusedConv2DTransposeAttrs;

interface Inputs {
  x: TensorInfo;
  filter: TensorInfo;
  bias?: TensorInfo;
  indices?: TensorInfo;
  residual?: TensorInfo;
}

/** Registers the two kernels. */
export function registerFusedConvTranspose(engine: Engine): void {
  registerWasmKernel<Inputs, Attrs>(FusedConv2DTranspose, ({ x, filter, bias, indices, residual }, attrs) => {
    const info = geometry(x, filter, attrs);
    const y = engine.makeTensor(info.inShape);
    const finish = {
      bias: bias && engine.pointer(bias),
      relu: attrs.relu,
      residual: residual && engine.pointer(residual),
    };
    const to = engine.pointer(y);
    if (!indices) convBackpropInput(engine, info, engine.pointer(x), engine.pointer(filter), to, finish);
    else if (!sparseForward(engine, info, { x, filter, indices }, to, finish)) {
      withOutput(engine, info, 'maxUnpool', x, indices, (unpooled) =>
        convBackpropInput(engine, info, unpooled, engine.pointer(filter), to, finish),
      );
    }
    return y;
  });

  registerWasmKernel<Inputs & { dy: TensorInfo }, Attrs & FusedGradAttrs>(
    FusedConv2DTransposeGrad,
    ({ dy, x, filter, indices }, attrs) => {
      const info = geometry(x, filter, attrs);
      const [dFilter, dBias] = gradientTensors(engine, filter, info.inChannels, attrs);
      const to = { filter: engine.pointer(dFilter), bias: dBias ? engine.pointer(dBias) : 0 };
      const dx = indices
        ? unpoolGradients(engine, info, { dy, x, filter, indices }, to, attrs)
        : denseGradients(engine, info, { dy, x, filter }, to, attrs);
      return dBias ? [dx, dFilter, dBias] : [dx, dFilter];
    },
  );
}

/** Sizes of the convolution whose gradient this is: its input is y, its output is x, unpooled if it is pooled. */
function geometry(x: TensorInfo, filter: TensorInfo, { outputShape, strides, pad }: Attrs): Info {
  const shape = [x.shape[0], ...outputShape] as Shape4D;
  return backend_util.computeConv2DInfo(shape, filter.shape as Shape4D, strides, 1, pad);
}

interface Unpooled {
  x: TensorInfo;
  indices: TensorInfo;
  filter: TensorInfo;
}

/** Writes y if the sparse kernels support the sizes and all indices are inside their windows, and returns whether they do. */
function sparseForward(
  engine: Engine,
  info: Info,
  { x, filter, indices }: Unpooled,
  y: number,
  finish: Finish,
): boolean {
  const image = sparseOutput(engine, info, x, indices);
  if (info.strideHeight * info.strideWidth !== 1 || !isSparse(image, 4) || suitsWinograd(shapeOf(info))) return false;
  return unpoolConv(engine, image, { ...turnedConvolution(info, engine.pointer(filter), y), ...finish });
}

interface Targets {
  filter: number;
  bias: number;
}

function denseGradients(
  engine: Engine,
  info: Info,
  { dy, x, filter }: { dy: TensorInfo; x: TensorInfo; filter: TensorInfo },
  to: Targets,
  attrs: FusedGradAttrs,
): TensorInfo {
  sumPixels(engine, dy, to.bias);
  filterGradient(engine, info, engine.pointer(dy), engine.pointer(x), to.filter);
  return inputGradient(engine, x, [dy, filter], attrs, (dx, mask) =>
    convForward(engine, info, engine.pointer(dy), engine.pointer(filter), dx, { mask }),
  );
}

function unpoolGradients(
  engine: Engine,
  info: Info,
  inputs: Unpooled & { dy: TensorInfo },
  to: Targets,
  { maskInput }: FusedGradAttrs,
): TensorInfo {
  const { dy, x, filter, indices } = inputs;
  const dx = engine.makeTensor(x.shape);
  const image = sparseOutput(engine, info, x, indices);
  if (info.strideHeight * info.strideWidth === 1 && isSparse(image, info.inChannels)) {
    const valid = sparseGradients(engine, image, denseInput(info, engine.pointer(dy)), {
      filter: to.filter,
      bias: to.bias ? { at: to.bias, of: 'dense' } : undefined,
      values: { at: engine.pointer(dx), filter: engine.pointer(filter), masked: maskInput },
    });
    if (valid) return dx;
  }
  generalUnpoolGradients(engine, info, inputs, to, dx);
  if (maskInput) maskByPositive(engine, dx, x);
  return dx;
}

/** Does the same for any stride, number of channels and indices, through the unpooled image. */
function generalUnpoolGradients(
  engine: Engine,
  info: Info,
  { dy, x, filter, indices }: Unpooled & { dy: TensorInfo },
  to: Targets,
  dx: TensorInfo,
): void {
  withOutput(engine, info, 'maxUnpool', x, indices, (unpooled) => {
    sumPixels(engine, dy, to.bias);
    filterGradient(engine, info, engine.pointer(dy), unpooled, to.filter);
    // The unpooled image is consumed: its memory takes its gradient.
    convForward(engine, info, engine.pointer(dy), engine.pointer(filter), unpooled, {});
    const pixels = info.outHeight * info.outWidth;
    const at = engine.pointer(indices);
    scatter(engine, 'maxUnpoolGrad', engine.pointer(dx), dx.shape, at, info.outChannels, unpooled, pixels);
  });
}

/** Writes the sums over all pixels, one per channel. */
function sumPixels(engine: Engine, image: TensorInfo, to: number): void {
  if (to === 0) return;
  const channels = image.shape[3];
  columnSums(engine, engine.pointer(image), util.sizeFromShape(image.shape) / channels, channels, to);
}
