/**
 * Corrections of 3D layers in the stock wasm backend 4.22: the gradients of a convolution, and max-pooling if a window contains nothing
 * positive. NDHWC, written to be correct; the convolutions run on the kernels for images.
 */
import {
  backend_util,
  type Conv3DBackpropFilterV2Attrs,
  type Conv3DBackpropInputV2Attrs,
  type MaxPool3DAttrs,
  type MaxPool3DGradAttrs,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { convBackpropInput } from '../jobs/convolution';
import { filterGradient } from '../jobs/filter-gradient';
import type { Engine } from '../runtime/engine';
import { registerWasmKernel } from './register';

type Shape5D = [number, number, number, number, number];

/** Registers the kernels of 3D layers. */
export function registerVolumes(engine: Engine): void {
  registerWasmKernel<{ dy: TensorInfo; filter: TensorInfo }, Conv3DBackpropInputV2Attrs>(
    'Conv3DBackpropInputV2',
    ({ dy, filter }, { inputShape, strides, pad }) => {
      const info = backend_util.computeConv3DInfo(inputShape, filter.shape as Shape5D, strides, 1, pad);
      const dx = engine.makeTensor(inputShape);
      inputGradient(engine, info, engine.pointer(dy), engine.pointer(filter), engine.pointer(dx));
      return dx;
    },
  );

  registerWasmKernel<{ x: TensorInfo; dy: TensorInfo }, Conv3DBackpropFilterV2Attrs>(
    'Conv3DBackpropFilterV2',
    ({ x, dy }, { filterShape, strides, pad }) => {
      const info = backend_util.computeConv3DInfo(x.shape as Shape5D, filterShape, strides, 1, pad);
      const gradient = engine.makeTensor(filterShape);
      filterGradient3D(engine, info, engine.pointer(x), engine.pointer(dy), engine.pointer(gradient));
      return gradient;
    },
  );

  registerWasmKernel<{ x: TensorInfo }, MaxPool3DAttrs>('MaxPool3D', ({ x }, attrs) => {
    if (x.dtype !== 'float32') return undefined;
    const info = poolInfo(x, attrs);
    const y = engine.makeTensor(info.outShape);
    const values = engine.floats(engine.pointer(y), util.sizeFromShape(y.shape));
    const from = engine.floats(engine.pointer(x), util.sizeFromShape(x.shape));
    for (const [at, place] of maxima(info, from).entries()) values[at] = from[place];
    return y;
  });

  registerWasmKernel<{ dy: TensorInfo; input: TensorInfo }, MaxPool3DGradAttrs>(
    'MaxPool3DGrad',
    ({ dy, input }, attrs) => {
      const info = poolInfo(input, attrs);
      const dx = engine.makeTensor(input.shape);
      const to = engine.floats(engine.pointer(dx), util.sizeFromShape(dx.shape)).fill(0);
      const from = engine.floats(engine.pointer(dy), util.sizeFromShape(dy.shape));
      const places = maxima(info, engine.floats(engine.pointer(input), to.length));
      for (const [at, place] of places.entries()) to[place] = to[place] + from[at];
      return dx;
    },
  );
}

/** Lists the slices that meet: `[depth of the filter, of the output, of the input]`. */
function meetings(info: backend_util.Conv3DInfo): [number, number, number][] {
  const all: [number, number, number][] = [];
  for (let tap = 0; tap < info.filterDepth; tap++) {
    for (let out = 0; out < info.outDepth; out++) {
      const slice = out * info.strideDepth - info.padInfo.front + tap;
      if (slice >= 0 && slice < info.inDepth) all.push([tap, out, slice]);
    }
  }
  return all;
}

/** Returns the convolution of one slice, and the number of values in one slice of each tensor. */
function slicesOf(info: backend_util.Conv3DInfo) {
  const image = backend_util.computeConv2DInfo(
    [1, info.inHeight, info.inWidth, info.inChannels],
    [info.filterHeight, info.filterWidth, info.inChannels, info.outChannels],
    [info.strideHeight, info.strideWidth],
    1,
    info.padInfo.type === 'SAME' ? 'same' : 'valid',
  );
  const [x, y, filter] = [image.inShape, image.outShape, image.filterShape].map(util.sizeFromShape);
  return { image, x, y, filter };
}

function inputGradient(engine: Engine, info: backend_util.Conv3DInfo, dy: number, filter: number, dx: number): void {
  const size = slicesOf(info);
  engine.floats(dx, info.batchSize * info.inDepth * size.x).fill(0);
  engine.withMemory(4 * size.x, (part) => {
    for (let n = 0; n < info.batchSize; n++) {
      for (const [tap, out, slice] of meetings(info)) {
        const from = dy + 4 * (n * info.outDepth + out) * size.y;
        convBackpropInput(engine, size.image, from, filter + 4 * tap * size.filter, part);
        add(engine, dx + 4 * (n * info.inDepth + slice) * size.x, part, size.x);
      }
    }
  });
}

function filterGradient3D(
  engine: Engine,
  info: backend_util.Conv3DInfo,
  x: number,
  dy: number,
  gradient: number,
): void {
  const size = slicesOf(info);
  engine.floats(gradient, info.filterDepth * size.filter).fill(0);
  engine.withMemory(4 * size.filter, (part) => {
    for (let n = 0; n < info.batchSize; n++) {
      for (const [tap, out, slice] of meetings(info)) {
        const [from, other] = [
          x + 4 * (n * info.inDepth + slice) * size.x,
          dy + 4 * (n * info.outDepth + out) * size.y,
        ];
        filterGradient(engine, size.image, from, other, part);
        add(engine, gradient + 4 * tap * size.filter, part, size.filter);
      }
    }
  });
}

function add(engine: Engine, to: number, from: number, count: number): void {
  const [sums, values] = [engine.floats(to, count), engine.floats(from, count)];
  for (let i = 0; i < count; i++) sums[i] = sums[i] + values[i];
}

function poolInfo(x: TensorInfo, attrs: MaxPool3DAttrs | MaxPool3DGradAttrs): backend_util.Conv3DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  return backend_util.computePool3DInfo(x.shape as Shape5D, filterSize, strides, 1, pad, dimRoundingMode);
}

