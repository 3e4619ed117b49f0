/** The symmetric matrices whose eigenvectors are the best axes of a group of coefficients. */
import { ProductSums } from '../../linear-algebra/product-sums';
import { rowProducts } from '../../linear-algebra/row-products';
import { finish } from '../../linear-algebra/steps';
import type { BlockRange, BlockTable, Pause } from './block-statistics';
import type { Ranking } from './ranking';

/** How much covariances are shrunk: not at all, or by the fraction of the correlations that is due to chance. */
export type Shrinkage = 'none' | 'chance';

export interface EigenProblem {
  /** The coefficients, by their positions in the ranking. */
  readonly group: Int32Array;
  /** Returns the matrix `[n, n]` of the first blocks, up to `to`. */
  matrix(to: number, pause: Pause): Promise<Float64Array>;
  /** Returns the factors for the eigenvectors of the matrix of blocks up to `to`, for blocks of a range: `[blocks, n]`. */
  rows(range: BlockRange, to: number): Float64Array;
  /** Returns the weight of the square of such a product for an eigenvector with this eigenvalue. */
  squareScale(value: number): number;
  /** Returns the axes `[count, group]` of eigenvectors `[count, n]`. */
  axes(vectors: Float64Array, pause: Pause): Promise<Float64Array>;
}

interface Source {
  readonly table: BlockTable;
  readonly ranking: Ranking;
  readonly group: Int32Array;
}

/** The covariance matrix of coefficients: its size is their number. */
export class CovarianceProblem implements EigenProblem {
  readonly group: Int32Array;
  readonly #source: Source;
  readonly #shrinkage: Shrinkage;
  readonly #products: Products;

  constructor(source: Source, shrinkage: Shrinkage = 'none', products = new Products(source)) {
    this.group = source.group;
    this.#source = source;
    this.#shrinkage = shrinkage;
    this.#products = products;
  }

