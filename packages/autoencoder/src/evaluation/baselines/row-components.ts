import * as tf from '@tensorflow/tfjs-core';
import { eigenvaluesOf, tridiagonalVectors } from '../../linear-algebra/leading-vectors';
import { reduceToTridiagonal, type Tridiagonal } from '../../linear-algebra/tridiagonal';
import type { ImageRows } from './image-rows';

/** Columns multiplied at once: partial sums are added in float64, so that the small components survive float32. */
const chunkSize = 1024;

/** Rows multiplied at once: what is above the diagonal of a symmetric product need not be computed. */
const stripeSize = 512;

/** Reflections that are undone at once. */
const panelSize = 64;

/** The principal components of some columns of rows of values. */
export class RowComponents {
  /** Of the Gram matrix, in descending order. */
  readonly eigenvalues: Float64Array;
  readonly #rows: ImageRows;
  readonly #columns: readonly [from: number, to: number];
  readonly #form: Tridiagonal;

  private constructor(rows: ImageRows, columns: readonly [number, number], form: Tridiagonal) {
    this.#rows = rows;
    this.#columns = columns;
    this.#form = form;
    this.eigenvalues = eigenvaluesOf(form);
  }

  static async of(
    rows: ImageRows,
    columns: readonly [from: number, to: number],
    pause: () => Promise<void>,
  ): Promise<RowComponents> {
    const gram = await gramMatrix(rows, columns, pause);
    return new RowComponents(rows, columns, await finish(reduceToTridiagonal(gram, rows.count), pause));
  }

  /** Returns the first `count` components, `[count, size]`, 0 outside the columns. The Gram matrix is gone then. */
  async first(count: number, pause: () => Promise<void>): Promise<Float32Array> {
    const n = this.#rows.count;
    const vectors = await finish(tridiagonalVectors(this.#form, this.eigenvalues, count), pause);
    let weights = tf.tensor2d(Float32Array.from(vectors), [count, n]);
    for (let first = 1; first < n; first += panelSize) {
      const turned = turn(weights, this.#form, first, Math.min(n, first + panelSize));
      weights.dispose();
      weights = turned;
      await pause();
    }
    const components = await combineRows(weights, this.#rows, this.#columns, pause);
    weights.dispose();
    return components;
  }
}

async function finish<T>(steps: Generator<void, T, void>, pause: () => Promise<void>): Promise<T> {
  for (;;) {
    const step = steps.next();
    await pause();
    if (step.done) return step.value;
  }
}

/** Applies the reflections from `first` to `end` to rows of vectors, as one: 1 - U S U' (Schreiber and Van Loan, 1989). */
function turn(vectors: tf.Tensor2D, { reflections, scales }: Tridiagonal, first: number, end: number) {
  const n = scales.length;
  const used = Array.from({ length: end - first }, (_, i) => first + i).filter((i) => scales[i] !== 0);
  const size = used.length;
  if (size === 0) return vectors.clone();
  const u = new Float32Array(size * n);
  for (const [r, i] of used.entries()) u.set(reflections.subarray(i * n, i * n + i), r * n);
  const s = new Float64Array(size * size);
  for (const [c, i] of used.entries()) {
    const products = used.slice(0, c).map((j) => dotOf(reflections, j * n, i * n, j));
    for (let r = 0; r < c; r++) {
      for (let k = r; k < c; k++) s[r * size + c] -= (s[r * size + k] * products[k]) / scales[i];
    }
    s[c * size + c] = 1 / scales[i];
  }
  return tf.tidy(() => {
    const rows = tf.tensor2d(u, [size, n]);
    const shares = tf.matMul(tf.matMul(vectors, rows, false, true), tf.tensor2d(Float32Array.from(s), [size, size]));
    return tf.sub<tf.Tensor2D>(vectors, tf.matMul(shares, rows));
  });
}

function dotOf(values: Float64Array, a: number, b: number, length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += values[a + k] * values[b + k];
  return sum;
}

/** Copies columns `from` to `to` of all rows as `[count, to - from]`. */
function sliceColumns({ values, count, size }: ImageRows, from: number, to: number): tf.Tensor2D {
  const width = to - from;
  const slice = new Float32Array(count * width);
  for (let row = 0; row < count; row++) slice.set(values.subarray(row * size + from, row * size + to), row * width);
  return tf.tensor2d(slice, [count, width]);
}

/** The products of all rows with each other, `[count, count]`. */
async function gramMatrix(
  rows: ImageRows,
  [from, to]: readonly [number, number],
  pause: () => Promise<void>,
): Promise<Float64Array> {
  const { count } = rows;
  const gram = new Float64Array(count * count);
  for (let column = from; column < to; column += chunkSize) {
    const columns = sliceColumns(rows, column, Math.min(to, column + chunkSize));
    for (let top = 0; top < count; top += stripeSize) {
      const bottom = Math.min(count, top + stripeSize);
      const product = tf.tidy(() => {
        const stripe = tf.slice(columns, [top, 0], [bottom - top, -1]);
        return tf.matMul(stripe, tf.slice(columns, [0, 0], [bottom, -1]), false, true);
      });
      const values = await product.data();
      product.dispose();
      for (let r = top; r < bottom; r++) {
        const at = (r - top) * bottom;
        for (let c = 0; c <= r; c++) gram[r * count + c] += values[at + c];
      }
    }
    columns.dispose();
    await pause();
  }
  for (let r = 0; r < count; r++) for (let c = 0; c < r; c++) gram[c * count + r] = gram[r * count + c];
  return gram;
}

/** Returns weights x rows, each scaled to length 1. */
async function combineRows(
  weights: tf.Tensor2D,
  rows: ImageRows,
  [from, to]: readonly [number, number],
  pause: () => Promise<void>,
): Promise<Float32Array> {
  const [count] = weights.shape;
  const { size } = rows;
  const out = new Float32Array(count * size);
  for (let column = from; column < to; column += chunkSize) {
    const end = Math.min(to, column + chunkSize);
    const columns = sliceColumns(rows, column, end);
    const product = tf.matMul(weights, columns);
    const values = await product.data();
    tf.dispose([columns, product]);
    const width = end - column;
    for (let i = 0; i < count; i++) out.set(values.subarray(i * width, (i + 1) * width), i * size + column);
    await pause();
  }
  for (let at = 0; at < out.length; at += size) {
    let squares = 0;
    for (let i = from; i < to; i++) squares += out[at + i] * out[at + i];
    const scale = 1 / Math.sqrt(squares);
    for (let i = from; i < to; i++) out[at + i] *= scale;
  }
  return out;
}
