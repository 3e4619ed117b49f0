/** Products and convolutions written down as their definitions, in double precision: what the WebAssembly kernels are checked against. */

/** Sizes of a convolution of NHWC images. */
export interface ConvCase {
  batch: number;
  height: number;
  width: number;
  inChannels: number;
  outChannels: number;
  kernel: [number, number];
  strides: [number, number];
  dilations: [number, number];
  /** top, bottom, left, right */
  pad: [number, number, number, number];
}

/** Height and width of the result. */
export function convOutput({ height, width, kernel, strides, dilations, pad }: ConvCase): [number, number] {
  const length = (size: number, taps: number, stride: number, dilation: number, padding: number) =>
    Math.floor((size + padding - (taps - 1) * dilation - 1) / stride) + 1;
  return [
    length(height, kernel[0], strides[0], dilations[0], pad[0] + pad[1]),
    length(width, kernel[1], strides[1], dilations[1], pad[2] + pad[3]),
  ];
}

/** Calls visit(index of x, index of the filter, index of y) for every product that a convolution adds up. */
export function eachProduct(sizes: ConvCase, visit: (x: number, filter: number, y: number) => void): void {
  const { batch, height, width, inChannels, outChannels, kernel, strides, dilations, pad } = sizes;
  const [outHeight, outWidth] = convOutput(sizes);
  for (let n = 0; n < batch; n++) {
    for (let r = 0; r < outHeight; r++) {
      for (let q = 0; q < outWidth; q++) {
        for (let i = 0; i < kernel[0]; i++) {
          for (let j = 0; j < kernel[1]; j++) {
            const row = r * strides[0] + i * dilations[0] - pad[0];
            const column = q * strides[1] + j * dilations[1] - pad[2];
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            const x = ((n * height + row) * width + column) * inChannels;
            const filter = (i * kernel[1] + j) * inChannels * outChannels;
            const y = ((n * outHeight + r) * outWidth + q) * outChannels;
            for (let c = 0; c < inChannels; c++) {
              for (let o = 0; o < outChannels; o++) visit(x + c, filter + c * outChannels + o, y + o);
            }
          }
        }
      }
    }
  }
}

/** Numbers in [-1, 1), the same for the same seed. */
export function randomValues(count: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) as number;
  });
}

/** The largest difference, relative to the largest expected value. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [worst, largest] = [0, 1e-30];
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] as number) - (expected[i] as number));
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
    largest = Math.max(largest, Math.abs(expected[i] as number));
  }
  return worst / largest;
}
