/** What the kernels of fused layers share: the tensors of their gradients, and pooled images and rotated filters as jobs see them. */
import { type backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { FusedGradAttrs } from '../../../contracts/training-kernels';
import { type Filter, type Image, imageAt } from '../jobs/convolution-job';
import type { DenseImage, SparseImage } from '../jobs/sparse-layers';
import { defer } from '../runtime/deferred';
import type { Engine } from '../runtime/engine';
import { scatter } from './pooling';

type Info = backend_util.Conv2DInfo;
type Shape4D = [number, number, number, number];

/** Creates the tensors for the gradients of the filter and the bias. */
export function gradientTensors(
  engine: Engine,
  filter: TensorInfo,
  outChannels: number,
  { bias }: FusedGradAttrs,
): [TensorInfo, TensorInfo | undefined] {
  return [engine.makeTensor(filter.shape), bias ? engine.makeTensor([outChannels]) : undefined];
}

/** Creates the gradient for the input, immediately or when it is read. `mask` points to x if x is the output of a ReLU. */
export function inputGradient(
  engine: Engine,
  x: TensorInfo,
  others: readonly TensorInfo[],
  { maskInput, deferInput }: FusedGradAttrs,
  compute: (to: number, mask: number | undefined) => void,
): TensorInfo {
  const computeAt = (to: number) => compute(to, maskInput ? engine.pointer(x) : undefined);
  if (deferInput) return defer(engine, x.shape, maskInput ? [x, ...others] : others, computeAt);
  const dx = engine.makeTensor(x.shape);
  computeAt(engine.pointer(dx));
  return dx;
}

/** Describes the output of a convolution as a sparse image: pooled values at the positions given by indices, zeros elsewhere. */
export function sparseOutput(engine: Engine, info: Info, values: TensorInfo, indices: TensorInfo): SparseImage {
  const [images, rows, columns, channels] = values.shape as Shape4D;
  const size = [info.outHeight, info.outWidth] as const;
  return { values: engine.pointer(values), indices: engine.pointer(indices), images, rows, columns, channels, size };
}

/** Describes the input of a convolution, from `at` on, as the dense side of a gradient. */
export function denseInput(info: Info, at: number): DenseImage {
  return {
    at,
    height: info.inHeight,
    width: info.inWidth,
    channels: info.inChannels,
    taps: [info.filterHeight, info.filterWidth],
    pad: [info.padInfo.top, info.padInfo.left],
  };
}

/** Describes the way back through a convolution of stride 1, from its output to its input, as a convolution with the rotated filter. */
export function turnedConvolution(
  info: Info,
  filter: number,
  input: number,
): { y: Image; filter: Filter; pad: readonly [top: number, left: number] } {
  const { inChannels, outChannels, filterHeight, filterWidth, padInfo } = info;
  const tap = inChannels * outChannels * 4;
  return {
    y: imageAt(input, info.inHeight, info.inWidth, inChannels),
    filter: {
      at: filter + (filterHeight * filterWidth - 1) * tap,
      tapsY: filterHeight,
      tapsX: filterWidth,
      tapY: -filterWidth * tap,
      tapX: -tap,
      channel: 4,
      column: outChannels * 4,
    },
    pad: [filterHeight - 1 - padInfo.top, filterWidth - 1 - padInfo.left],
  };
}

/** Writes the output of a convolution from pooled values and their indices to memory that is reserved while f runs. */
export function withOutput(
  engine: Engine,
  info: Info,
  kernel: 'maxPoolGrad' | 'maxUnpool',
  values: TensorInfo,
  indices: TensorInfo,
  f: (output: number) => void,
): void {
  engine.withMemory(4 * util.sizeFromShape(info.outShape), (output) => {
    const pixels = info.outHeight * info.outWidth;
    const [from, at] = [engine.pointer(values), engine.pointer(indices)];
    scatter(engine, kernel, from, values.shape, at, info.outChannels, output, pixels);
    f(output);
  });
}
