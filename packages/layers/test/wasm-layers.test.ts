/**
 * Every layer of tf.layers that tfjs can train, five steps in place on wasm compared with five on cpu, from the same weights and data.
 *
 * Memory is filled with NaN before kernels get it, which exposes a kernel that relies on its contents.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { registerCpuKernels } from '../src/backends/cpu';
import { initWasm, type WasmEngine } from '../src/backends/wasm';
import { adamStep, sgdStep } from '../src/entries/index';
import { type LayerCase, layerCases, type Wiring } from './layer-cases';

let engine: WasmEngine;

beforeAll(async () => {
  registerCpuKernels();
  engine = await initWasm({ threads: 2 });
  poison(engine.backend);
});

function poison(backend: BackendWasm): void {
  const { makeOutput } = backend;
  backend.makeOutput = (shape, dtype, memoryOffset, values) => {
    const output = makeOutput.call(backend, shape, dtype, memoryOffset, values);
    if (dtype !== 'string' && memoryOffset == null && values == null)
      backend.typedArrayFromHeap(output).fill(Number.NaN);
    return output;
  };
}

/** The layer between other layers that are trained, so gradients have to pass through it. */
function build(shape: number[], layer: Wiring, isFirst: boolean): tfl.LayersModel {
  const input = tfl.input({ shape });
  const channels = shape[shape.length - 1] as number;
  const first =
    shape.length === 3
      ? tfl.layers.conv2d({ filters: channels, kernelSize: 1 })
      : tfl.layers.dense({ units: channels });
  const middle = layer(isFirst ? input : (first.apply(input) as tfl.SymbolicTensor)) as tfl.SymbolicTensor;
  const flat = middle.shape.length > 2 ? (tfl.layers.flatten().apply(middle) as tfl.SymbolicTensor) : middle;
  return tfl.model({ inputs: input, outputs: tfl.layers.dense({ units: 3 }).apply(flat) as tfl.SymbolicTensor });
}

const sines = (shape: number[], frequency: number) =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin((i + 1) * frequency)),
    shape,
  );

/** Losses before each of five steps of Adam, or in training mode of SGD, and all weights after them. */
function train([shape, layer, of]: LayerCase, training: boolean): { losses: number[]; weights: number[][] } {
  return tf.tidy(() => {
    const model = build(shape, layer, of !== undefined);
    for (const [i, weight] of model.weights.entries()) {
      const variances = weight.originalName.includes('variance');
      weight.write(
        variances ? tf.ones(weight.shape as number[]) : tf.mul(sines(weight.shape as number[], 1.7 + i), 0.4),
      );
    }
    const [waves, y] = [sines([3, ...shape], 0.377), sines([3, 3], 0.9)];
    const x = of ? tf.floor(tf.mul(tf.abs(waves), 9.9)) : waves;
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const states = variables.map((v) => [tf.variable(tf.zerosLike(v)), tf.variable(tf.zerosLike(v))] as const);
    const losses = [1, 2, 3, 4, 5].map((step) => {
      const predict = () => model.apply(x, { training }) as tf.Tensor;
      const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(tf.sub(predict(), y))) as tf.Scalar, variables);
      for (const [i, variable] of variables.entries()) {
        const [m, v] = states[i] as (typeof states)[number];
        const gradient = grads[variable.name] as tf.Tensor;
        // A bias before batch normalization has a gradient of 0, and Adam would divide its rounding errors by their size.
        if (training) sgdStep(variable, gradient, null, { learningRate: 0.02 });
        else adamStep(variable, gradient, m, v, { learningRate: 0.02, step });
      }
      return value.dataSync()[0] as number;
    });
    return { losses, weights: model.getWeights().map((weight) => Array.from(weight.dataSync())) };
  });
}

