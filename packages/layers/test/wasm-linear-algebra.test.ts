/** Slices and Householder reduction of the WebAssembly engine, checked against plain loops and against linear algebra. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { initWasm } from '../src/backends/wasm';
import { sgdStep } from '../src/entries';
import { reduceOnBackend, type Tridiagonal } from '../src/entries/ops';

beforeAll(() => initWasm());

test.each([
  [[7], [2], [3]],
  [
    [5, 6],
    [1, 0],
    [3, 6],
  ],
  [
    [5, 6],
    [0, 2],
    [5, 3],
  ],
  [
    [5, 6],
    [4, 5],
    [-1, -1],
  ],
  [
    [3, 4, 5],
    [1, 1, 1],
    [2, 2, 3],
  ],
  [
    [3, 4, 5, 2],
    [0, 1, 0, 0],
    [3, 2, 5, 2],
  ],
  [
    [2, 3, 2, 3, 2],
    [1, 0, 1, 1, 0],
    [1, 3, 1, 2, 2],
  ],
  [
    [2, 3],
    [1, 1],
    [1, 0],
  ],
])('slices of %j from %j on, of size %j', (shape, begin, size) => {
  const values = Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i);
  const whole = size.map((length, axis) => (length < 0 ? shape[axis] - begin[axis] : length));
  // Values are numbered, so each one tells where it was.
  const expected = values.filter((value) => {
    let rest = value;
    return shape
      .map((length, axis) => [axis, length] as const)
      .reverse()
      .every(([axis, length]) => {
        const place = (rest % length) - begin[axis];
        rest = Math.floor(rest / length);
        return place >= 0 && place < whole[axis];
      });
  });
  for (const dtype of ['float32', 'int32', 'bool'] as const) {
    const x = tf.tensor(dtype === 'bool' ? values.map((i) => i % 2) : values, shape, dtype);
    const y = tf.slice(x, begin, size);
    expect([y.shape, y.dtype]).toEqual([whole, dtype]);
    expect(Array.from(y.dataSync())).toEqual(dtype === 'bool' ? expected.map((i) => i % 2) : expected);
    tf.dispose([x, y]);
  }
});

test('a slice past the end is an error', () => {
  expect(() => tf.slice(tf.zeros([2, 3]), [1, 1], [2, 1])).toThrow(/begin\[0\] \+ size\[0\]/);
});

/** Applying the stored reflections one after the other turns the tridiagonal matrix back into the original. */
function putTogether({ diagonal, offDiagonal, reflections, scales }: Tridiagonal): number[][] {
  const n = diagonal.length;
  const matrix = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) =>
      i === j ? diagonal[i] : Math.abs(i - j) === 1 ? offDiagonal[Math.min(i, j)] : 0,
    ),
  );
  const reflect = (row: number[], i: number) => {
    let sum = 0;
    for (let k = 0; k < i; k++) sum += reflections[i * n + k] * row[k];
    for (let k = 0; k < i; k++) row[k] -= (sum / scales[i]) * reflections[i * n + k];
  };
  for (let i = 1; i < n; i++) {
    if (scales[i] === 0) continue;
    for (const row of matrix) reflect(row, i);
    for (let c = 0; c < n; c++) {
      const column = matrix.map((row) => row[c]);
      reflect(column, i);
      for (const [r, value] of column.entries()) matrix[r][c] = value;
    }
  }
  return matrix;
}

test.each([1, 2, 3, 7, 40, 61])('a matrix of %i rows equals its reflections applied to a tridiagonal one', (n) => {
  const matrix = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  // Rows of zeros need no reflection.
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) matrix[i][j] = matrix[j][i] = i % 5 === 3 ? 0 : Math.sin(1 + 7 * i + 3 * j * j);
  }
  const form = reduceOnBackend(Float64Array.from(matrix.flat()), n);
  if (!form) throw new Error('the WebAssembly engine did not reduce the matrix');
  expect(form.offDiagonal[n - 1]).toBe(0);
  const back = putTogether(form);
  const worst = Math.max(...matrix.flatMap((row, i) => row.map((value, j) => Math.abs(value - back[i][j]))));
  expect(worst).toBeLessThan(1e-13 * n);
});

/** A matrix of so many rows that takes three of four numbers, some of them twice as large. */
function choosing(rows: number): (row: number, column: number) => number {
  return (row, column) => ((row * 7) % rows !== column || column % 4 === 3 ? 0 : column % 3 === 0 ? 2 : 1);
}

/** Columns that a matrix takes as they are, and mixtures of others: from a row on in the columns from `first` to `limit`. */
function mixing(row: number, first: number, limit: number): (r: number, c: number) => number {
  const isInside = (c: number) => c >= first && c < limit;
  return (r, c) => {
    if (r >= row) return isInside(c) && r !== row + 2 ? Math.sin(r * 3 + c * c) : 0;
    return c === (r < first ? r : r + limit - first) ? 2 : 0;
  };
}

test.each<[string, [number, number], (row: number, column: number) => number]>([
  ['chooses', [300, 256], choosing(300)],
  [
    'has two values in a column',
    [300, 256],
    (r: number, c: number) => (r === 299 && c === 0 ? 0.5 : choosing(300)(r, c)),
  ],
  ['chooses and mixes', [300, 256], mixing(100, 100, 256)],
  ['chooses and mixes very many', [1000, 1000], mixing(300, 250, 1000)],
  ['chooses columns on both sides of those that it mixes', [300, 256], mixing(90, 70, 201)],
  [
    'mixes columns that it chooses, too',
    [300, 256],
    (r: number, c: number) => mixing(100, 100, 256)(r, c) + (r === 250 && c === 7 ? 1 : 0),
  ],
])('products with a large matrix that %s, both ways, and after it has changed', (_, [rows, columns], valueAt) => {
  const values = Array.from({ length: rows * columns }, (_, i) => valueAt(Math.floor(i / columns), i % columns));
  const matrix = tf.variable(tf.tensor2d(values, [rows, columns]));
  const x = tf.randomUniform<tf.Rank.R2>([3, rows], -1, 1, 'float32', 5);
  const y = tf.randomUniform<tf.Rank.R2>([3, columns], -1, 1, 'float32', 6);
  const bias = tf.linspace(-1, 1, columns);
  const [xs, ys, biases] = [x.dataSync(), y.dataSync(), bias.dataSync()];
  for (const scale of [1, 3]) {
    if (scale === 3) {
      const gradient = tf.tensor2d(values, [rows, columns]);
      sgdStep(matrix, gradient, null, { learningRate: -2 });
      gradient.dispose();
    }
    const forward = tf.fused.matMul({ a: x, b: matrix as tf.Tensor2D, bias, activation: 'relu' }).dataSync();
    const back = tf.matMul(y, matrix as tf.Tensor2D, false, true).dataSync();
    for (let n = 0; n < 3; n++) {
      for (let c = 0; c < columns; c++) {
        let sum = biases[c];
        for (let r = 0; r < rows; r++) sum += scale * values[r * columns + c] * xs[n * rows + r];
        expect(forward[n * columns + c]).toBeCloseTo(Math.max(0, sum), 4);
      }
      for (let r = 0; r < rows; r++) {
        let sum = 0;
        for (let c = 0; c < columns; c++) sum += scale * values[r * columns + c] * ys[n * columns + c];
        expect(back[n * rows + r]).toBeCloseTo(sum, 4);
      }
    }
  }
  tf.dispose([matrix, x, y, bias]);
});
