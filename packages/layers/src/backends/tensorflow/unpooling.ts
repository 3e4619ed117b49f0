import type * as tf from '@tensorflow/tfjs-core';
import {
  MaxPoolWithArgmaxGrad,
  type MaxPoolWithArgmaxGradAttrs,
  MaxUnpool,
  type MaxUnpoolAttrs,
  MaxUnpoolGrad,
} from '../../contracts/pooling-kernels';
import { forEachIndex } from '../shared/for-each-index';
import { NativeOps, type TensorId } from './native-ops';

type Shape4D = [number, number, number, number];
type Size2D = readonly [number, number];

export const maxPoolWithArgmaxGrad: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { dy, indices } = inputs as Record<'dy' | 'indices', tf.TensorInfo>;
  const { outputSize } = attrs as unknown as MaxPoolWithArgmaxGradAttrs;
  return scatter(MaxPoolWithArgmaxGrad, backend, dy, indices, outputSize, addAtIndices);
};

export const maxUnpool: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { values, indices } = inputs as Record<'values' | 'indices', tf.TensorInfo>;
  const { outputSize, distinct } = attrs as unknown as MaxUnpoolAttrs;
  return scatter(MaxUnpool, backend, values, indices, outputSize, distinct ? addAtIndices : writeAtIndices);
};

export const maxUnpoolGrad: tf.KernelFunc = ({ inputs, backend }) => {
  const { dy, indices } = inputs as Record<'dy' | 'indices', tf.TensorInfo>;
  const [batch, height, width, channels] = dy.shape as Shape4D;
  const shape: Shape4D = [batch, indices.shape[1], indices.shape[2], channels];
  return NativeOps.run(backend, (ops) => {
    const positions = readableIndices(MaxUnpoolGrad, ops, indices, channels, [height, width]);
    const images = ops.reshape(ops.input(dy), [batch, height * width * channels], 'float32');
    const flat = ops.reshape(positions, [batch, shape[1] * shape[2] * channels], 'int32');
    const read = ops.op('GatherV2', [images, flat, ops.scalar(1, 'int32')], {
      types: { Tparams: 'float32', Tindices: 'int32', Taxis: 'int32' },
      ints: { batch_dims: 1 },
    });
    return ops.output(read, shape, 'float32');
  });
};

/** Where values of one shape go in an output of another. */
interface Scattering {
  values: TensorId;
  positions: TensorId;
  /** `[N, h, w, C]` */
  from: Shape4D;
  /** `[N, H, W, C]` */
  to: Shape4D;
}

function scatter(
  where: string,
  backend: object,
  values: tf.TensorInfo,
  indices: tf.TensorInfo,
  [height, width]: Size2D,
  write: (ops: NativeOps, scattering: Scattering) => TensorId,
): tf.TensorInfo {
  const from = values.shape as Shape4D;
  const to: Shape4D = [from[0], height, width, from[3]];
  return NativeOps.run(backend, (ops) => {
    if (from.includes(0)) return ops.output(ops.fill(to, 0, 'float32'), to, 'float32');
    const positions = readableIndices(where, ops, indices, from[3], [height, width]);
    return ops.output(write(ops, { values: ops.input(values), positions, from, to }), to, 'float32');
  });
}

/**
 * Checks a mask `[N, h, w, M]` and returns it as `[N, h, w, C]`, with positions for C channels.
 *
 * Without the check, TensorFlow would abort the process (on CPUs) or write anywhere (on GPUs).
 */
function readableIndices(where: string, ops: NativeOps, mask: tf.TensorInfo, channels: number, size: Size2D): TensorId {
  const [batch, height, width, maskChannels] = mask.shape as Shape4D;
  const shape: Shape4D = [batch, height, width, channels];
  if (shape.includes(0)) return ops.fill(shape, 0, 'int32');
  const indices = maskChannels === channels ? ops.input(mask) : sliceChannels(ops, ops.input(mask), shape);
  const types = { T: 'int32' } as const;
  let positions = indices;
  let inRange = true;
  if (maskChannels !== channels) {
    const maskScalar = ops.scalar(maskChannels, 'int32');
    const channel = ops.op('FloorMod', [indices, maskScalar], { types });
    const pixel = ops.op('FloorDiv', [indices, maskScalar], { types });
    positions = ops.op('AddV2', [ops.op('Mul', [pixel, ops.scalar(channels, 'int32')], { types }), channel], { types });
    inRange = extremeOf(ops, 'Max', channel) < channels;
  }
  inRange &&= extremeOf(ops, 'Min', indices) >= 0;
  inRange &&= extremeOf(ops, 'Max', indices) < size[0] * size[1] * maskChannels;
  if (!inRange) forEachIndex(where, ops.read(ops.input(mask)), mask.shape as Shape4D, channels, size, () => {});
  return positions;
}

