import * as tf from '@tensorflow/tfjs-core';
import type { MaxPoolWithArgmaxAttrs } from '../../contracts/pooling-kernels';
import { poolInfoOf } from '../shared/pool-info';
import { NativeOps, type TensorId } from './native-ops';

type Info = tf.backend_util.Conv2DInfo;

/**
 * Compares the windows' elements one offset at a time: for a 2x2 window, four tensors of the output's size.
 *
 * In TensorFlow's own MaxPoolWithArgmax, NaN loses unless it comes first, and there is no explicit padding and no empty batch. On CPUs, it
 * is also slower than this for windows that do not overlap.
 */
export const maxPoolWithArgmax: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { x } = inputs as { x: tf.TensorInfo };
  const pooling = attrs as unknown as MaxPoolWithArgmaxAttrs;
  const { includeBatchInIndex } = pooling;
  const info = poolInfoOf(x, pooling);
  const dtype = x.dtype as 'float32' | 'int32';
  return NativeOps.run(backend, (ops) => {
    const padded = padInput(ops, ops.input(x), info, dtype);
    const { best, offset } = compareCandidates(ops, padded, info, dtype);
    const indices = addWindowStarts(ops, offset, info, includeBatchInIndex);
    return [ops.output(best, info.outShape, dtype), ops.output(indices, info.outShape, 'int32')];
  });
};

function hasPadding({ padInfo: { top, bottom, left, right } }: Info): boolean {
  return top + bottom + left + right > 0;
}

function lowest(dtype: 'float32' | 'int32'): number {
  return dtype === 'int32' ? -(2 ** 31) : Number.NEGATIVE_INFINITY;
}

function padInput(ops: NativeOps, x: TensorId, info: Info, dtype: 'float32' | 'int32'): TensorId {
  if (!hasPadding(info)) return x;
  const { top, bottom, left, right } = info.padInfo;
  const paddings = ops.int32([0, 0, top, bottom, left, right, 0, 0], [4, 2]);
  return ops.op('PadV2', [x, paddings, ops.scalar(lowest(dtype), dtype)], { types: { T: dtype, Tpaddings: 'int32' } });
}

/** Returns, flat, the maximum of each window and the distance of its index from the window's first. */
function compareCandidates(ops: NativeOps, x: TensorId, info: Info, dtype: 'float32' | 'int32') {
  const size = [tf.util.sizeFromShape(info.outShape)];
  const candidates = candidatesOf(ops, x, info, dtype);
  const [first, ...others] = candidates;
  // With padding, the first element is not always inside the image: start from nothing, at the first one that is.
  let best = hasPadding(info) ? ops.fill(size, lowest(dtype), dtype) : first.values();
  let offset = hasPadding(info) ? firstOffsets(ops, info) : ops.fill(size, 0, 'int32');
  for (const candidate of hasPadding(info) ? candidates : others) {
    const values = candidate.values();
    const wins = isBetter(ops, values, best, dtype);
    const here = ops.fill(size, candidate.offset, 'int32');
    const nextBest = ops.op('Select', [wins, values, best], { types: { T: dtype } });
    const nextOffset = ops.op('Select', [wins, here, offset], { types: { T: 'int32' } });
    ops.free(values, wins, here, best, offset);
    best = nextBest;
    offset = nextOffset;
  }
  return { best, offset };
}

/** Computes `values > best || isNaN(values)` */
function isBetter(ops: NativeOps, values: TensorId, best: TensorId, dtype: 'float32' | 'int32'): TensorId {
  const greater = ops.op('Greater', [values, best], { types: { T: dtype } });
  if (dtype === 'int32') return greater;
  const isNan = ops.op('IsNan', [values], { types: { T: dtype } });
  const either = ops.op('LogicalOr', [greater, isNan]);
  ops.free(greater, isNan);
  return either;
}

/** One element of every window, flat. */
interface Candidate {
  /** Distance of its index from that of the window's first element. */
  offset: number;
  values: () => TensorId;
}

function candidatesOf(ops: NativeOps, x: TensorId, info: Info, dtype: 'float32' | 'int32'): Candidate[] {
  const { filterHeight, filterWidth, inWidth, inChannels } = info;
  const sideBySide = info.strideHeight === filterHeight && info.strideWidth === filterWidth;
  const unpacked = sideBySide ? unpackWindows(ops, x, info, dtype) : undefined;
  return Array.from({ length: filterHeight * filterWidth }, (_, k) => {
    const [dy, dx] = [Math.floor(k / filterWidth), k % filterWidth];
    return {
      offset: (dy * inWidth + dx) * inChannels,
      values: () => unpacked?.[k] ?? sliceCandidate(ops, x, info, dtype, dy, dx),
    };
  });
}

