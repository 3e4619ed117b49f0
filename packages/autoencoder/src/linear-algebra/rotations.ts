/** Columns that are turned at once: with them, all rows should stay in a core's second-level cache. */
export const columnsAtOnce = 64;

/** The plane rotations of neighboring rows that make a tridiagonal matrix diagonal, in their order. */
export class Rotations {
  #cosines = new Float64Array(1024);
  #sines = new Float64Array(1024);
  #rows = new Int32Array(1024);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Takes note of a rotation of the rows `row` and `row + 1`. */
  push(row: number, cosine: number, sine: number): void {
    if (this.#count === this.#rows.length) this.#grow();
    this.#cosines[this.#count] = cosine;
    this.#sines[this.#count] = sine;
    this.#rows[this.#count++] = row;
  }

  #grow(): void {
    const double = <T extends Float64Array | Int32Array>(old: T, longer: T): T => {
      longer.set(old);
      return longer;
    };
    this.#cosines = double(this.#cosines, new Float64Array(2 * this.#count));
    this.#sines = double(this.#sines, new Float64Array(2 * this.#count));
    this.#rows = double(this.#rows, new Int32Array(2 * this.#count));
  }

  /** Undoes the first `count` rotations in the rows of `v`, `[n, columnsAtOnce]`: the last of them first. */
  undo(v: Float64Array, count: number): void {
    for (let i = count - 1; i >= 0; ) {
      const top = this.#rows[i] * columnsAtOnce;
      if (this.#isChain(i)) {
        turnFive(v, top, this.#cosines, this.#sines, i);
        i -= 4;
      } else {
        turnTwo(v, top, this.#cosines[i], this.#sines[i]);
        i--;
      }
    }
  }

  /** Whether rotation `i` and the three before it each take up the lower row of the one after. */
  #isChain(i: number): boolean {
    const rows = this.#rows;
    const row = rows[i];
    return i >= 3 && rows[i - 1] === row + 1 && rows[i - 2] === row + 2 && rows[i - 3] === row + 3;
  }
}

function turnTwo(v: Float64Array, top: number, c: number, s: number): void {
  for (let k = top; k < top + columnsAtOnce; k++) {
    const a = v[k];
    const b = v[k + columnsAtOnce];
    v[k] = c * a + s * b;
    v[k + columnsAtOnce] = c * b - s * a;
  }
}

/** Four rotations in turn, the first of the upper two of five rows: a row between stays in a register from one to the next. */
function turnFive(v: Float64Array, top: number, cosines: Float64Array, sines: Float64Array, at: number): void {
  const [c1, c2, c3, c4] = [cosines[at], cosines[at - 1], cosines[at - 2], cosines[at - 3]];
  const [s1, s2, s3, s4] = [sines[at], sines[at - 1], sines[at - 2], sines[at - 3]];
  for (let k = top; k < top + columnsAtOnce; k++) {
    const a = v[k];
    const b = v[k + columnsAtOnce];
    const c = v[k + 2 * columnsAtOnce];
    const d = v[k + 3 * columnsAtOnce];
    const e = v[k + 4 * columnsAtOnce];
    v[k] = c1 * a + s1 * b;
    const kept1 = c1 * b - s1 * a;
    v[k + columnsAtOnce] = c2 * kept1 + s2 * c;
    const kept2 = c2 * c - s2 * kept1;
    v[k + 2 * columnsAtOnce] = c3 * kept2 + s3 * d;
    const kept3 = c3 * d - s3 * kept2;
    v[k + 3 * columnsAtOnce] = c4 * kept3 + s4 * e;
    v[k + 4 * columnsAtOnce] = c4 * e - s4 * kept3;
  }
}
