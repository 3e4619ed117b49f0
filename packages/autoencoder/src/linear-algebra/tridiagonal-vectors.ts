/** The leading eigenvectors of a tridiagonal matrix, computed by inverse iteration without all the others. */
import type { Tridiagonal } from './tridiagonal';

/** Eigenvalues closer than this, as a fraction of the largest, get vectors that are made orthogonal to each other. */
const clusterGap = 1e-9;

/** Returns the eigenvectors of T for its first `count` eigenvalues, one per row. */
export function* tridiagonalVectors(
  form: Tridiagonal,
  values: Float64Array,
  count: number,
): Generator<void, Float64Array, void> {
  const n = form.diagonal.length;
  const vectors = new Float64Array(count * n);
  const largest = Math.max(Math.abs(values[0]), Math.abs(values[n - 1])) || 1;
  const solver = new ShiftedSolver(form, Number.EPSILON * largest);
  let clusterStart = 0;
  for (let i = 0; i < count; i++) {
    if (i > 0 && values[i - 1] - values[i] > clusterGap * largest) clusterStart = i;
    const x = vectors.subarray(i * n, (i + 1) * n);
    // Any starting vector will do that is not orthogonal to the result; each is different, because equal eigenvalues need different ones.
    for (let k = 0; k < n; k++) x[k] = 0.25 + (((k + 1) * (i + 1) * 0.6180339887498949) % 1);
    solver.factor(values[i]);
    for (let round = 0; round < 2; round++) {
      solver.solve(x);
      normalize(x);
      for (let j = clusterStart; j < i; j++) {
        let share = 0;
        for (let k = 0; k < n; k++) share += x[k] * vectors[j * n + k];
        for (let k = 0; k < n; k++) x[k] -= share * vectors[j * n + k];
      }
      normalize(x);
    }
    if (i % 64 === 63) yield;
  }
  return vectors;
}

function normalize(x: Float64Array): void {
  // The solution for an eigenvalue that is exact to the last bit may be too large to square.
  let most = 0;
  for (const value of x) most = Math.max(most, Math.abs(value));
  if (most === 0) return;
  let squares = 0;
  for (const value of x) squares += (value / most) ** 2;
  const scale = 1 / (most * Math.sqrt(squares));
  for (let k = 0; k < x.length; k++) x[k] *= scale;
}

/** Solves (T - value) x = b by elimination with row exchanges. */
class ShiftedSolver {
  readonly #form: Tridiagonal;
  /** Replaces a pivot of 0. */
  readonly #tiny: number;
  /** The factored rows: pivot, and what is to the right of it. */
  readonly #pivots: Float64Array;
  readonly #right: Float64Array;
  readonly #farRight: Float64Array;
  readonly #factors: Float64Array;
  readonly #exchanged: Uint8Array;

  constructor(form: Tridiagonal, tiny: number) {
    const n = form.diagonal.length;
    this.#form = form;
    this.#tiny = tiny;
    this.#pivots = new Float64Array(n);
    this.#right = new Float64Array(n);
    this.#farRight = new Float64Array(n);
    this.#factors = new Float64Array(n);
    this.#exchanged = new Uint8Array(n);
  }

  factor(value: number): void {
    const { diagonal, offDiagonal } = this.#form;
    const n = diagonal.length;
    let pivot = diagonal[0] - value;
    let right = offDiagonal[0];
    for (let i = 0; i < n - 1; i++) {
      const below = offDiagonal[i];
      const next = diagonal[i + 1] - value;
      const isExchanged = Math.abs(below) > Math.abs(pivot);
      this.#exchanged[i] = isExchanged ? 1 : 0;
      if (isExchanged) {
        const factor = pivot / below;
        this.#factors[i] = factor;
        this.#pivots[i] = below;
        this.#right[i] = next;
        this.#farRight[i] = offDiagonal[i + 1];
        pivot = right - factor * next;
        right = -factor * offDiagonal[i + 1];
      } else {
        const safe = pivot || this.#tiny;
        const factor = below / safe;
        this.#factors[i] = factor;
        this.#pivots[i] = safe;
        this.#right[i] = right;
        this.#farRight[i] = 0;
        pivot = next - factor * right;
        right = offDiagonal[i + 1];
      }
    }
    this.#pivots[n - 1] = pivot || this.#tiny;
  }

  solve(x: Float64Array): void {
    const n = x.length;
    for (let i = 0; i < n - 1; i++) {
      if (this.#exchanged[i]) {
        const upper = x[i + 1];
        x[i + 1] = x[i] - this.#factors[i] * upper;
        x[i] = upper;
      } else x[i + 1] -= this.#factors[i] * x[i];
    }
    x[n - 1] /= this.#pivots[n - 1];
    if (n > 1) x[n - 2] = (x[n - 2] - this.#right[n - 2] * x[n - 1]) / this.#pivots[n - 2];
    for (let i = n - 3; i >= 0; i--) {
      x[i] = (x[i] - this.#right[i] * x[i + 1] - this.#farRight[i] * x[i + 2]) / this.#pivots[i];
    }
  }
}