async function expectTheSame(layerCase: LayerCase, training: boolean): Promise<void> {
  await tf.setBackend('cpu');
  const expected = train(layerCase, training);
  await tf.setBackend('wasm');
  const received = train(layerCase, training);
  for (const [step, loss] of received.losses.entries()) {
    expect(loss, `loss of step ${step + 1}`).toBeCloseTo(expected.losses[step] as number, 3);
  }
  const differences = received.weights.flatMap((weight, i) =>
    weight.map((value, j) => Math.abs(value - (expected.weights[i]?.[j] as number))),
  );
  const far = differences.filter((difference) => !(difference < 2e-3));
  expect(far.length, `weights of ${differences.length} that differ`).toBe(0);
}

test.each(Object.entries(layerCases))('%s', (_name, layerCase) => expectTheSame(layerCase, false));

test.each(['batchNormalization', 'batchNormalization of vectors', 'layerNormalization'])(
  '%s, while it trains',
  (name) => expectTheSame(layerCases[name] as LayerCase, true),
);

describe('what changes in place', () => {
  const kinds = ['adam', 'sgd', 'momentum'] as const;

  const zeros = (variable: tf.Variable) => tf.variable(tf.zerosLike(variable));

  /** Steps of 0.1, whatever the optimizer. */
  function step(
    kind: (typeof kinds)[number],
    variable: tf.Variable,
    number: number,
    states = [variable, variable].map(zeros),
  ): void {
    const [gradient, [m, v]] = [tf.ones(variable.shape), states as [tf.Variable, tf.Variable]];
    if (kind === 'adam') adamStep(variable, gradient, m, v, { learningRate: 0.1, step: number });
    else if (kind === 'sgd') sgdStep(variable, gradient, null, { learningRate: 0.1 });
    else sgdStep(variable, gradient, m, { learningRate: 0.1, momentum: 0.9, dampening: 0.9, step: number });
  }

  test.each(kinds.flatMap((kind) => [[kind, 'float32'] as const, [kind, 'int32'] as const]))(
    'PReLU sees the slopes of the latest step of %s, with inputs of %s',
    (kind, dtype) => {
      tf.tidy(() => {
        for (const shape of [[4], [14, 14, 4], [1000]]) {
          const slopes = tf.variable(tf.fill(shape, 0.5));
          const states = [slopes, slopes].map(zeros);
          const x = tf.cast(tf.fill([2, ...shape], -1), dtype);
          for (let number = 1; number <= 3; number++) {
            step(kind, slopes, number, states);
            const expected = slopes.dataSync()[0] as number;
            expect(expected).toBeCloseTo(0.5 - 0.1 * number, 5);
            for (const y of tf.prelu(x, slopes).dataSync()) expect(y).toBeCloseTo(-expected, 6);
          }
        }
      });
    },
  );

  test('stock kernels see the latest values, too: to them, each step is a new tensor', () => {
    const { dataIdMap } = engine.backend;
    const emscripten = engine.backend.wasm as unknown as { cwrap(...signature: unknown[]): (...ids: number[]) => void };
    tf.tidy(() => {
      const [slopes, x] = [tf.variable(tf.fill([4], 0.5)), tf.fill([2, 4], -1)];
      // What tfjs-wasm's own Prelu calls: it packs the slopes once for each tensor ID.
      const stock = emscripten.cwrap('Prelu', null, ['number', 'number', 'number']);
      for (let number = 1; number <= 3; number++) {
        const y = tf.zeros([2, 4]);
        stock(...[x, slopes, y].map(({ dataId }) => dataIdMap.get(dataId).id));
        expect(y.dataSync()[7]).toBeCloseTo(-0.6 + 0.1 * number, 5);
        step('sgd', slopes, number);
      }
    });
  });

  test('filters and biases of fused convolutions are those of the latest step', () => {
    const activations = ['elu', 'leakyrelu', 'prelu', 'relu6', 'sigmoid', 'relu', 'linear'] as const;
    tf.tidy(() => {
      for (const activation of activations) {
        const x = sines([1, 5, 5, 2], 0.7);
        const [filter, bias] = [tf.variable(sines([3, 3, 2, 1], 0.3)), tf.variable(tf.ones([2]))];
        const alpha = tf.variable(tf.fill([2], 0.3));
        const run = (filter: tf.Tensor, bias: tf.Tensor, preluActivationWeights: tf.Tensor) =>
          tf.fused.depthwiseConv2d({
            ...{ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, bias, strides: 1, pad: 'same', activation },
            ...(activation === 'prelu' && { preluActivationWeights }),
            ...(activation === 'leakyrelu' && { leakyreluAlpha: 0.1 }),
          });
        for (let number = 1; number <= 3; number++) {
          for (const variable of [filter, bias, alpha]) step('sgd', variable, number);
          const fresh = [filter, bias, alpha].map((variable) => tf.tensor(variable.dataSync(), variable.shape));
          const expected = run(fresh[0] as tf.Tensor, fresh[1] as tf.Tensor, fresh[2] as tf.Tensor).dataSync();
          expect(run(filter, bias, alpha).dataSync()).toEqual(expected);
        }
      }
    });
  });
});

