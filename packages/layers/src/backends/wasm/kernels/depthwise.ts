/**
 * DepthwiseConv2dNative, FusedDepthwiseConv2D and the two gradients: any kernel size, stride, padding and dilation, NHWC. Stock tfjs-wasm lacks
 * the gradients, and returns zeros for some sizes.
 */
import {
  backend_util,
  type DepthwiseConv2dNativeAttrs,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  type FusedDepthwiseConv2DAttrs,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../../../errors';
import { type DepthwiseJob, TAP_BYTES } from '../assembly/dist/jobs';
import { addChunks, chunksOf } from '../jobs/convolution-job';
import type { Engine } from '../runtime/engine';
import { activate, type FusedInputs } from './fused-activation';
import { registerWasmKernel } from './register';

type Shape4D = [number, number, number, number];

/** Minimum number of products of x and dy for which rows get their own sums. */
const leastProductsOfChunk = 1 << 16;

/** Registers depthwise convolutions and their gradients. */
export function registerDepthwise(engine: Engine): void {
  registerWasmKernel<FusedInputs, DepthwiseConv2dNativeAttrs>('DepthwiseConv2dNative', ({ x, filter }, attrs) =>
    forward(engine, x, filter, attrs),
  );

  registerWasmKernel<FusedInputs, FusedDepthwiseConv2DAttrs>('FusedDepthwiseConv2D', (inputs, attrs) => {
    const { x, filter, bias } = inputs;
    const y = forward(engine, x, filter, attrs, bias, attrs.activation === 'relu');
    return y && activate(engine, y, inputs, attrs);
  });

  registerWasmKernel<{ dy: TensorInfo; filter: TensorInfo }, DepthwiseConv2dNativeBackpropInputAttrs>(
    'DepthwiseConv2dNativeBackpropInput',
    ({ dy, filter }, attrs) => {
      const info = geometry(attrs.inputShape, filter.shape, attrs);
      const dx = engine.makeTensor(info.inShape);
      const job = depthwiseJob(info, engine.pointer(dx), engine.pointer(dy), engine.pointer(filter));
      const scratchBytes = TAP_BYTES * info.filterHeight * info.filterWidth + info.outChannels * 4;
      engine.run('depthwiseInputGradient', { units: info.batchSize * info.inHeight, chunk: 4, scratchBytes }, job);
      return dx;
    },
  );

  registerWasmKernel<{ x: TensorInfo; dy: TensorInfo }, DepthwiseConv2dNativeBackpropFilterAttrs>(
    'DepthwiseConv2dNativeBackpropFilter',
    ({ x, dy }, attrs) => {
      const info = geometry(x.shape as Shape4D, attrs.filterShape, attrs);
      const gradient = engine.makeTensor(attrs.filterShape);
      writeFilterGradient(engine, info, engine.pointer(x), engine.pointer(dy), engine.pointer(gradient));
      return gradient;
    },
  );
}

/** Runs the convolution; returns undefined for a bias that is not one value per channel. @throws InvalidOptionError `INVALID_OPTION` */
function forward(
  engine: Engine,
  x: TensorInfo,
  filter: TensorInfo,
  attrs: DepthwiseConv2dNativeAttrs | FusedDepthwiseConv2DAttrs,
  bias?: TensorInfo,
  relu = false,
): TensorInfo | undefined {
  if (backend_util.convertConv2DDataFormat(attrs.dataFormat) !== 'channelsLast') {
    throw new InvalidOptionError({
      where: 'depthwise convolution on wasm',
      expected: "`dataFormat` to be 'NHWC'",
      received: `'${attrs.dataFormat}'`,
      todo: 'transpose the images, or use a tf.layers layer, which does so',
    });
  }
  const info = geometry(x.shape as Shape4D, filter.shape, attrs);
  const { filterHeight, filterWidth, inWidth, inChannels, outChannels } = info;
  if (bias && util.sizeFromShape(bias.shape) !== outChannels) return undefined;
  const y = engine.makeTensor(info.outShape);
  const repeated = outChannels === inChannels ? 0 : filterHeight * inWidth * outChannels;
  const scratchBytes = TAP_BYTES * filterHeight * filterWidth + repeated * 4;
  engine.run(
    'depthwise',
    { units: info.batchSize * info.outHeight, chunk: 4, scratchBytes },
    {
      ...depthwiseJob(info, engine.pointer(x), engine.pointer(y), engine.pointer(filter)),
      bias: bias ? engine.pointer(bias) : 0,
      relu: relu ? 1 : 0,
    },
  );
  return y;
}

function writeFilterGradient(
  engine: Engine,
  info: backend_util.Conv2DInfo,
  x: number,
  dy: number,
  gradient: number,
): void {
  const taps = info.filterHeight * info.filterWidth;
  const rows = info.batchSize * info.outHeight;
  const sumBytes = taps * info.outChannels * 4;
  const products = rows * info.outWidth * info.outChannels * taps;
  const wanted = Math.max(1, Math.min(rows, Math.ceil(products / leastProductsOfChunk)));
  const chunks = chunksOf(wanted, sumBytes);
  engine.withMemory(chunks * sumBytes, (sums) => {
    const job = { ...depthwiseJob(info, x, dy, sums), images: info.batchSize, chunks };
    const scratchBytes = info.outChannels === info.inChannels ? 0 : info.inWidth * info.outChannels * 4;
    engine.run('depthwiseFilterGradient', { units: chunks, scratchBytes }, job);
    addChunks(engine, { at: sums, bytes: sumBytes, chunks }, taps, info.outChannels, gradient, info.outChannels);
  });
}

function depthwiseJob(info: backend_util.Conv2DInfo, x: number, y: number, filter: number): DepthwiseJob {
  return {
    x,
    height: info.inHeight,
    width: info.inWidth,
    channels: info.inChannels,
    multiplier: info.outChannels / info.inChannels,
    y,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    filter,
    tapsY: info.filterHeight,
    tapsX: info.filterWidth,
    strideY: info.strideHeight,
    strideX: info.strideWidth,
    dilationY: info.dilationHeight,
    dilationX: info.dilationWidth,
    padTop: info.padInfo.top,
    padLeft: info.padInfo.left,
  };
}

function geometry(
  xShape: Shape4D,
  filterShape: number[],
  attrs: Pick<DepthwiseConv2dNativeBackpropFilterAttrs, 'strides' | 'dilations' | 'pad' | 'dimRoundingMode'>,
): backend_util.Conv2DInfo {
  const { strides, dilations, pad, dimRoundingMode } = attrs;
  return backend_util.computeConv2DInfo(
    xShape,
    filterShape as Shape4D,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    true,
  );
}
