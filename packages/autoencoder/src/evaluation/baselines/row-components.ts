import { readInto, reduceOnBackend, type Tridiagonal } from '@ae/layers/ops';
import * as tf from '@tensorflow/tfjs-core';
import { finish } from '../../linear-algebra/steps';
import { reduceToTridiagonal } from '../../linear-algebra/tridiagonal';
import { eigenvaluesOf } from '../../linear-algebra/tridiagonal-values';
import { tridiagonalVectors } from '../../linear-algebra/tridiagonal-vectors';
import type { ImageRows } from './image-rows';

/** Columns multiplied at a time: partial sums are added in float64, so that small components survive float32. */
const chunkSize = 1024;

/** Rows multiplied at a time: what is above the diagonal of a symmetric product need not be computed. */
const stripeSize = 512;

/** Reflections undone at a time. */
const panelSize = 128;

/** The principal components of some columns of the rows. */
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
    const form = reduceOnBackend(gram, rows.count) ?? (await finish(reduceToTridiagonal(gram, rows.count), pause));
    await pause();
    return new RowComponents(rows, columns, form);
  }

  /**
   * Returns the first `count` components, 0 outside the columns; undefined in place of those whose eigenvalues are rounding errors. Destroys
   * the Gram matrix.
   */
  async first(count: number, pause: () => Promise<void>): Promise<(Float32Array | undefined)[]> {
    const n = this.#rows.count;
    const vectors = await finish(tridiagonalVectors(this.#form, this.eigenvalues, count), pause);
    let weights = tf.tensor2d(new Float32Array(vectors), [count, n]);
    for (let first = 1; first < n; first += panelSize) {
      const turned = await turn(weights, this.#form, first, Math.min(n, first + panelSize));
      weights.dispose();
      weights = turned;
      await pause();
    }
    const components = await combineRows(weights, this.#rows, this.#columns, pause);
    weights.dispose();
    return components.map((component, i) => (scaleToUnit(component, this.eigenvalues[i]) ? component : undefined));
  }
}

/** Applies the reflections from `first` to `end` to rows of vectors, as one: 1 - U S U' (Schreiber and Van Loan, 1989). */
async function turn(vectors: tf.Tensor2D, { reflections, scales }: Tridiagonal, first: number, end: number) {
  const n = scales.length;
  const used = Array.from({ length: end - first }, (_, i) => first + i).filter((i) => scales[i] !== 0);
  const size = used.length;
  if (size === 0) return vectors.clone();
  const u = new Float32Array(size * n);
  for (const [r, i] of used.entries()) u.set(reflections.subarray(i * n, i * n + i), r * n);
  const rows = tf.tensor2d(u, [size, n]);
  const products = tf.matMul(rows, rows, false, true);
  const inverses = Float64Array.from(used, (i) => 1 / scales[i]);
  const s = joinReflections(await products.data<'float32'>(), inverses);
  products.dispose();
  const turned = tf.tidy(() => {
    const shares = tf.matMul(tf.matMul(vectors, tf.transpose(rows)), tf.tensor2d(s, [size, size]));
    return tf.sub<tf.Tensor2D>(vectors, tf.matMul(shares, rows));
  });
  rows.dispose();
  return turned;
}

/** Returns S, upper triangular, from the products of the vectors and the inverses of half of their squared lengths. */
function joinReflections(products: Float32Array, inverses: Float64Array): Float32Array {
  const size = inverses.length;
  const s = new Float64Array(size * size);
  for (let c = 0; c < size; c++) {
    for (let r = 0; r < c; r++) {
      let sum = 0;
      for (let k = r; k < c; k++) sum += s[r * size + k] * products[k * size + c];
      s[r * size + c] = -sum * inverses[c];
    }
    s[c * size + c] = inverses[c];
  }
  return new Float32Array(s);
}

/** Copies columns `from` to `to` of all rows as `[count, to - from]`. */
function sliceColumns({ values, count, size }: ImageRows, from: number, to: number): tf.Tensor2D {
  const width = to - from;
  const slice = new Float32Array(count * width);
  for (let row = 0; row < count; row++) slice.set(values.subarray(row * size + from, row * size + to), row * width);
  return tf.tensor2d(slice, [count, width]);
}

/** Computes the products of all rows with each other, `[count, count]`: only those of each row with the rows up to itself. */
async function gramMatrix(
  rows: ImageRows,
  [from, to]: readonly [number, number],
  pause: () => Promise<void>,
): Promise<Float64Array> {
  const { count } = rows;
  const gram = new Float64Array(count * count);
  const values = new Float32Array(Math.min(count, stripeSize) * count);
  for (let column = from; column < to; column += chunkSize) {
    const columns = tf.tidy(() => tf.transpose(sliceColumns(rows, column, Math.min(to, column + chunkSize))));
    for (let top = 0; top < count; top += stripeSize) {
      const height = Math.min(count - top, stripeSize);
      const product = tf.tidy(() => {
        const stripe = tf.slice(columns, [0, top], [-1, height]);
        return tf.matMul(stripe, tf.slice(columns, [0, top], [-1, -1]), true);
      });
      const width = count - top;
      await readInto(values.subarray(0, height * width), product);
      product.dispose();
      for (let r = 0; r < height; r++) addTo(gram, (top + r) * count + top, values, r * width, width);
    }
    columns.dispose();
    await pause();
  }
  return gram;
}

function addTo(sums: Float64Array, to: number, values: Float32Array, from: number, count: number): void {
  for (let i = 0; i < count; i++) sums[to + i] += values[from + i];
}

/** Returns the rows of weights x rows. */
async function combineRows(
  weights: tf.Tensor2D,
  rows: ImageRows,
  [from, to]: readonly [number, number],
  pause: () => Promise<void>,
): Promise<Float32Array[]> {
  const [count] = weights.shape;
  const out = Array.from({ length: count }, () => new Float32Array(rows.size));
  for (let column = from; column < to; column += chunkSize) {
    const width = Math.min(to - column, chunkSize);
    const columns = sliceColumns(rows, column, column + width);
    const product = tf.matMul(weights, columns);
    const values = new Float32Array(count * width);
    await readInto(values, product);
    tf.dispose([columns, product]);
    for (let i = 0; i < count; i++) out[i].set(values.subarray(i * width, (i + 1) * width), column);
    await pause();
  }
  return out;
}

/**
 * Scales a component to length 1, and tells whether it is one. The square of its length is its eigenvalue, except where that is a rounding
 * error of 0: such components, which would not be orthogonal, are much shorter.
 */
function scaleToUnit(values: Float32Array, eigenvalue: number): boolean {
  let squares = 0;
  for (const value of values) squares += value * value;
  if (squares < eigenvalue / 2) return false;
  const scale = 1 / Math.sqrt(squares);
  for (let i = 0; i < values.length; i++) values[i] *= scale;
  return true;
}
