import { FastCosines } from './fast-cosines';

/** Transforms blocks in double precision, with a fixed order of additions: the same result on every engine. */
export class BlockCosines {
  readonly #down: FastCosines;
  readonly #across: FastCosines;
  readonly #plane: Float64Array;
  readonly #turned: Float64Array;
  readonly #size: readonly [height: number, width: number];
  readonly #channels: number;
  readonly #colors: Float64Array;

  constructor(
    size: readonly [height: number, width: number],
    channels: number,
    /** `[C, C]`: each column is a direction in color space. */
    colors: Float64Array,
  ) {
    this.#size = size;
    this.#channels = channels;
    this.#colors = colors;
    const [height, width] = size;
    this.#down = new FastCosines(height, width);
    this.#across = new FastCosines(width, height);
    this.#plane = new Float64Array(height * width);
    this.#turned = new Float64Array(height * width);
  }

  /** Transforms a block `[height, width, C]` into `to`, `(c * width + u) * height + v`. */
  transform(block: Float64Array, to: Float32Array): void {
    const size = this.#plane.length;
    for (let c = 0; c < this.#channels; c++) {
      this.#mix(block, c);
      this.#down.transform(this.#plane);
      this.#turn();
      this.#across.transform(this.#turned);
      this.#scale(to.subarray(c * size, (c + 1) * size));
    }
  }

  #mix(block: Float64Array, c: number): void {
    const [channels, colors, plane] = [this.#channels, this.#colors, this.#plane];
    for (let i = 0; i < plane.length; i++) {
      let sum = 0;
      for (let from = 0; from < channels; from++) sum += block[i * channels + from] * colors[from * channels + c];
      plane[i] = sum;
    }
  }

  #turn(): void {
    const [height, width] = this.#size;
    const [plane, turned] = [this.#plane, this.#turned];
    for (let v = 0; v < height; v++) {
      for (let x = 0; x < width; x++) turned[x * height + v] = plane[v * width + x];
    }
  }

  #scale(to: Float32Array): void {
    const [height, width] = this.#size;
    const [turned, down, across] = [this.#turned, this.#down.scales, this.#across.scales];
    for (let u = 0; u < width; u++) {
      for (let v = 0; v < height; v++) to[u * height + v] = turned[u * height + v] * (across[u] * down[v]);
    }
  }
}
