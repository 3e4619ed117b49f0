import * as tf from '@tensorflow/tfjs-core';
import { NativeOps } from './native-ops';

type Shape4D = [number, number, number, number];

/** `{dy, y}`: dy where y > 0. One pass, where `dy * step(x)` takes six. */
export const reluGrad: tf.KernelFunc = ({ inputs, backend }) => {
  const { dy, y } = inputs as Record<'dy' | 'y', tf.TensorInfo>;
  return NativeOps.run(backend, (ops) => {
    const dx = ops.op('ReluGrad', [ops.input(dy), ops.input(y)], { types: { T: 'float32' } });
    return ops.output(dx, y.shape, 'float32');
  });
};

type Wrapper = (stock: tf.KernelFunc) => tf.KernelFunc;

/** Convolves an empty batch to one of the right shape: TensorFlow with oneDNN returns the input's shape. */
export const conv2d: Wrapper = (stock) => (args) => {
  const { x, filter } = args.inputs as Record<'x' | 'filter', tf.TensorInfo>;
  if (tf.util.sizeFromShape(x.shape) > 0) return stock(args);
  const { strides, pad, dilations, dimRoundingMode } = args.attrs as unknown as tf.Conv2DAttrs;
  const shapes = [x.shape, filter.shape] as [Shape4D, Shape4D];
  const { outShape } = tf.backend_util.computeConv2DInfo(...shapes, strides, dilations, pad, dimRoundingMode);
  return NativeOps.run(args.backend, (ops) => ops.output(ops.fill(outShape, 0, 'float32'), outShape, 'float32'));
};

/** Adds the bias of a fused convolution with BiasAdd, with or without ReLU. Other activations are left to the stock kernel. */
export const fusedConv2D: Wrapper = (stock) => (args) => {
  const { x, filter, bias } = args.inputs as Record<'x' | 'filter' | 'bias', tf.TensorInfo>;
  const { activation } = args.attrs as unknown as tf.FusedConv2DAttrs;
  if (bias?.shape.length !== 1 || (activation !== 'linear' && activation !== 'relu')) return stock(args);
  const y = tf.engine().runKernel(tf.Conv2D, { x, filter } as unknown as tf.NamedTensorMap, args.attrs) as tf.Tensor;
  const biased = NativeOps.run(args.backend, (ops) => {
    const inputs = [ops.input(y), ops.input(bias)];
    const sums = ops.op('BiasAdd', inputs, { types: { T: 'float32' }, strings: { data_format: 'NHWC' } });
    const result = activation === 'relu' ? ops.op('Relu', [sums], { types: { T: 'float32' } }) : sums;
    return ops.output(result, y.shape, 'float32');
  });
  y.dispose();
  return biased;
};

/** Sums over all axes but the last, such as for the gradient of a bias, with BiasAddGrad. Other sums are left to the stock kernel. */
export const sum: Wrapper = (stock) => (args) => {
  const { x } = args.inputs as { x: tf.TensorInfo };
  const { axis, keepDims } = args.attrs as unknown as tf.SumAttrs & { keepDims?: boolean };
  const axes = tf.util.parseAxisParam(axis, x.shape);
  const rank = x.shape.length;
  const overAllButLast = rank >= 2 && axes.length === rank - 1 && !axes.includes(rank - 1);
  if (!overAllButLast || x.dtype !== 'float32' || tf.util.sizeFromShape(x.shape) === 0) return stock(args);
  const channels = x.shape[rank - 1];
  return NativeOps.run(args.backend, (ops) => {
    const rows = ops.reshape(ops.input(x), [tf.util.sizeFromShape(x.shape) / channels, channels], 'float32');
    const sums = ops.op('BiasAddGrad', [rows], { types: { T: 'float32' }, strings: { data_format: 'NHWC' } });
    return ops.output(sums, keepDims ? x.shape.map((size, i) => (i === rank - 1 ? size : 1)) : [channels], 'float32');
  });
};

/** Adds a bias, `[C]` or `[1, ..., 1, C]`, to `[..., C]` with BiasAdd. Other additions are left to the stock kernel. */
export const add: Wrapper = (stock) => (args) => {
  const { a, b } = args.inputs as Record<'a' | 'b', tf.TensorInfo>;
  const channels = a.shape.at(-1) ?? 0;
  const isBias = b.shape.at(-1) === channels && tf.util.sizeFromShape(b.shape) === channels;
  const fits = a.shape.length >= 2 && a.shape.length >= b.shape.length && isBias;
  if (!fits || a.dtype !== 'float32' || b.dtype !== 'float32' || tf.util.sizeFromShape(a.shape) === 0)
    return stock(args);
  return NativeOps.run(args.backend, (ops) => {
    const rows = ops.reshape(ops.input(a), [tf.util.sizeFromShape(a.shape) / channels, channels], 'float32');
    const bias = ops.reshape(ops.input(b), [channels], 'float32');
    const y = ops.op('BiasAdd', [rows, bias], { types: { T: 'float32' }, strings: { data_format: 'NHWC' } });
    return ops.output(y, a.shape, 'float32');
  });
};