  /** Returns the same with another shrinkage; the sums are shared. */
  shrunk(shrinkage: Shrinkage): CovarianceProblem {
    return new CovarianceProblem(this.#source, shrinkage, this.#products);
  }

  async matrix(to: number, pause: Pause): Promise<Float64Array> {
    const matrix = await this.#products.upTo(to, pause);
    if (this.#shrinkage === 'none') return matrix;
    const n = this.group.length;
    const kept = 1 - chanceOf(this.#source, to, matrix);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i !== j) matrix[i * n + j] *= kept;
    return matrix;
  }

  rows([from, to]: BlockRange): Float64Array {
    const n = this.group.length;
    const rows = new Float64Array((to - from) * n);
    for (let block = from; block < to; block++) {
      takeRow(this.#source, block, 1, rows.subarray((block - from) * n, (block - from + 1) * n));
    }
    return rows;
  }

  squareScale(): number {
    return 1;
  }

  async axes(vectors: Float64Array): Promise<Float64Array> {
    return vectors;
  }
}

/** Sums of products of coefficients, over more and more blocks. */
class Products {
  readonly #source: Source;
  readonly #sums: ProductSums;
  #next = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#sums = new ProductSums(source.group.length);
  }

  /** Returns the mean products `[n, n]` of the first blocks, up to `to`, which never decreases. */
  async upTo(to: number, pause: Pause): Promise<Float64Array> {
    const row = new Float64Array(this.#source.group.length);
    for (; this.#next < to; this.#next++) {
      takeRow(this.#source, this.#next, rootOf(this.#source, this.#next), row);
      this.#sums.add(row);
      await pause();
    }
    return this.#sums.sums(1 / to);
  }
}

/**
 * The products of blocks with each other (the Gram matrix), if there are fewer blocks than coefficients: its eigenvectors determine the
 * same axes, and all coefficients cost no more than a few.
 */
export class GramProblem implements EigenProblem {
  readonly group: Int32Array;
  readonly #source: Source;
  /** The products of all blocks with each other. */
  #all?: Float64Array;

  constructor(source: Source) {
    this.group = source.group;
    this.#source = source;
  }

  async matrix(to: number, pause: Pause): Promise<Float64Array> {
    const { count } = this.#source.table;
    this.#all ??= await this.#products(pause);
    const matrix = new Float64Array(to * to);
    for (let i = 0; i < to; i++) matrix.set(this.#all.subarray(i * count, i * count + to), i * to);
    return matrix;
  }

  rows([from, to]: BlockRange, known: number): Float64Array {
    const { count } = this.#source.table;
    const rows = new Float64Array((to - from) * known);
    for (let block = from; block < to; block++) {
      // The weights of this block's products do not apply to what is left of it.
      const root = rootOf(this.#source, block);
      for (let i = 0; i < known; i++) {
        rows[(block - from) * known + i] = (this.#all?.[block * count + i] ?? 0) / root;
      }
    }
    return rows;
  }

  squareScale(value: number): number {
    return value > 0 ? 1 / value : 0;
  }

  async axes(vectors: Float64Array, pause: Pause): Promise<Float64Array> {
    const columns = await this.#columnsOf(pause);
    const axes = await finish(rowProducts(vectors, columns, this.#source.table.count), pause);
    const n = this.group.length;
    for (let at = 0; at < axes.length; at += n) scaleToUnit(axes.subarray(at, at + n));
    return axes;
  }

  async #products(pause: Pause): Promise<Float64Array> {
    const { count } = this.#source.table;
    const columns = await this.#columnsOf(pause);
    const sums = new ProductSums(count);
    for (let k = 0; k < this.group.length; k++) {
      sums.add(columns.subarray(k * count, (k + 1) * count));
      await pause();
    }
    return sums.sums(1);
  }

  /** Returns every coefficient of all blocks, `[coefficients, blocks]`. */
  async #columnsOf(pause: Pause): Promise<Float64Array> {
    const { count } = this.#source.table;
    const n = this.group.length;
    const columns = new Float64Array(n * count);
    const row = new Float64Array(n);
    for (let block = 0; block < count; block++) {
      takeRow(this.#source, block, rootOf(this.#source, block), row);
      for (let k = 0; k < n; k++) columns[k * count + block] = row[k];
      await pause();
    }
    return columns;
  }
}

/** Reads the coefficients of a group, minus their means, multiplied by `scale`. */
function takeRow({ table, ranking, group }: Source, block: number, scale: number, row: Float64Array): void {
  const first = block * table.values;
  for (let k = 0; k < row.length; k++) {
    row[k] = scale * (table.data[first + ranking.positions[group[k]]] - ranking.means[group[k]]);
  }
}

/** Returns the square root of a block's weight. */
function rootOf({ table, ranking }: Source, block: number): number {
  return Math.sqrt(ranking.weights[Math.floor(block / table.perImage)]);
}

function scaleToUnit(values: Float64Array): void {
  let squares = 0;
  for (const value of values) squares += value * value;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  for (let k = 0; k < values.length; k++) values[k] *= scale;
}

/**
 * Estimates the fraction of the correlations of n coefficients that is due to chance, between 0 and 1: the variance of their estimates
 * divided by the sum of their squares (Schäfer and Strimmer, 2005).
 */
function chanceOf(source: Source, to: number, covariance: Float64Array): number {
  const n = source.group.length;
  const inverses = Float64Array.from({ length: n }, (_, k) => covariance[k * (n + 1)]).map((v) => (v > 0 ? 1 / v : 0));
  let products = 0;
  const row = new Float64Array(n);
  for (let block = 0; block < to; block++) {
    takeRow(source, block, rootOf(source, block), row);
    let [sum, fourths] = [0, 0];
    for (let k = 0; k < n; k++) {
      const square = row[k] * row[k] * inverses[k];
      sum += square;
      fourths += square * square;
    }
    // The sum of the squared products of all pairs of coefficients.
    products += sum * sum - fourths;
  }
  let squares = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) if (i !== j) squares += covariance[i * n + j] ** 2 * inverses[i] * inverses[j];
  }
  const variance = (products / to - squares) / Math.max(1, to - 1);
  return squares > 0 ? Math.min(1, Math.max(0, variance / squares)) : 0;
}
