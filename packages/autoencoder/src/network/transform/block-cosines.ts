import { cosineMatrix } from '@ae/layers';

/** Transforms blocks in double precision, in one order of additions: the same on every engine. */
export class BlockCosines {
  readonly #height: Dct;
  readonly #width: Dct;
  readonly #rows: Float64Array;
  readonly #line: Float64Array;
  readonly #size: readonly [height: number, width: number];
  readonly #channels: number;
  readonly #colors: Float64Array;

  constructor(
    size: readonly [height: number, width: number],
    channels: number,
    /** `[C, C]`: each column is a direction of color. */
    colors: Float64Array,
  ) {
    this.#size = size;
    this.#channels = channels;
    this.#colors = colors;
    const [height, width] = size;
    this.#height = new Dct(height);
    this.#width = new Dct(width);
    this.#rows = new Float64Array(height * width);
    this.#line = new Float64Array(Math.max(height, width));
  }

  /** Transforms a block `[height, width, C]` into `to`, `(c * width + u) * height + v`. */
  transform(block: Float64Array, to: Float32Array): void {
    const [height, width] = this.#size;
    const channels = this.#channels;
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) this.#line[x] = this.#mix(block, (y * width + x) * channels, c);
        this.#width.transform(this.#line, this.#rows, y, height);
      }
      for (let u = 0; u < width; u++) {
        this.#line.set(this.#rows.subarray(u * height, (u + 1) * height));
        this.#height.transform(this.#line, to, (c * width + u) * height, 1);
      }
    }
  }

  #mix(block: Float64Array, at: number, c: number): number {
    let sum = 0;
    for (let from = 0; from < this.#channels; from++) sum += block[at + from] * this.#colors[from * this.#channels + c];
    return sum;
  }
}

/** An orthonormal cosine transform (DCT-II) of one length; by the symmetry of its rows in half the multiplications. */
class Dct {
  readonly #matrix: Float64Array;
  readonly #sums: Float64Array;
  readonly #differences: Float64Array;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
    this.#matrix = cosineMatrix(length);
    this.#sums = new Float64Array(Math.ceil(length / 2));
    this.#differences = new Float64Array(Math.ceil(length / 2));
  }

  /** Transforms the first values of `line`, and puts coefficient k at `to[start + k * stride]`. */
  transform(line: Float64Array, to: Float64Array | Float32Array, start: number, stride: number): void {
    const length = this.#length;
    const half = Math.floor(length / 2);
    for (let i = 0; i < half; i++) {
      this.#sums[i] = line[i] + line[length - 1 - i];
      this.#differences[i] = line[i] - line[length - 1 - i];
    }
    const middle = length % 2 === 1 ? line[half] : 0;
    for (let k = 0; k < length; k++) {
      const folded = k % 2 === 0 ? this.#sums : this.#differences;
      const row = k * length;
      let sum = length % 2 === 1 ? middle * this.#matrix[row + half] : 0;
      for (let i = 0; i < half; i++) sum += folded[i] * this.#matrix[row + i];
      to[start + k * stride] = sum;
    }
  }
}
