import { openKernels } from './open-kernels';

const tile = 4;
/** Values of each row that are processed at a time: they should stay in a core's second-level cache. */
const valuesAtOnce = 128;
/** Rows of `a` that are processed at a time. */
const rowsAtOnce = 256;

/** Returns the products of rows of `a`, `[m, n]`, with rows of `b`, `[k, n]`: `[m, k]`. Yields from time to time. */
export function* rowProducts(a: Float64Array, b: Float64Array, n: number): Generator<void, Float64Array, void> {
  const [m, k] = [a.length / n, b.length / n];
  const [tilesA, tilesB] = [Math.ceil(Math.min(m, rowsAtOnce) / tile), Math.ceil(k / tile)];
  const panel = tile * valuesAtOnce;
  const [placeB, sums] = [tilesA * panel, (tilesA + tilesB) * panel];
  const side = tilesB * tile;
  const kernels = openKernels(sums + tilesA * tile * side);
  const products = new Float64Array(m * k);
  for (let top = 0; top < m; top += rowsAtOnce) {
    const rows = Math.min(m - top, rowsAtOnce);
    kernels.values.fill(0, sums);
    for (let from = 0; from < n; from += valuesAtOnce) {
      const length = Math.min(n - from, valuesAtOnce);
      pack(a.subarray(top * n, (top + rows) * n), n, from, length, kernels.values, 0);
      pack(b, n, from, length, kernels.values, placeB);
      kernels.addProducts(0, Math.ceil(rows / tile), placeB, tilesB, valuesAtOnce, length, sums, side, false);
      yield;
    }
    for (let i = 0; i < rows; i++) {
      products.set(kernels.values.subarray(sums + i * side, sums + i * side + k), (top + i) * k);
    }
  }
  return products;
}

/** Copies values of all rows to where the kernel reads them. What is past the last row does not matter. */
function pack(rows: Float64Array, n: number, from: number, length: number, to: Float64Array, at: number): void {
  for (let row = 0; row * n < rows.length; row++) {
    const first = row * n + from;
    let place = at + (row >> 2) * tile * valuesAtOnce + (row & 3);
    for (let t = 0; t < length; t++, place += tile) to[place] = rows[first + t];
  }
}
