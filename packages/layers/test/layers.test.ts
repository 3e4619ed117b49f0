import * as tf from '@tensorflow/tfjs-core';
import { input, type layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerCpuKernels } from '../src/backends/cpu';
import {
  conv2d,
  conv2dTranspose,
  flatten,
  linear,
  MaxUnpooling2D,
  maxPooling2d,
  maxUnpooling2d,
  relu,
  reshape,
} from '../src/entries/index';

beforeAll(async () => {
  registerCpuKernels();
  await tf.setBackend('cpu');
});

describe('pooling layers outside a Sequential', () => {
  it('connect through tensors, and the unpooling takes its size from the pooling', () => {
    const pool = maxPooling2d({ poolSize: 2 });
    const x = input({ shape: [5, 7, 2] });
    const [values, indices] = pool.apply(x) as SymbolicTensor[];
    expect([values.dtype, indices.dtype]).toEqual(['float32', 'int32']);
    expect([values.shape, indices.shape]).toEqual([
      [null, 2, 3, 2],
      [null, 2, 3, 2],
    ]);
    const y = maxUnpooling2d({ pool }).apply([values, indices]) as SymbolicTensor;
    expect(y.shape).toEqual([null, 5, 7, 2]);
    const built = model({ inputs: x, outputs: [y, indices] });
    const [up, mask] = built.predict(tf.ones([1, 5, 7, 2])) as tf.Tensor[];
    expect([tf.sum(up).dataSync()[0], mask.dtype]).toEqual([12, 'int32']);
  });

  it('work on tensors directly', () => {
    const [values, indices] = maxPooling2d({ poolSize: 2 }).apply(
      tf.tensor4d([1, 4, 3, 2], [1, 2, 2, 1]),
    ) as tf.Tensor[];
    const y = maxUnpooling2d({ outputSize: [2, 2] }).apply([values, indices]) as tf.Tensor;
    expect([...y.dataSync()]).toEqual([0, 4, 0, 0]);
  });

  it('leave unknown sizes open', () => {
    const [values] = maxPooling2d({ poolSize: 2 }).apply(input({ shape: [null, null, 3] })) as SymbolicTensor[];
    expect(values.shape).toEqual([null, null, null, 3]);
  });

  it('compute what a copy made from the config computes', () => {
    const layer = maxUnpooling2d({ outputSize: [3, 4], mask: 'torch7', distinctIndices: true, name: 'copy' });
    expect(new MaxUnpooling2D(layer.getConfig()).getConfig()).toEqual(layer.getConfig());
  });

  const refused: [string, () => unknown, RegExp][] = [
    [
      'a mask of another shape',
      () =>
        maxUnpooling2d({ outputSize: [4, 4], name: 'up' }).apply([
          input({ shape: [2, 2, 3] }),
          input({ shape: [2, 2, 4] }),
        ]),
      /layer "up": expected a mask of the same shape as the values, received values 2x2x3 and a mask of 2x2x4/,
    ],
    [
      'no mask at all',
      () => maxUnpooling2d({ outputSize: [4, 4], name: 'up' }).apply(input({ shape: [2, 2, 3] })),
      /layer "up": expected two inputs, values and mask, received one/,
    ],
    [
      'no size',
      () => maxUnpooling2d({ name: 'up' }).apply([input({ shape: [2, 2, 3] }), input({ shape: [2, 2, 3] })]),
      /layer "up": its output size is unknown: it has neither outputSize nor a connected pool/,
    ],
    [
      'vectors',
      () => maxPooling2d({ poolSize: 2, name: 'down' }).apply(input({ shape: [9] })),
      /layer "down": expected an input of height x width x channels, received 9/,
    ],
    [
      'an option out of its range',
      () => maxPooling2d({ poolSize: 2, strides: 0, name: 'down' }),
      /layer "down": expected strides as an integer of at least 1/,
    ],
    [
      'an unknown mask mode',
      () => maxUnpooling2d({ mask: 'x' as 'strict', name: 'up' }),
      /layer "up": expected mask as 'strict' or 'torch7'/,
    ],
    [
      'a bad output size',
      () => maxUnpooling2d({ outputSize: [0, 4], name: 'up' }),
      /layer "up": expected outputSize as/,
    ],
  ];
  it.each(refused)('refuse %s', (_, action, message) => {
    expect(action).toThrow(message);
  });
});

