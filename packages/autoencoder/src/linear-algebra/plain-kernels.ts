import type { Kernels } from './kernels';

/** The kernels in JavaScript, for engines whose WebAssembly has no SIMD: with the same sums in the same order as in assembly/. */
export class PlainKernels implements Kernels {
  readonly values: Float64Array;

  constructor(values: Float64Array) {
    this.values = values;
  }

  addProducts(
    a: number,
    tilesA: number,
    b: number,
    tilesB: number,
    panel: number,
    length: number,
    sums: number,
    side: number,
    isSymmetric: boolean,
  ): void {
    for (let i = 0; i < tilesA; i++) {
      for (let j = isSymmetric ? i : 0; j < tilesB; j++) {
        const [first, second] = [a + 4 * i * panel, b + 4 * j * panel];
        addTile(this.values, first, second, 4 * length, sums + 4 * i * side + 4 * j, side);
      }
    }
  }

  passOver(matrix: number, n: number, count: number, state: number): void {
    const { values } = this;
    const [change, factor, product] = [state + n, state + 2 * n, state + 3 * n];
    let j = 0;
    for (; j + 1 < count; j += 2) {
      const row = matrix + j * n;
      const x = changed(values, row + j, state, change, j, j);
      const y = changed(values, row + j + 1, state, change, j, j + 1);
      const z = changed(values, row + n + j + 1, state, change, j + 1, j + 1);
      values[product + j] += x * values[factor + j] + y * values[factor + j + 1];
      values[product + j + 1] += y * values[factor + j] + z * values[factor + j + 1];
      passOverTwo(values, row, n, j, count, state);
    }
    if (j < count) {
      values[product + j] += changed(values, matrix + j * n + j, state, change, j, j) * values[factor + j];
    }
  }

  reflectPairs(vectors: number, pairs: number, n: number, four: number, length: number, sizes: number): void {
    for (let pair = 0; pair < pairs; pair++) {
      for (let lane = 0; lane < 2; lane++) reflect(this.values, vectors + 2 * n * pair + lane, four, length, sizes);
    }
  }
}

/** Adds the products of four columns with four others, two by two. */
function addTile(values: Float64Array, a: number, b: number, length: number, sums: number, side: number): void {
  for (let i = 0; i < 4; i += 2) {
    for (let j = 0; j < 4; j += 2) {
      let [s00, s01, s10, s11] = [0, 0, 0, 0];
      for (let t = 0; t < length; t += 4) {
        const a0 = values[a + t + i];
        const a1 = values[a + t + i + 1];
        const b0 = values[b + t + j];
        const b1 = values[b + t + j + 1];
        s00 += a0 * b0;
        s01 += a0 * b1;
        s10 += a1 * b0;
        s11 += a1 * b1;
      }
      const at = sums + i * side + j;
      values[at] += s00;
      values[at + 1] += s01;
      values[at + side] += s10;
      values[at + side + 1] += s11;
    }
  }
}

/** Updates one entry, and returns it. */
function changed(
  values: Float64Array,
  place: number,
  vector: number,
  change: number,
  row: number,
  column: number,
): number {
  const less = values[vector + row] * values[change + column] + values[change + row] * values[vector + column];
  const value = values[place] - less;
  values[place] = value;
  return value;
}

/** The entries of two rows, to the right of the diagonal in both. */
function passOverTwo(values: Float64Array, first: number, n: number, j: number, count: number, state: number): void {
  const [change, factor, product] = [state + n, state + 2 * n, state + 3 * n];
  const second = first + n;
  const [factor0, factor1] = [values[factor + j], values[factor + j + 1]];
  // Sums of every other column, like the lanes of vectors; if their number is odd, the last one by itself.
  const even = [0, 0];
  const odd = [0, 0];
  const end = count - ((count - j) % 2);
  const pass = (k: number, sums: number[]) => {
    const a = changed(values, first + k, state, change, j, k);
    const b = changed(values, second + k, state, change, j + 1, k);
    sums[0] += a * values[factor + k];
    sums[1] += b * values[factor + k];
    values[product + k] += a * factor0 + b * factor1;
  };
  for (let k = j + 2; k < end; k += 2) {
    pass(k, even);
    pass(k + 1, odd);
  }
  const sums = [even[0] + odd[0], even[1] + odd[1]];
  if (end < count) pass(end, sums);
  values[product + j] += sums[0];
  values[product + j + 1] += sums[1];
}

/** Applies four reflections in turn to a vector whose entries are two positions apart. */
function reflect(values: Float64Array, vector: number, four: number, length: number, sizes: number): void {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let k = 0; k < length; k++) {
    const value = values[vector + 2 * k];
    a += values[four + 4 * k] * value;
    b += values[four + 4 * k + 1] * value;
    c += values[four + 4 * k + 2] * value;
    d += values[four + 4 * k + 3] * value;
  }
  const of = (i: number) => values[sizes + i];
  a *= of(0);
  b = (b - of(4) * a) * of(1);
  c = (c - of(5) * a - of(6) * b) * of(2);
  d = (d - of(7) * a - of(8) * b - of(9) * c) * of(3);
  for (let k = 0; k < length; k++) {
    const at = four + 4 * k;
    values[vector + 2 * k] -= values[at] * a + values[at + 1] * b + (values[at + 2] * c + values[at + 3] * d);
  }
}