/** The part of a window inside the image, along one dimension: [start, end). */
type Reach = readonly [start: number, end: number];

/** Finds the position in x of the maximum of each window, in the order of the output; of equal ones the first. */
function maxima(info: backend_util.Conv3DInfo, x: Float32Array): Int32Array {
  const depths = reaches(info.outDepth, info.strideDepth, info.padInfo.front, info.filterDepth, info.inDepth);
  const rows = reaches(info.outHeight, info.strideHeight, info.padInfo.top, info.filterHeight, info.inHeight);
  const columns = reaches(info.outWidth, info.strideWidth, info.padInfo.left, info.filterWidth, info.inWidth);
  const places = new Int32Array(util.sizeFromShape(info.outShape));
  let at = 0;
  for (let image = 0; image < info.batchSize; image++) {
    for (const depth of depths) {
      for (const row of rows) {
        for (const column of columns) {
          for (let c = 0; c < info.inChannels; c++) places[at++] = maximum(info, x, image, [depth, row, column], c);
        }
      }
    }
  }
  return places;
}

function reaches(count: number, stride: number, pad: number, length: number, size: number): Reach[] {
  return Array.from({ length: count }, (_, i) => {
    const start = i * stride - pad;
    return [Math.max(start, 0), Math.min(start + length, size)] as const;
  });
}

/** Finds the position of one window's maximum; every window contains a value. */
function maximum(
  { inDepth, inHeight, inWidth, inChannels }: backend_util.Conv3DInfo,
  x: Float32Array,
  image: number,
  [depth, row, column]: readonly [Reach, Reach, Reach],
  channel: number,
): number {
  let best = -1;
  for (let z = depth[0]; z < depth[1]; z++) {
    for (let y = row[0]; y < row[1]; y++) {
      const start = ((image * inDepth + z) * inHeight + y) * inWidth;
      for (let place = start + column[0]; place < start + column[1]; place++) {
        const candidate = place * inChannels + channel;
        if (best < 0 || wins(x[candidate], x[best])) best = candidate;
      }
    }
  }
  return best;
}

/** Tells whether the challenger is larger, or NaN. */
function wins(challenger: number, best: number): boolean {
  return challenger > best || Number.isNaN(challenger);
}