describe('factories of stock layers', () => {
  const shapeOf = (layer: layers.Layer, ...shape: number[]) => layer.computeOutputShape([null, ...shape]).slice(1);

  it('produce the sizes of Torch and PyTorch', () => {
    expect(shapeOf(conv2d({ filters: 5, kernelSize: 3 }), 8, 9, 2)).toEqual([6, 7, 5]);
    expect(shapeOf(conv2d({ filters: 5, kernelSize: 3, padding: 1 }), 8, 9, 2)).toEqual([8, 9, 5]);
    expect(shapeOf(conv2d({ filters: 5, kernelSize: [1, 2], strides: [2, 1] }), 8, 9, 2)).toEqual([4, 8, 5]);
    expect(shapeOf(conv2dTranspose({ filters: 5, kernelSize: 3 }), 6, 7, 2)).toEqual([8, 9, 5]);
    expect(shapeOf(conv2dTranspose({ filters: 5, kernelSize: 3, padding: 1 }), 6, 7, 2)).toEqual([6, 7, 5]);
    expect(shapeOf(conv2dTranspose({ filters: 5, kernelSize: 3, strides: 2 }), 6, 7, 2)).toEqual([13, 15, 5]);
    expect(shapeOf(flatten(), 2, 3, 4)).toEqual([24]);
    expect(shapeOf(reshape({ targetShape: [4, null] }), 24)).toEqual([4, null]);
    expect(shapeOf(relu(), 2, 3, 4)).toEqual([2, 3, 4]);
  });

  it('start kernels uniform in ±1/sqrt(fan in) and biases at 0', () => {
    const kernels: [layers.Layer, number[], number][] = [
      [conv2d({ filters: 40, kernelSize: 3 }), [8, 8, 6], 54],
      [conv2dTranspose({ filters: 40, kernelSize: 3 }), [8, 8, 6], 360],
      [linear({ units: 100 }), [64], 64],
    ];
    for (const [layer, shape, fanIn] of kernels) {
      layer.apply(input({ shape }));
      const [kernel, bias] = layer.getWeights();
      const limit = 1 / Math.sqrt(fanIn);
      const largest = tf.max(tf.abs(kernel)).dataSync()[0];
      expect(largest).toBeLessThanOrEqual(limit * 1.000001);
      expect(largest).toBeGreaterThan(limit * 0.95);
      expect(tf.max(tf.abs(bias)).dataSync()[0]).toBe(0);
    }
  });

  it('pass on the options of tf.layers', () => {
    const layer = linear({ units: 2, useBias: false, kernelInitializer: 'ones', name: 'sum', trainable: false });
    const y = layer.apply(tf.tensor2d([[1, 2, 4]])) as tf.Tensor;
    expect([...y.dataSync()]).toEqual([7, 7]);
    expect([layer.name, layer.trainable, layer.weights.length]).toEqual(['sum', false, 1]);
  });

  it("do not change the caller's options", () => {
    const targetShape = Object.freeze([4, null]);
    const args = Object.freeze({ targetShape });
    expect(shapeOf(reshape(args), 24)).toEqual([4, null]);
  });

  const refused: [string, () => unknown, RegExp][] = [
    [
      'a fractional number of filters',
      () => conv2d({ filters: 1.5, kernelSize: 3 }),
      /conv2d: expected filters as an integer of at least 1, received 1.5/,
    ],
    [
      'a kernel of 0',
      () => conv2d({ filters: 1, kernelSize: 0 }),
      /conv2d: expected kernelSize as an integer of at least 1/,
    ],
    ['inChannels of 0', () => conv2d({ filters: 1, kernelSize: 3, inChannels: 0 }), /conv2d: expected inChannels/],
    [
      'padding that tf.layers has not',
      () => conv2d({ filters: 1, kernelSize: 3, padding: 2 }),
      /conv2d: expected padding as .* received 2 with kernelSize 3x3 and strides 1x1; .*zeroPadding2d/,
    ],
    [
      'padding with strides',
      () => conv2dTranspose({ filters: 1, kernelSize: 3, strides: 2, padding: 1 }),
      /conv2d_transpose: expected padding as .* strides 2x2/,
    ],
    [
      'no units',
      () => linear({} as { units: number }),
      /linear: expected units as an integer of at least 1, received undefined/,
    ],
    [
      'a shape with two open sizes',
      () => reshape({ targetShape: [null, null] }),
      /reshape: expected targetShape .* received \[null,null\]/,
    ],
    ['a shape that is none', () => reshape({ targetShape: 4 as unknown as number[] }), /reshape: expected targetShape/],
  ];
  it.each(refused)('refuse %s', (_, action, message) => {
    expect(action).toThrow(message);
  });
});