test.each(['cpu', 'wasm'])('the gradient of nearest-neighbor resizing is right for every image on %s', async (name) => {
  await tf.setBackend(name);
  const ramp = (shape: number[]) =>
    tf.tensor4d(
      Float32Array.from({ length: 32 }, (_, i) => i + 1),
      shape as [number, number, number, number],
    );
  const gradient = tf.grad((x) => tf.mul(tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [4, 4]), ramp([2, 4, 4, 1])));
  // Sums of 2 x 2: 1 + 2 + 5 + 6, ...
  expect(Array.from(gradient(tf.zeros([2, 2, 2, 1])).dataSync())).toEqual([14, 22, 46, 54, 78, 86, 110, 118]);
});

describe('depthwise convolutions of all sizes', () => {
  const sizes = [
    [7, 9],
    [1, 1],
    [2, 13],
  ] as const;
  const filters = [
    [3, 3],
    [5, 2],
    [1, 7],
  ] as const;

  test.each([1, 3, 16, 21])('%d channels: values and both gradients are those of cpu', async (channels) => {
    for (const [height, width] of sizes) {
      for (const [rows, columns] of filters) {
        for (const multiplier of [1, 2]) {
          for (const strides of [1, 2, 3]) {
            const run = () =>
              tf.tidy(() => {
                const [x, filter] = [
                  sines([2, height, width, channels], 0.377),
                  sines([rows, columns, channels, multiplier], 0.7),
                ];
                const convolve = (x: tf.Tensor, filter: tf.Tensor) =>
                  tf.square(tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, 'same'));
                return [convolve(x, filter), ...tf.grads(convolve)([x, filter])].flatMap((t) =>
                  Array.from(t.dataSync()),
                );
              });
            await tf.setBackend('cpu');
            const expected = run();
            await tf.setBackend('wasm');
            const far = run().filter(
              (value, i) => !(Math.abs(value - expected[i]) <= 2e-4 * (1 + Math.abs(expected[i]))),
            );
            expect(far, `${[height, width, rows, columns, multiplier, strides]}`).toEqual([]);
          }
        }
      }
    }
  });

  test('channels first are refused', () => {
    const convolve = () =>
      tf.depthwiseConv2d(tf.zeros<tf.Rank.R4>([1, 3, 4, 4]), tf.zeros([3, 3, 3, 1]), 1, 'same', 'NCHW');
    expect(convolve).toThrow(/expected `dataFormat` to be 'NHWC', received 'NCHW'/);
  });

  test('a batch without images gives empty results and a gradient of zeros', () => {
    const [x, filter] = [tf.zeros<tf.Rank.R4>([0, 4, 4, 3]), sines([3, 3, 3, 1], 0.7)];
    const convolve = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same');
    const [dx, dFilter] = tf.grads(convolve)([x, filter]) as [tf.Tensor, tf.Tensor];
    expect([dx.shape, Array.from(dFilter.dataSync())]).toEqual([[0, 4, 4, 3], new Array(27).fill(0)]);
  });
});
