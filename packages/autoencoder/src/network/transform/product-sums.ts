/** Values that are multiplied with as many others at once: that many products fit into a processor's registers. */
const tile = 4;

/** Rows whose products are added up together: they should stay in a core's second-level cache. */
const rowsAtOnce = 64;

/** Adds up the products of all values of a row with each other, over many rows, in double precision. */
export class ProductSums {
  readonly #n: number;
  /** Tiles of values in a row, the last one filled up with zeros. */
  readonly #tiles: number;
  /** Some rows, `[tiles, rows, tile]`. */
  readonly #rows: Float64Array;
  /** `[tiles * tile, tiles * tile]`: the upper triangle, by tiles. */
  readonly #sums: Float64Array;
  #count = 0;

  constructor(n: number) {
    this.#n = n;
    this.#tiles = Math.ceil(n / tile);
    this.#rows = new Float64Array(this.#tiles * rowsAtOnce * tile);
    this.#sums = new Float64Array((this.#tiles * tile) ** 2);
  }

  /** Sets value k of the row that is being written; each has to be set. */
  set(k: number, value: number): void {
    this.#rows[(Math.floor(k / tile) * rowsAtOnce + this.#count) * tile + (k % tile)] = value;
  }

  /** Ends a row. */
  next(): void {
    this.#count++;
    if (this.#count === rowsAtOnce) this.#addUp();
  }

  /** Returns the sums `[n, n]`, and begins anew. */
  take(): Float64Array {
    this.#addUp();
    const n = this.#n;
    const side = this.#tiles * tile;
    const all = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j++) {
        all[i * n + j] = this.#sums[i * side + j];
        all[j * n + i] = all[i * n + j];
      }
    }
    this.#sums.fill(0);
    return all;
  }

  #addUp(): void {
    const side = this.#tiles * tile;
    for (let i = 0; i < this.#tiles; i++) {
      for (let j = i; j < this.#tiles; j++) {
        const [a, b] = [i * rowsAtOnce * tile, j * rowsAtOnce * tile];
        addTile(this.#rows, a, b, this.#count * tile, this.#sums, i * tile * side + j * tile, side);
      }
    }
    this.#count = 0;
  }
}

/** Adds the products of four values with four others: of each value that is read, four products are made. */
function addTile(
  rows: Float64Array,
  a: number,
  b: number,
  length: number,
  sums: Float64Array,
  at: number,
  side: number,
): void {
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [s20, s21, s22, s23, s30, s31, s32, s33] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let t = 0; t < length; t += tile) {
    const a0 = rows[a + t];
    const a1 = rows[a + t + 1];
    const a2 = rows[a + t + 2];
    const a3 = rows[a + t + 3];
    const b0 = rows[b + t];
    s00 += a0 * b0;
    s10 += a1 * b0;
    s20 += a2 * b0;
    s30 += a3 * b0;
    const b1 = rows[b + t + 1];
    s01 += a0 * b1;
    s11 += a1 * b1;
    s21 += a2 * b1;
    s31 += a3 * b1;
    const b2 = rows[b + t + 2];
    s02 += a0 * b2;
    s12 += a1 * b2;
    s22 += a2 * b2;
    s32 += a3 * b2;
    const b3 = rows[b + t + 3];
    s03 += a0 * b3;
    s13 += a1 * b3;
    s23 += a2 * b3;
    s33 += a3 * b3;
  }
  addRow(sums, at, s00, s01, s02, s03);
  addRow(sums, at + side, s10, s11, s12, s13);
  addRow(sums, at + 2 * side, s20, s21, s22, s23);
  addRow(sums, at + 3 * side, s30, s31, s32, s33);
}

function addRow(sums: Float64Array, at: number, a: number, b: number, c: number, d: number): void {
  sums[at] += a;
  sums[at + 1] += b;
  sums[at + 2] += c;
  sums[at + 3] += d;
}