/** For windows side by side, unpacking rows, then columns, is many times faster than StridedSlice. */
function unpackWindows(ops: NativeOps, x: TensorId, info: Info, dtype: 'float32' | 'int32'): TensorId[] {
  const { batchSize, outHeight, outWidth, filterHeight, filterWidth, inChannels } = info;
  const [height, width] = [outHeight * filterHeight, outWidth * filterWidth];
  const whole = ops.op('Slice', [x, ops.int32([0, 0, 0, 0]), ops.int32([batchSize, height, width, inChannels])], {
    types: { T: dtype, Index: 'int32' },
  });
  const unpack = (id: TensorId, num: number, shape: number[]) =>
    ops.ops('Unpack', [ops.reshape(id, shape, dtype)], { types: { T: dtype }, ints: { num, axis: 1 } }, num);
  const rows = unpack(whole, filterHeight, [batchSize * outHeight, filterHeight, width * inChannels]);
  const pixels = batchSize * outHeight * outWidth;
  return rows.flatMap((row) => {
    const columns = unpack(row, filterWidth, [pixels, filterWidth, inChannels]);
    return columns.map((column) => ops.reshape(column, [pixels * inChannels], dtype));
  });
}

function sliceCandidate(ops: NativeOps, x: TensorId, info: Info, dtype: 'float32' | 'int32', dy: number, dx: number) {
  const { batchSize, outHeight, outWidth, strideHeight, strideWidth, inChannels } = info;
  const end = [batchSize, dy + (outHeight - 1) * strideHeight + 1, dx + (outWidth - 1) * strideWidth + 1, inChannels];
  const bounds = [[0, dy, dx, 0], end, [1, strideHeight, strideWidth, 1]].map((values) => ops.int32(values));
  const masks = { begin_mask: 0, end_mask: 0, ellipsis_mask: 0, new_axis_mask: 0, shrink_axis_mask: 0 };
  const slice = ops.op('StridedSlice', [x, ...bounds], { types: { T: dtype, Index: 'int32' }, ints: masks });
  return ops.reshape(slice, [tf.util.sizeFromShape(info.outShape)], dtype);
}

/** Returns the distance from the window's first element, which may be padding, to its first element inside the image. */
function firstOffsets(ops: NativeOps, info: Info): TensorId {
  const { batchSize, inWidth, inChannels, strideHeight, strideWidth, padInfo } = info;
  const offsets = mapImage(info, (y, x) => {
    const above = Math.max(0, padInfo.top - y * strideHeight);
    const before = Math.max(0, padInfo.left - x * strideWidth);
    return (above * inWidth + before) * inChannels;
  });
  const image = ops.int32(offsets, [1, offsets.length]);
  const all = ops.broadcast(image, [batchSize, offsets.length], 'int32');
  return ops.reshape(all, [batchSize * offsets.length], 'int32');
}

/** Converts distances from the windows' first elements to indices. */
function addWindowStarts(ops: NativeOps, offset: TensorId, info: Info, includeBatch: boolean): TensorId {
  const { batchSize, inHeight, inWidth, inChannels, strideHeight, strideWidth, padInfo } = info;
  const starts = mapImage(
    info,
    (y, x, c) => ((y * strideHeight - padInfo.top) * inWidth + x * strideWidth - padInfo.left) * inChannels + c,
  );
  const types = { T: 'int32' } as const;
  const perImage = ops.reshape(offset, [batchSize, starts.length], 'int32');
  const indices = ops.op('AddV2', [perImage, ops.int32(starts, [1, starts.length])], { types });
  if (!includeBatch) return indices;
  const imageSize = inHeight * inWidth * inChannels;
  const images = Int32Array.from({ length: batchSize }, (_, n) => n * imageSize);
  return ops.op('AddV2', [indices, ops.int32(images, [batchSize, 1])], { types });
}

/** Calls `f` for each window and channel of one image, in row-major order. */
function mapImage(
  { outHeight, outWidth, inChannels }: Info,
  f: (y: number, x: number, c: number) => number,
): Int32Array {
  const values = new Int32Array(outHeight * outWidth * inChannels);
  let next = 0;
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      for (let c = 0; c < inChannels; c++) values[next++] = f(y, x, c);
    }
  }
  return values;
}
