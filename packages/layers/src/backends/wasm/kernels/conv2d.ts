/** Conv2D, FusedConv2D and the two gradients of a convolution: any kernel size, stride, padding and dilation, NHWC. */
import {
  backend_util,
  type Conv2DAttrs,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
  type FusedConv2DAttrs,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { filterGradient, runConv } from '../convolution';
import type { Engine } from '../engine';
import { registerWasmKernel } from './register';

type Shape4D = [number, number, number, number];
type Geometry = Pick<Conv2DAttrs, 'strides' | 'pad' | 'dataFormat' | 'dimRoundingMode'> & {
  dilations?: Conv2DAttrs['dilations'];
};

/** Registers the convolution kernels. */
export function registerConv2D(engine: Engine): void {
  registerWasmKernel<{ x: TensorInfo; filter: TensorInfo }, Conv2DAttrs>('Conv2D', ({ x, filter }, attrs) => {
    const info = geometry(x.shape, filter.shape, attrs);
    if (!info) return undefined;
    const y = engine.makeTensor(info.outShape);
    forward(engine, info, x, filter, y, undefined, false);
    return y;
  });

  registerWasmKernel<
    { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo; preluActivationWeights?: TensorInfo },
    FusedConv2DAttrs
  >('FusedConv2D', ({ x, filter, bias }, attrs) => {
    const info = geometry(x.shape, filter.shape, attrs);
    const plainBias = !bias || util.sizeFromShape(bias.shape) === info?.outChannels;
    if (!info || !plainBias || !['linear', 'relu'].includes(attrs.activation)) return undefined;
    const y = engine.makeTensor(info.outShape);
    forward(engine, info, x, filter, y, bias, attrs.activation === 'relu');
    return y;
  });

  registerWasmKernel<
    { dy: TensorInfo; filter: TensorInfo },
    Conv2DBackpropInputAttrs & { dilations?: Conv2DAttrs['dilations'] }
  >('Conv2DBackpropInput', ({ dy, filter }, attrs) => {
    const info = geometry(attrs.inputShape, filter.shape, attrs);
    if (!info) return undefined;
    const dx = engine.makeTensor(info.inShape);
    backpropInput(engine, info, dy, filter, dx);
    return dx;
  });

  registerWasmKernel<
    { x: TensorInfo; dy: TensorInfo },
    Conv2DBackpropFilterAttrs & { dilations?: Conv2DAttrs['dilations'] }
  >('Conv2DBackpropFilter', ({ x, dy }, attrs) => {
    const info = geometry(x.shape, attrs.filterShape, attrs);
    if (!info) return undefined;
    const gradient = engine.makeTensor(attrs.filterShape);
    filterGradient(engine, info, engine.pointer(x), engine.pointer(dy), engine.pointer(gradient));
    return gradient;
  });
}

/** Works out sizes and padding; undefined for NCHW, which tfjs-wasm does not know either. */
function geometry(xShape: number[], filterShape: number[], attrs: Geometry): backend_util.Conv2DInfo | undefined {
  const dataFormat = backend_util.convertConv2DDataFormat(attrs.dataFormat ?? 'NHWC');
  if (dataFormat !== 'channelsLast') return undefined;
  return backend_util.computeConv2DInfo(
    xShape as Shape4D,
    filterShape as Shape4D,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

function forward(
  engine: Engine,
  info: backend_util.Conv2DInfo,
  x: TensorInfo,
  filter: TensorInfo,
  y: TensorInfo,
  bias: TensorInfo | undefined,
  relu: boolean,
): void {
  const { inChannels, outChannels, outWidth, outHeight, filterHeight, filterWidth } = info;
  const pixel = outChannels * 4;
  runConv(engine, {
    images: info.batchSize,
    x: { at: engine.pointer(x), height: info.inHeight, width: info.inWidth, channels: inChannels },
    y: {
      at: engine.pointer(y),
      height: outHeight,
      width: outWidth,
      channels: outChannels,
      pixel,
      row: pixel * outWidth,
      image: pixel * outWidth * outHeight,
    },
    filter: {
      at: engine.pointer(filter),
      tapsY: filterHeight,
      tapsX: filterWidth,
      tapY: filterWidth * inChannels * pixel,
      tapX: inChannels * pixel,
      channel: pixel,
      column: 4,
    },
    stride: [info.strideHeight, info.strideWidth],
    dilation: [info.dilationHeight, info.dilationWidth],
    pad: [info.padInfo.top, info.padInfo.left],
    bias: bias && engine.pointer(bias),
    relu,
  });
}

/**
 * The gradient for the input is a convolution of dy with the filter turned around. With a stride s it is s * s of them, one for each
 * phase of the input positions: position i meets only the taps k with (i + pad - k) divisible by s, so no zeros are multiplied.
 */
function backpropInput(
  engine: Engine,
  info: backend_util.Conv2DInfo,
  dy: TensorInfo,
  filter: TensorInfo,
  dx: TensorInfo,
): void {
  const { inChannels, outChannels, inWidth, inHeight, filterWidth } = info;
  const rows = phases(info.filterHeight, info.strideHeight, info.dilationHeight, info.padInfo.top, inHeight);
  const columns = phases(filterWidth, info.strideWidth, info.dilationWidth, info.padInfo.left, inWidth);
  const pixel = inChannels * 4;
  const tap = inChannels * outChannels * 4;
  const missed = [...rows, ...columns].some(({ taps }) => taps === 0);
  if (missed) engine.floats(engine.pointer(dx), util.sizeFromShape(dx.shape)).fill(0);
  for (const row of rows) {
    for (const column of columns) {
      if (row.taps === 0 || column.taps === 0) continue;
      runConv(engine, {
        images: info.batchSize,
        x: { at: engine.pointer(dy), height: info.outHeight, width: info.outWidth, channels: outChannels },
        y: {
          at: engine.pointer(dx) + (row.first * inWidth + column.first) * pixel,
          height: row.count,
          width: column.count,
          channels: inChannels,
          pixel: info.strideWidth * pixel,
          row: info.strideHeight * inWidth * pixel,
          image: inHeight * inWidth * pixel,
        },
        filter: {
          at: engine.pointer(filter) + (row.lastTap * filterWidth + column.lastTap) * tap,
          tapsY: row.taps,
          tapsX: column.taps,
          tapY: -info.strideHeight * filterWidth * tap,
          tapX: -info.strideWidth * tap,
          channel: 4,
          column: outChannels * 4,
        },
        stride: [1, 1],
        dilation: [info.dilationHeight, info.dilationWidth],
        pad: [row.pad, column.pad],
        relu: false,
      });
    }
  }
}

/** One phase of the input positions of one dimension: positions first, first + stride, ... */
interface Phase {
  first: number;
  count: number;
  /** Taps that reach these positions, the last one of which comes first in the turned filter. */
  taps: number;
  lastTap: number;
  /** Padding of the convolution over dy; negative where it begins inside dy. */
  pad: number;
}

function phases(taps: number, stride: number, dilation: number, pad: number, size: number): Phase[] {
  const all: Phase[] = [];
  for (let first = 0; first < Math.min(stride, size); first++) {
    const firstTap = (first + pad) % stride;
    const count = Math.ceil((size - first) / stride);
    const reaching = Math.max(0, Math.ceil((taps - firstTap) / stride));
    const newest = (first + pad - firstTap) / stride; // output position that meets the first tap
    all.push({
      first,
      count,
      taps: reaching,
      lastTap: firstTap + stride * (reaching - 1),
      pad: (reaching - 1) * dilation - newest,
    });
  }
  return all;
}
