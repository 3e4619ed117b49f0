/** Four 32-bit integers. */
export type RandomState = readonly [number, number, number, number];

/**
 * A seeded random number generator (sfc32, seeded with splitmix32): the same numbers on every platform and backend, with a state small
 * enough for a checkpoint.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** Starts the sequence of `seed` (an integer, taken modulo 2^32); `stream` separates different uses of one seed. */
  constructor(seed: number, stream = 0) {
    let s = (seed ^ Math.imul(stream, 0x9e3779b9)) >>> 0;
    const next = () => {
      s = (s + 0x9e3779b9) | 0;
      let t = s ^ (s >>> 16);
      t = Math.imul(t, 0x21f0aaad);
      t ^= t >>> 15;
      t = Math.imul(t, 0x735a2d97);
      return t ^ (t >>> 15);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#counter = 1;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** Draws an integer in [0, 2^32). */
  uint32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }

  /** Draws a number in [0, 1) with 32 random bits. */
  uniform(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** Draws a standard normal number (Box-Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Returns `count` standard normal numbers, using both of each pair that the Box-Muller method produces. */
  normals(count: number): Float32Array {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
      const angle = 2 * Math.PI * this.uniform();
      values[i] = radius * Math.cos(angle);
      // Writing past the end of a typed array has no effect.
      values[i + 1] = radius * Math.sin(angle);
    }
    return values;
  }

  /** Returns the numbers 0 to n - 1 in random order (Fisher-Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(this.uniform() * (i + 1));
      const swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }

  /** Returns the state, four 32-bit integers, from which `restore` continues the sequence. */
  save(): RandomState {
    return [this.#a, this.#b, this.#c, this.#counter];
  }

  /** Continues from a state that `save` returned. */
  restore(state: RandomState): void {
    [this.#a, this.#b, this.#c, this.#counter] = state;
  }
}
