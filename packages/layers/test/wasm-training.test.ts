import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs-core's ops
import { beforeAll, expect, test } from 'vitest';
import { initWasm } from '../src/backends/wasm';
import {
  adamStep,
  conv2d,
  flatten,
  fuseForward,
  linear,
  meanSquaredError,
  relu,
  Sequential,
  sgdStep,
} from '../src/entries/index';
import { readInto } from '../src/entries/ops';

beforeAll(async () => {
  await initWasm();
});

/** Runs f on a backend and returns the values, so that two backends can be compared. */
async function valuesOn(backend: string, f: () => tf.Tensor[]): Promise<number[][]> {
  await tf.setBackend(backend);
  const tensors = tf.tidy(f);
  const values = tensors.map((tensor) => Array.from(tensor.dataSync()));
  tf.dispose(tensors);
  return values;
}

function expectClose(actual: number[][], expected: number[][]): void {
  expect(actual.map((values) => values.length)).toEqual(expected.map((values) => values.length));
  for (const [i, values] of expected.entries()) {
    const largest = Math.max(1e-6, ...values.map(Math.abs));
    for (const [j, value] of values.entries())
      expect(Math.abs((actual[i]?.[j] as number) - value) / largest).toBeLessThan(2e-5);
  }
}

test.each([
  { strides: 1, pad: 'valid' as const, dilations: 1 },
  { strides: 2, pad: 'same' as const, dilations: 1 },
  { strides: 3, pad: 'same' as const, dilations: 1 },
  { strides: 1, pad: 'same' as const, dilations: [2, 3] as [number, number] },
])('gradients of a convolution agree with the cpu backend: %o', async ({ strides, pad, dilations }) => {
  const run = () => {
    const x = tf.randomNormal([2, 9, 11, 3], 0, 1, 'float32', 7) as tf.Tensor4D;
    const w = tf.randomNormal([3, 4, 3, 5], 0, 1, 'float32', 8) as tf.Tensor4D;
    const [y, dx, dw] = (() => {
      const forward = (x: tf.Tensor, w: tf.Tensor) =>
        tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, 'NHWC', dilations);
      if (dilations !== 1) return [forward(x, w)];
      const value = forward(x, w);
      const [dx, dw] = tf.grads(forward)([x, w], tf.randomNormal(value.shape, 0, 1, 'float32', 9));
      return [value, dx, dw];
    })();
    return [y, dx, dw].filter((tensor) => tensor !== undefined);
  };
  expectClose(await valuesOn('wasm', run), await valuesOn('cpu', run));
});

test('optimizer steps and the loss agree with the cpu backend', async () => {
  const run = () => {
    const target = tf.randomNormal([3, 7], 0, 1, 'float32', 1);
    const results: tf.Tensor[] = [];
    for (const optimizer of ['sgd', 'nesterov', 'adam', 'adamw']) {
      const variable = tf.variable(tf.randomNormal([3, 7], 0, 1, 'float32', 2));
      const [m, v] = [tf.variable(tf.zerosLike(variable)), tf.variable(tf.zerosLike(variable))];
      for (let step = 1; step <= 3; step++) {
        const { value, grads } = tf.variableGrads(
          () => meanSquaredError(target, tf.mul(variable, variable)),
          [variable],
        );
        const gradient = grads[variable.name] as tf.Tensor;
        if (optimizer === 'sgd') sgdStep(variable, gradient, null, { learningRate: 0.1 });
        else if (optimizer === 'nesterov')
          sgdStep(variable, gradient, m, { learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 });
        else
          adamStep(variable, gradient, m, v, {
            learningRate: 0.1,
            weightDecay: 0.1,
            decoupled: optimizer === 'adamw',
            step,
          });
        results.push(value, gradient);
      }
      results.push(tf.clone(variable), tf.clone(m), tf.clone(v));
      tf.dispose([variable, m, v]);
    }
    return results;
  };
  expectClose(await valuesOn('wasm', run), await valuesOn('cpu', run));
});

test.each(['wasm', 'cpu'])('values are read into memory of the caller on %s', async (backend) => {
  await tf.setBackend(backend);
  const x = tf.tensor2d([1, Number.NaN, -0, 3], [2, 2]);
  const memory = new Float32Array(6).fill(9);
  await readInto(memory.subarray(1, 5), x);
  expect([...memory]).toEqual([9, 1, Number.NaN, -0, 3, 9]);
  await expect(readInto(memory, x)).rejects.toThrow('expected room for 4 values, received 6');
  x.dispose();
});

test.each(['first', 'last'])(
  'an input that is optimized %s with the weights of its network changes as on the cpu backend',
  async (turn) => {
    const model = new Sequential({ inputShape: [8, 8, 4] })
      .add(conv2d({ filters: 8, kernelSize: 3 }))
      .add(relu())
      .add(flatten())
      .add(linear({ units: 7 }));
    const run = () => {
      const built = model.build();
      built.setWeights(built.getWeights().map(({ shape }, i) => tf.randomNormal(shape, 0, 0.1, 'float32', i + 1)));
      const x = tf.variable(tf.randomNormal([3, 8, 8, 4], 0, 1, 'float32', 9));
      const variables = [x, ...built.trainableWeights.map((weight) => weight.read() as tf.Variable)];
      const forward = fuseForward(built);
      const { value, grads } = tf.variableGrads(
        () => meanSquaredError(tf.zeros([3, 7]), forward(x) as tf.Tensor),
        variables,
      );
      // The gradient for x is computed when it is read, from weights as they were.
      const order = turn === 'first' ? variables : [...variables].reverse();
      for (const variable of order) sgdStep(variable, grads[variable.name] as tf.Tensor, null, { learningRate: 0.3 });
      return [value, ...variables.map((variable) => tf.clone(variable))];
    };
    expectClose(await valuesOn('wasm', run), await valuesOn('cpu', run));
  },
);
