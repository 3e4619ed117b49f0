/** The WebAssembly kernels on sizes that are not multiples of their tiles: every tail, stride, padding, dilation and transpose. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { initWasm } from '../src/backends/wasm';
import { type ConvCase, convOutput, eachProduct, randomValues, relativeError } from './wasm-reference';

beforeAll(() => initWasm());

const TOLERANCE = 2e-6;

const convCase = (sizes: Partial<ConvCase>): ConvCase => ({
  batch: 2,
  height: 9,
  width: 11,
  inChannels: 3,
  outChannels: 5,
  kernel: [3, 3],
  strides: [1, 1],
  dilations: [1, 1],
  pad: [0, 0, 0, 0],
  ...sizes,
});

const convCases: ConvCase[] = [
  convCase({}),
  convCase({ outChannels: 12, inChannels: 12 }),
  convCase({ outChannels: 24, inChannels: 12, batch: 5, height: 14, width: 14 }),
  convCase({ outChannels: 3, inChannels: 12, pad: [2, 2, 2, 2] }),
  convCase({ outChannels: 1, inChannels: 7 }),
  convCase({ outChannels: 2, inChannels: 4, pad: [1, 1, 1, 1] }),
  convCase({ outChannels: 4, inChannels: 1 }),
  convCase({ outChannels: 29, inChannels: 5, strides: [2, 2], kernel: [5, 5], pad: [2, 2, 2, 2] }),
  convCase({ outChannels: 16, inChannels: 2, strides: [3, 2], kernel: [2, 4], pad: [0, 1, 3, 0] }),
  convCase({ outChannels: 8, inChannels: 9, strides: [1, 3], kernel: [3, 4], pad: [2, 2, 2, 2] }),
  convCase({ outChannels: 6, inChannels: 5, strides: [4, 4], kernel: [3, 2] }),
  convCase({ outChannels: 13, inChannels: 5, dilations: [2, 3], pad: [2, 2, 3, 3] }),
  convCase({ outChannels: 3, inChannels: 6, dilations: [2, 1], pad: [4, 0, 0, 1] }),
  convCase({ outChannels: 40, inChannels: 17, kernel: [1, 1] }),
  convCase({ outChannels: 7, inChannels: 64, kernel: [7, 7], pad: [3, 3, 3, 3], batch: 1 }),
  convCase({ outChannels: 10, inChannels: 3, height: 3, width: 3, batch: 17 }),
  convCase({ outChannels: 20, inChannels: 8, height: 1, width: 40, kernel: [1, 3] }),
  convCase({ outChannels: 12, inChannels: 3, height: 40, width: 1, kernel: [3, 1], pad: [1, 1, 0, 0] }),
  // Many channels: Winograd's algorithm, with taps in groups of 2 and 3.
  convCase({ outChannels: 24, inChannels: 32 }),
  convCase({ outChannels: 28, inChannels: 24, pad: [1, 1, 1, 1], height: 14, width: 13 }),
  convCase({ outChannels: 40, inChannels: 64, kernel: [2, 3], batch: 3, pad: [0, 1, 2, 0] }),
  convCase({
    outChannels: 24,
    inChannels: 24,
    kernel: [5, 5],
    strides: [2, 2],
    pad: [2, 2, 2, 2],
    batch: 1,
    height: 21,
  }),
  convCase({ outChannels: 24, inChannels: 24, kernel: [4, 6], strides: [2, 2], pad: [1, 2, 2, 1] }),
  convCase({ outChannels: 32, inChannels: 24, kernel: [7, 4], strides: [1, 2], pad: [3, 3, 1, 1] }),
  convCase({ outChannels: 24, inChannels: 24, kernel: [3, 3], height: 3, width: 3, batch: 7 }),
  // Tiles of 4 outputs of 3 and of 2 taps that extend past the edges, alone and next to tiles of 2.
  convCase({ outChannels: 28, inChannels: 24, pad: [1, 1, 1, 1], height: 23, width: 30 }),
  convCase({ outChannels: 24, inChannels: 28, height: 9, width: 4, batch: 3 }),
  convCase({ outChannels: 24, inChannels: 28, kernel: [2, 2], pad: [0, 1, 1, 0], height: 15, width: 8, batch: 3 }),
  convCase({
    outChannels: 24,
    inChannels: 24,
    kernel: [5, 5],
    strides: [2, 2],
    pad: [1, 2, 1, 2],
    height: 34,
    width: 27,
  }),
  // Batches of which threads share whole images: for the gradient of the input, tiles of dy that lie side by side make pixels that overlap.
  convCase({ outChannels: 24, inChannels: 28, height: 10, batch: 17 }),
  convCase({ outChannels: 28, inChannels: 24, kernel: [2, 2], height: 9, width: 6, batch: 16 }),
  convCase({ outChannels: 24, inChannels: 24, kernel: [3, 2], height: 4, width: 10, batch: 19 }),
  convCase({ outChannels: 40, kernel: [4, 4], strides: [2, 2], pad: [1, 1, 1, 1], height: 16, width: 18, batch: 17 }),
  // Strides from few channels to many, by blocks of pixels: taps that do not fill them, edges, and taps in two groups.
  convCase({ outChannels: 40, kernel: [4, 4], strides: [2, 2], pad: [1, 1, 1, 1], height: 19, width: 17 }),
  convCase({ outChannels: 16, kernel: [4, 4], strides: [2, 2], pad: [3, 2, 3, 3], height: 18, width: 12 }),
  convCase({ outChannels: 64, kernel: [5, 5], strides: [2, 2], pad: [1, 2, 1, 2], height: 22, width: 25, batch: 3 }),
  convCase({
    outChannels: 20,
    inChannels: 4,
    kernel: [9, 8],
    strides: [2, 3],
    pad: [4, 4, 2, 3],
    height: 21,
    width: 15,
  }),
  convCase({
    outChannels: 24,
    inChannels: 1,
    kernel: [8, 8],
    strides: [4, 4],
    pad: [2, 2, 2, 2],
    height: 32,
    width: 20,
  }),
  convCase({
    outChannels: 16,
    inChannels: 1,
    kernel: [8, 6],
    strides: [4, 3],
    pad: [2, 2, 1, 2],
    height: 32,
    width: 24,
  }),
  // The same with a row that no tap reaches; and where blocks save too little: the gradient of the input is one product, spread over the image.
  convCase({ outChannels: 32, kernel: [4, 4], strides: [2, 2], height: 19, width: 17 }),
  convCase({
    outChannels: 33,
    inChannels: 2,
    kernel: [5, 5],
    strides: [2, 3],
    pad: [0, 1, 3, 2],
    height: 19,
    batch: 3,
  }),
  convCase({ outChannels: 96, kernel: [8, 8], strides: [4, 4], pad: [2, 2, 2, 2], height: 24, width: 36, batch: 1 }),
  convCase({ outChannels: 32, inChannels: 4, kernel: [2, 2], strides: [3, 3], height: 20, width: 23 }),
  // Large images of a small batch: chunks of the filter's gradient begin inside an image.
  convCase({ outChannels: 8, inChannels: 3, height: 70, width: 50, pad: [1, 1, 1, 1] }),
  convCase({ outChannels: 24, inChannels: 24, height: 80, width: 80, pad: [1, 1, 1, 1], batch: 2 }),
];

describe.each(convCases)('convolution %o', (sizes) => {
  const { batch, height, width, inChannels, outChannels, kernel, strides, dilations, pad } = sizes;
  const xShape: [number, number, number, number] = [batch, height, width, inChannels];
  const filterShape: [number, number, number, number] = [...kernel, inChannels, outChannels];
  const yShape: [number, number, number, number] = [batch, ...convOutput(sizes), outChannels];
  const x = randomValues(tf.util.sizeFromShape(xShape), 1);
  const filter = randomValues(tf.util.sizeFromShape(filterShape), 2);
  const dy = randomValues(tf.util.sizeFromShape(yShape), 3);
  const bias = randomValues(outChannels, 4);
  const padding: tf.backend_util.ExplicitPadding = [
    [0, 0],
    [pad[0], pad[1]],
    [pad[2], pad[3]],
    [0, 0],
  ];
  const attrs = { strides, dilations, pad: padding, dataFormat: 'NHWC' };
  const run = (kernelName: string, inputs: Record<string, tf.Tensor>, more: object) =>
    tf.tidy(
      () =>
        tf
          .engine()
          .runKernel(kernelName, inputs as tf.NamedTensorMap, { ...attrs, ...more } as tf.NamedAttrMap) as tf.Tensor,
    );

  test('forward, alone and with bias and ReLU', () => {
    const expected = new Float64Array(dy.length);
    eachProduct(sizes, (i, f, o) => {
      expected[o]! += x[i]! * filter[f]!;
    });
    const inputs = { x: tf.tensor4d(x, xShape), filter: tf.tensor4d(filter, filterShape), bias: tf.tensor1d(bias) };
    const y = run('Conv2D', inputs, {});
    expect(y.shape).toEqual(yShape);
    expect(relativeError(y.dataSync(), expected)).toBeLessThan(TOLERANCE);
    const fused = run('FusedConv2D', inputs, { activation: 'relu' });
    const finished = expected.map((value, i) => Math.max(0, value + bias[i % outChannels]!));
    expect(relativeError(fused.dataSync(), finished)).toBeLessThan(TOLERANCE);
    tf.dispose([inputs, y, fused]);
  });

  test('gradient of the input', () => {
    const expected = new Float64Array(x.length);
    eachProduct(sizes, (i, f, o) => {
      expected[i]! += dy[o]! * filter[f]!;
    });
    const inputs = { dy: tf.tensor4d(dy, yShape), filter: tf.tensor4d(filter, filterShape) };
    const dx = run('Conv2DBackpropInput', inputs, { inputShape: xShape });
    expect(dx.shape).toEqual(xShape);
    expect(relativeError(dx.dataSync(), expected)).toBeLessThan(TOLERANCE);
    tf.dispose([inputs, dx]);
  });

  test('gradient of the filter', () => {
    const expected = new Float64Array(filter.length);
    eachProduct(sizes, (i, f, o) => {
      expected[f]! += dy[o]! * x[i]!;
    });
    const inputs = { x: tf.tensor4d(x, xShape), dy: tf.tensor4d(dy, yShape) };
    const gradient = run('Conv2DBackpropFilter', inputs, { filterShape });
    expect(gradient.shape).toEqual(filterShape);
    expect(relativeError(gradient.dataSync(), expected)).toBeLessThan(TOLERANCE);
    tf.dispose([inputs, gradient]);
  });
});

const matrixSizes: Array<[rows: number, columns: number, steps: number]> = [
  [1, 1, 1],
  [1, 30, 7],
  [2, 13, 1025],
  [3, 12, 400],
  [4, 25, 401],
  [5, 3, 2049],
  [7, 100, 33],
  [33, 2, 19],
  [64, 49, 801],
  [130, 40, 513],
];

describe.each(matrixSizes)('matrix product %i x %i over %i steps', (rows, columns, steps) => {
  const a = randomValues(rows * steps, 5);
  const b = randomValues(steps * columns, 6);
  const expected = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let s = 0; s < steps; s++)
      for (let c = 0; c < columns; c++) expected[r * columns + c]! += a[r * steps + s]! * b[s * columns + c]!;
  }

  test.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('transposed: %o, %o', (transposeA, transposeB) => {
    const product = tf.tidy(() => {
      const [A, B] = [tf.tensor2d(a, [rows, steps]), tf.tensor2d(b, [steps, columns])];
      return tf.matMul(transposeA ? tf.transpose(A) : A, transposeB ? tf.transpose(B) : B, transposeA, transposeB);
    });
    expect(relativeError(product.dataSync(), expected)).toBeLessThan(TOLERANCE);
    product.dispose();
  });

  test('with bias and ReLU', () => {
    const bias = randomValues(columns, 7);
    const product = tf.tidy(() =>
      tf.fused.matMul({
        a: tf.tensor2d(a, [rows, steps]),
        b: tf.tensor2d(b, [steps, columns]),
        bias: tf.tensor1d(bias),
        activation: 'relu',
      }),
    );
    const finished = expected.map((value, i) => Math.max(0, value + bias[i % columns]!));
    expect(relativeError(product.dataSync(), finished)).toBeLessThan(TOLERANCE);
    product.dispose();
  });
});

test('matrix products of pairs, one operand shared', () => {
  const [pairs, rows, columns, steps] = [6, 5, 14, 9];
  const a = randomValues(pairs * rows * steps, 8);
  const b = randomValues(steps * columns, 9);
  const product = tf.tidy(() => tf.matMul(tf.tensor(a, [2, 3, rows, steps]), tf.tensor(b, [1, 1, steps, columns])));
  const expected = new Float64Array(pairs * rows * columns);
  for (let r = 0; r < pairs * rows; r++) {
    for (let s = 0; s < steps; s++)
      for (let c = 0; c < columns; c++) expected[r * columns + c]! += a[r * steps + s]! * b[s * columns + c]!;
  }
  expect(product.shape).toEqual([2, 3, rows, columns]);
  expect(relativeError(product.dataSync(), expected)).toBeLessThan(TOLERANCE);
  product.dispose();
});

test.each([1, 2, 3, 4, 5, 12, 37])('sums over all but the last of %i columns', (columns) => {
  const rows = 1001;
  const values = randomValues(rows * columns, columns);
  const expected = new Float64Array(columns);
  for (let i = 0; i < values.length; i++) expected[i % columns]! += values[i]!;
  const sums = tf.tidy(() => tf.sum(tf.tensor(values, [7, 11, 13, columns]), [0, 1, 2]));
  expect(sums.shape).toEqual([columns]);
  expect(relativeError(sums.dataSync(), expected)).toBeLessThan(1e-5);
  sums.dispose();
});
