import type { Kernels } from './kernels';
import { openKernels } from './open-kernels';
import type { Tridiagonal } from './tridiagonal';

/** Reflections that are applied together. */
const together = 4;
/** What the kernel must know about four reflections besides their vectors. */
const sizesOfFour = 10;
/** Vectors that are reflected at a time: they should stay in a core's second-level cache. */
const vectorsAtOnce = 64;

/** Transforms vectors between a symmetric matrix and the tridiagonal matrix that it was reduced to. */
export class Reflector {
  readonly #n: number;
  readonly #form: Tridiagonal;
  /**
   * Pairs of vectors `[pairs, n, 2]`, so that what is read of a reflection is used for both; four reflections `[n, 4]`; and their sizes.
   */
  readonly #kernels: Kernels;
  readonly #four: number;
  readonly #sizes: number;
  /** The sizes of each group of four reflections, from the first to the last. */
  readonly #known: Float64Array;

  constructor(form: Tridiagonal) {
    const n = form.diagonal.length;
    this.#n = n;
    this.#form = form;
    this.#four = vectorsAtOnce * n;
    this.#sizes = this.#four + together * n;
    this.#kernels = openKernels(this.#sizes + sizesOfFour);
    this.#known = new Float64Array(sizesOfFour * Math.ceil(n / together));
    for (let i = 1; i < n; i += together) {
      this.#writeFour(i, false);
      this.#known.set(this.#measureFour(i), this.#knownAt(i));
    }
  }

  /** Transforms vectors `[count, n]` of the tridiagonal matrix to those of the original matrix, in place. Yields from time to time. */
  *back(rows: Float64Array): Generator<void, void, void> {
    for (let from = 0; from < rows.length; from += vectorsAtOnce * this.#n) {
      this.#reflect(rows.subarray(from, from + vectorsAtOnce * this.#n), false);
      yield;
    }
  }

  /** Transforms vectors `[count, n]` of the original matrix to those of the tridiagonal one, in place. Yields from time to time. */
  *forth(rows: Float64Array): Generator<void, void, void> {
    for (let from = 0; from < rows.length; from += vectorsAtOnce * this.#n) {
      this.#reflect(rows.subarray(from, from + vectorsAtOnce * this.#n), true);
      yield;
    }
  }

  #reflect(rows: Float64Array, isForth: boolean): void {
    const n = this.#n;
    const { values } = this.#kernels;
    const pairs = Math.ceil(rows.length / n / 2);
    // An odd number of vectors leaves old values in the last one's pair, which are not used.
    const placeOf = (row: number) => 2 * n * (row >> 1) + (row & 1);
    for (let row = 0; row * n < rows.length; row++) {
      for (let k = 0, at = placeOf(row); k < n; k++, at += 2) values[at] = rows[row * n + k];
    }
    const firsts = Array.from({ length: Math.ceil((n - 1) / together) }, (_, g) => 1 + g * together);
    for (const i of isForth ? firsts.reverse() : firsts) {
      this.#writeFour(i, isForth);
      const sizes = this.#known.subarray(this.#knownAt(i), this.#knownAt(i) + sizesOfFour);
      for (const [k, from] of (isForth ? lastFirst : firstFirst).entries()) values[this.#sizes + k] = sizes[from];
      this.#kernels.reflectPairs(0, pairs, n, this.#four, Math.min(n, i + together) - 1, this.#sizes);
    }
    for (let row = 0; row * n < rows.length; row++) {
      for (let k = 0, at = placeOf(row); k < n; k++, at += 2) rows[row * n + k] = values[at];
    }
  }

  #knownAt(i: number): number {
    return (sizesOfFour * (i - 1)) / together;
  }

  /** Writes the vectors of reflections i to i + 3 side by side, in ascending or descending order. */
  #writeFour(i: number, isReversed: boolean): void {
    const n = this.#n;
    const { values } = this.#kernels;
    const { reflections } = this.#form;
    const length = Math.min(n, i + together) - 1;
    values.fill(0, this.#four, this.#four + together * length);
    for (let r = 0; r < together && i + r < n; r++) {
      const row = (i + r) * n;
      for (let k = 0, at = this.#four + (isReversed ? together - 1 - r : r); k < i + r; k++, at += together) {
        values[at] = reflections[row + k];
      }
    }
  }

  /** Writes the inverses of half of the squared lengths of these four, and their products. */
  #measureFour(i: number): number[] {
    const { values } = this.#kernels;
    const { scales } = this.#form;
    const end = this.#four + together * (Math.min(this.#n, i + together) - 1);
    const sizes = Array.from({ length: together }, (_, r) => (scales[i + r] ? 1 / scales[i + r] : 0));
    for (let a = 1; a < together; a++) {
      for (let b = 0; b < a; b++) {
        let sum = 0;
        for (let at = this.#four; at < end; at += together) sum += values[at + a] * values[at + b];
        sizes.push(sum);
      }
    }
    return sizes;
  }
}

/** Where the sizes of four reflections are known, for them as they are, and from the last to the first. */
const firstFirst = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const lastFirst = [3, 2, 1, 0, 9, 8, 6, 7, 5, 4];
