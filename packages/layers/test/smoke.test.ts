import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { registerCpuKernels } from '../src/backends/cpu';
import { maxPoolWithArgmax, maxUnpool } from '../src/index';

beforeAll(async () => {
  registerCpuKernels();
  await tf.setBackend('cpu');
});

it('pools, unpools and differentiates', () => {
  const x = tf.tensor4d([1, 5, 3, 2, 9, 0, 4, 4, 1], [1, 3, 3, 1]);
  const { values, indices } = maxPoolWithArgmax(x, { poolSize: 2, strides: 1 });
  expect([...values.dataSync()]).toEqual([9, 9, 9, 9]);
  expect([...indices.dataSync()]).toEqual([4, 4, 4, 4]);
  const up = maxUnpool(values, indices, [3, 3]);
  expect([...up.dataSync()]).toEqual([0, 0, 0, 0, 9, 0, 0, 0, 0]);
  const g = tf.grad((v) => {
    const p = maxPoolWithArgmax(v as tf.Tensor4D, { poolSize: 2, strides: 1 });
    return tf.sum(maxUnpool(p.values, p.indices, [3, 3]));
  })(x);
  expect([...g.dataSync()]).toEqual([0, 0, 0, 0, 4, 0, 0, 0, 0]);
});
