/**
 * A cosine transform (DCT-II) of all columns of a matrix at once, by halving (B. G. Lee, "A new algorithm to compute the discrete cosine
 * transform", 1984) as long as the length is even. Coefficient k must still be multiplied by `scales[k]`.
 */
export class FastCosines {
  /** Factors that make the transform orthonormal. */
  readonly scales: Float64Array;
  readonly #length: number;
  readonly #columns: number;
  readonly #spare: Float64Array;
  /** For each length that is halved: 1 / (2 cos(pi (i + 1/2) / length)). */
  readonly #factors = new Map<number, Float64Array>();
  /** The cosines of the remaining odd length. */
  readonly #cosines: Float64Array;

  constructor(length: number, columns: number) {
    this.#length = length;
    this.#columns = columns;
    this.#spare = new Float64Array(length * columns);
    this.scales = new Float64Array(length).fill(Math.sqrt(2 / length));
    this.scales[0] = Math.sqrt(1 / length);
    let odd = length;
    for (; odd % 2 === 0; odd /= 2) {
      const angle = Math.PI / odd;
      this.#factors.set(
        odd,
        Float64Array.from({ length: odd / 2 }, (_, i) => 0.5 / Math.cos((i + 0.5) * angle)),
      );
    }
    this.#cosines = Float64Array.from({ length: odd * odd }, (_, at) => {
      const [k, i] = [Math.floor(at / odd), at % odd];
      return Math.cos((Math.PI * (i + 0.5) * k) / odd);
    });
  }

  /** Transforms each column of `values`, `[length, columns]`, in place. */
  transform(values: Float64Array): void {
    this.#halve(values, this.#spare, 0, this.#length);
  }

  /** Transforms `length` rows of `values` from row `from` on; the same rows of `spare` are overwritten. */
  #halve(values: Float64Array, spare: Float64Array, from: number, length: number): void {
    const factors = this.#factors.get(length);
    if (!factors) {
      this.#multiply(values, spare, from, length);
      return;
    }
    const columns = this.#columns;
    const half = length / 2;
    const row = (i: number) => (from + i) * columns;
    if (length === 2) {
      fold(values, row(0), row(1), values, row(0), row(1), factors[0], columns);
      return;
    }
    for (let i = 0; i < half; i++) {
      fold(values, row(i), row(length - 1 - i), spare, row(i), row(half + i), factors[i], columns);
    }
    this.#halve(spare, values, from, half);
    this.#halve(spare, values, from + half, half);
    for (let i = 0; i < half; i++) {
      copyRow(spare, row(i), values, row(2 * i), columns);
      if (i < half - 1) addRows(spare, row(half + i), row(half + i + 1), values, row(2 * i + 1), columns);
    }
    copyRow(spare, row(length - 1), values, row(length - 1), columns);
  }

  /** Does the same for an odd length, with half the multiplications thanks to the symmetry of the cosines. */
  #multiply(values: Float64Array, spare: Float64Array, from: number, length: number): void {
    if (length === 1) return;
    const columns = this.#columns;
    const half = (length - 1) / 2;
    const row = (i: number) => (from + i) * columns;
    for (let i = 0; i < half; i++) {
      fold(values, row(i), row(length - 1 - i), values, row(i), row(length - 1 - i), 1, columns);
    }
    spare.fill(0, row(0), row(length));
    for (let k = 0; k < length; k++) {
      for (let i = 0; i < half; i++) {
        const source = k % 2 === 0 ? i : length - 1 - i;
        addScaled(values, row(source), this.#cosines[k * length + i], spare, row(k), columns);
      }
      if (k % 2 === 0) addScaled(values, row(half), this.#cosines[k * length + half], spare, row(k), columns);
    }
    values.set(spare.subarray(row(0), row(length)), row(0));
  }
}

/** Writes the sums of two rows to one of them, and their differences times `factor` to the other. */
function fold(
  values: Float64Array,
  first: number,
  last: number,
  to: Float64Array,
  sums: number,
  differences: number,
  factor: number,
  columns: number,
): void {
  for (let j = 0; j < columns; j++) {
    const a = values[first + j];
    const b = values[last + j];
    to[sums + j] = a + b;
    to[differences + j] = (a - b) * factor;
  }
}

function copyRow(values: Float64Array, from: number, to: Float64Array, at: number, columns: number): void {
  for (let j = 0; j < columns; j++) to[at + j] = values[from + j];
}

function addRows(
  values: Float64Array,
  first: number,
  second: number,
  to: Float64Array,
  at: number,
  columns: number,
): void {
  for (let j = 0; j < columns; j++) to[at + j] = values[first + j] + values[second + j];
}

function addScaled(
  values: Float64Array,
  from: number,
  factor: number,
  to: Float64Array,
  at: number,
  columns: number,
): void {
  for (let j = 0; j < columns; j++) to[at + j] += values[from + j] * factor;
}
