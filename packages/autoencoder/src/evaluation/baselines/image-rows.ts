import { type PixelFormat, samplesToValues } from '../../data/pixels';
import { fetchSamples, type ImageShape, type SampleSource } from '../../data/samples';

/** Images as rows of values, `[count, size]`. */
export interface ImageRows {
  readonly values: Float32Array;
  readonly count: number;
  readonly size: number;
}

/** Reads `count` images, evenly spaced over the source, in the network's units. */
export async function readRows(
  source: SampleSource,
  count: number,
  { inputShape, pixels }: { readonly inputShape: ImageShape; readonly pixels: PixelFormat },
  pause: () => Promise<void>,
): Promise<ImageRows> {
  const size = inputShape[0] * inputShape[1] * inputShape[2];
  const values = new Float32Array(count * size);
  const batch = 64;
  for (let start = 0; start < count; start += batch) {
    const indices = Array.from({ length: Math.min(batch, count - start) }, (_, i) =>
      Math.floor(((start + i) * source.length) / count),
    );
    values.set(samplesToValues(await fetchSamples(source, indices, inputShape), inputShape, pixels), start * size);
    await pause();
  }
  return { values, count, size };
}

/** Subtracts the mean row from all rows, and returns it; the mean is 0 from column `end` on. */
export function center({ values, count, size }: ImageRows, end = size): Float32Array {
  const sums = new Float64Array(size);
  for (let at = 0; at < values.length; at += size) {
    for (let i = 0; i < end; i++) sums[i] += values[at + i];
  }
  const mean = Float32Array.from(sums, (sum) => sum / count);
  for (let at = 0; at < values.length; at += size) {
    for (let i = 0; i < end; i++) values[at + i] -= mean[i];
  }
  return mean;
}

/**
 * The two halves of images: the part that mirroring keeps, and the part whose sign it changes. The covariance of images and their mirror
 * images consists of the covariances of the two halves, so that twice as many images cost no more than the images alone.
 */
export class MirrorHalves {
  /** Number of values in the first half; the rest belong to the second. */
  readonly evenSize: number;
  readonly #shape: ImageShape;
  readonly #row: Float32Array;

  constructor(shape: ImageShape) {
    const [height, width, channels] = shape;
    this.#shape = shape;
    this.evenSize = height * Math.ceil(width / 2) * channels;
    this.#row = new Float32Array(height * width * channels);
  }

  /** Transforms rows of pixels into their halves; lengths and angles are preserved. */
  fold(rows: Float32Array): void {
    this.#each(rows, (row, to, left, right, half) => {
      to[half] = left === right ? row[left] : (row[left] + row[right]) * Math.SQRT1_2;
      if (left !== right) to[this.evenSize + half] = (row[left] - row[right]) * Math.SQRT1_2;
    });
  }

  /** Undoes {@link fold}. */
  unfold(rows: Float32Array): void {
    this.#each(rows, (row, to, left, right, half) => {
      const odd = row[this.evenSize + half];
      to[left] = left === right ? row[half] : (row[half] + odd) * Math.SQRT1_2;
      if (left !== right) to[right] = (row[half] - odd) * Math.SQRT1_2;
    });
  }

  /** Calls a function for each pair of mirrored values. A value in the middle is its own counterpart, and comes after all pairs. */
  #each(
    rows: Float32Array,
    each: (row: Float32Array, to: Float32Array, left: number, right: number, half: number) => void,
  ): void {
    const [height, width, channels] = this.#shape;
    const to = this.#row;
    for (let start = 0; start < rows.length; start += to.length) {
      const row = rows.subarray(start, start + to.length);
      let half = 0;
      for (let x = 0; x < Math.ceil(width / 2); x++) {
        for (let y = 0; y < height; y++) {
          for (let c = 0; c < channels; c++) {
            each(row, to, (y * width + x) * channels + c, (y * width + width - 1 - x) * channels + c, half++);
          }
        }
      }
      row.set(to);
    }
  }
}