function sliceChannels(ops: NativeOps, mask: TensorId, shape: Shape4D): TensorId {
  const bounds = [ops.int32([0, 0, 0, 0]), ops.int32(shape)];
  return ops.op('Slice', [mask, ...bounds], { types: { T: 'int32', Index: 'int32' } });
}

function extremeOf(ops: NativeOps, op: 'Min' | 'Max', id: TensorId): number {
  const axes = ops.int32([0, 1, 2, 3]);
  const attrs = { types: { T: 'int32', Tidx: 'int32' }, bools: { keep_dims: false } } as const;
  return ops.read(ops.op(op, [id, axes], attrs))[0];
}

/** Adds values at their indices. */
function addAtIndices(ops: NativeOps, scattering: Scattering): TensorId {
  const { values, positions, from, to } = scattering;
  if (from[1] > to[1] || from[2] > to[2]) return scatterNd(ops, scattering);
  // The gradient of pooling with argmax is exactly this addition. It only uses the sizes of the pooling, so any window that produces them
  // will do, and it reads no values of its first input.
  const attrs = { types: { dtype: 'float32' }, bools: { init: false } } as const;
  const pooled = ops.op('Empty', [ops.int32(to)], attrs);
  const wide = ops.op('Cast', [positions], { types: { SrcT: 'int32', DstT: 'int64' }, bools: { Truncate: false } });
  return ops.op('MaxPoolGradWithArgmax', [pooled, values, wide], {
    types: { T: 'float32', Targmax: 'int64' },
    ints: { ksize: [1, to[1] - from[1] + 1, to[2] - from[2] + 1, 1], strides: [1, 1, 1, 1] },
    strings: { padding: 'VALID' },
    bools: { include_batch_in_index: false },
  });
}

function scatterNd(ops: NativeOps, { values, positions, from, to }: Scattering): TensorId {
  const count = from[0] * from[1] * from[2] * from[3];
  const shape = ops.int32([to[0], to[1] * to[2] * to[3]]);
  const flat = ops.reshape(values, [count], 'float32');
  const types = { T: 'float32', Tindices: 'int32' } as const;
  return ops.op('ScatterNd', [pairsOf(ops, positions, from), flat, shape], { types });
}

/** Writes values at their indices, the last one if several share a position: determines which one is last, then reads its value. */
function writeAtIndices(ops: NativeOps, { values, positions, from, to }: Scattering): TensorId {
  const count = from[0] * from[1] * from[2] * from[3];
  const shape = [to[0], to[1] * to[2] * to[3]];
  const order = ops.op('Range', [ops.scalar(0, 'int32'), ops.scalar(count, 'int32'), ops.scalar(1, 'int32')], {
    types: { Tidx: 'int32' },
  });
  const nobody = ops.fill(shape, -1, 'int32');
  const last = ops.op('TensorScatterMax', [nobody, pairsOf(ops, positions, from), order], {
    types: { T: 'int32', Tindices: 'int32' },
  });
  const written = ops.op('GreaterEqual', [last, ops.scalar(0, 'int32')], { types: { T: 'int32' } });
  const someone = ops.op('Maximum', [last, ops.scalar(0, 'int32')], { types: { T: 'int32' } });
  const read = ops.op('GatherV2', [ops.reshape(values, [count], 'float32'), someone, ops.scalar(0, 'int32')], {
    types: { Tparams: 'float32', Tindices: 'int32', Taxis: 'int32' },
    ints: { batch_dims: 0 },
  });
  return ops.op('Select', [written, read, ops.fill(shape, 0, 'float32')], { types: { T: 'float32' } });
}

/** Converts `[N, h, w, C]` positions to `[count, 2]` pairs of image and position. */
function pairsOf(ops: NativeOps, positions: TensorId, [batch, height, width, channels]: Shape4D): TensorId {
  const perImage = height * width * channels;
  const column = ops.int32(
    Int32Array.from({ length: batch }, (_, n) => n),
    [batch, 1],
  );
  const images = ops.broadcast(column, [batch, perImage], 'int32');
  const flat = ops.reshape(positions, [batch, perImage], 'int32');
  const pairs = ops.op('Pack', [images, flat], { types: { T: 'int32' }, ints: { N: 2, axis: 2 } });
  return ops.reshape(pairs, [batch * perImage, 2], 'int32');
}
