import type { Kernels } from './kernels';
import { openKernels } from './open-kernels';

/** Values that are multiplied by as many others at a time: so many products fit in a processor's registers. */
const tile = 4;

/** Rows whose products are summed together: they should stay in a core's second-level cache. */
const rowsAtOnce = 64;

/** Sums the products of all pairs of values of a row, over many rows, in double precision. */
export class ProductSums {
  readonly #n: number;
  /** Number of tiles in a row, the last one padded with zeros. */
  readonly #tiles: number;
  /** Some rows, `[tiles, rows, tile]`; after them the sums `[tiles * tile, tiles * tile]`: the upper triangle, by tiles. */
  readonly #kernels: Kernels;
  readonly #sums: number;
  #count = 0;

  constructor(n: number) {
    this.#n = n;
    this.#tiles = Math.ceil(n / tile);
    this.#sums = this.#tiles * rowsAtOnce * tile;
    this.#kernels = openKernels(this.#sums + (this.#tiles * tile) ** 2);
  }

  /** Adds the products of a row. */
  add(row: Float64Array): void {
    const { values } = this.#kernels;
    const first = this.#count * tile;
    for (let k = 0; k < row.length; k++) values[(k >> 2) * (rowsAtOnce * tile) + first + (k & 3)] = row[k];
    this.#count++;
    if (this.#count === rowsAtOnce) this.#addUp();
  }

  /** Returns the sums so far, `[n, n]`, each multiplied by `scale`. */
  sums(scale: number): Float64Array {
    this.#addUp();
    const n = this.#n;
    const { values } = this.#kernels;
    const all = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      const row = this.#sums + i * this.#tiles * tile;
      for (let j = i; j < n; j++) all[i * n + j] = scale * values[row + j];
    }
    mirror(all, n);
    return all;
  }

  #addUp(): void {
    const side = this.#tiles * tile;
    this.#kernels.addProducts(0, this.#tiles, 0, this.#tiles, rowsAtOnce, this.#count, this.#sums, side, true);
    this.#count = 0;
  }
}

/** Copies the upper triangle to the lower one, in squares: a column at a time would be read from memory value by value. */
function mirror(matrix: Float64Array, n: number): void {
  const square = 32;
  for (let top = 0; top < n; top += square) {
    for (let left = top; left < n; left += square) {
      for (let i = top; i < Math.min(n, top + square); i++) {
        for (let j = Math.max(i, left); j < Math.min(n, left + square); j++) matrix[j * n + i] = matrix[i * n + j];
      }
    }
  }
}
