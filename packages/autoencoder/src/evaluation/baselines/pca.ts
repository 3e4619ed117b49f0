import * as tf from '@tensorflow/tfjs-core';
import { type PixelFormat, samplesToTensor } from '../../data/pixels';
import { fetchSamples, type ImageShape, type SampleSource } from '../../data/samples';
import { AutoencoderError, checkKeys, checkNumber } from '../../errors';
import { type SymmetricEigen, symmetricEigenSteps } from '../../linear-algebra/symmetric-eigen';

export interface PcaOptions {
  /**
   * How many images to fit on at most, evenly spaced over the source. Default 2048, fewer for images of more than
   * 65,536 values. Time grows with its cube: half a minute for 2048.
   */
  readonly maxImages?: number;
  /** Stops between steps; `fitPca` then throws ABORTED. */
  readonly signal?: AbortSignal;
}

/** Values of all images that are held in memory at most, by default: 512 MiB as float32. */
const maxValues = 2 ** 27;

/** Columns multiplied at once: partial sums are added in float64, so that the small components survive float32. */
const chunkSize = 1024;

/**
 * Principal component analysis of whole images: the best linear code there is for the images it was fitted on.
 * Fitted exactly, by the eigenvectors of the images' Gram matrix; `dispose` frees its tensors.
 */
export class Pca {
  constructor(
    /** float32 `[k, H * W * C]`: the components, orthonormal, the one with the largest variance first. */
    readonly components: tf.Tensor2D,
    /** float32 `[H * W * C]`. */
    readonly mean: tf.Tensor1D,
    /** The variance along each component over the images it was fitted on (divided by their number less one). */
    readonly variances: Float64Array,
    /** How many images it was fitted on. */
    readonly fittedOn: number,
  ) {}

  /** How many components there are: one less than the images, or fewer where images repeat. */
  get componentCount(): number {
    return this.components.shape[0];
  }

  /** Images `[N, H, W, C]` in the network's units -> coefficients `[N, k]`. */
  encode(images: tf.Tensor4D): tf.Tensor2D {
    return tf.tidy(() => {
      const rows = tf.reshape(images, [images.shape[0], -1]);
      return tf.matMul<tf.Tensor2D>(tf.sub(rows, this.mean), this.components, false, true);
    });
  }

  /** The first coefficients of each image, `[N, count]` -> images `[N, ...shape]`, not clamped. */
  decode(coefficients: tf.Tensor2D, shape: ImageShape): tf.Tensor4D {
    return this.decodePrefixes(coefficients, [coefficients.shape[1]], shape)[0];
  }

  /** Decodes several times from fewer and more coefficients: `counts` in ascending order. */
  decodePrefixes(coefficients: tf.Tensor2D, counts: readonly number[], shape: ImageShape): tf.Tensor4D[] {
    return tf.tidy(() => {
      const [images] = coefficients.shape;
      const size = this.components.shape[1];
      let known = 0;
      let sum: tf.Tensor = tf.reshape(this.mean, [1, size]);
      return counts.map((count) => {
        // Only what the coefficients since the last count add.
        const weights = tf.slice(coefficients, [0, known], [images, count - known]);
        const components = tf.slice(this.components, [known, 0], [count - known, size]);
        if (count > known) sum = tf.add(sum, tf.matMul(weights, components));
        known = count;
        return tf.reshape(tf.add(sum, tf.zeros([images, 1])), [images, ...shape]);
      });
    });
  }

  dispose(): void {
    tf.dispose([this.components, this.mean]);
  }
}

/** Fits all principal components of the images of a source. Throws INVALID_SAMPLE for fewer than two images. */
export async function fitPca(
  source: SampleSource,
  { inputShape, pixels }: { inputShape: ImageShape; pixels: PixelFormat },
  options: PcaOptions = {},
): Promise<Pca> {
  checkKeys('fitPca', options, ['maxImages', 'signal']);
  const size = inputShape[0] * inputShape[1] * inputShape[2];
  const { maxImages = Math.max(2, Math.min(2048, Math.floor(maxValues / size))), signal } = options;
  checkNumber('maxImages', maxImages, { min: 2, integer: true });
  if (source.length < 2) {
    throw new AutoencoderError(
      'INVALID_SAMPLE',
      `fitPca: expected at least two images to fit principal components to, received ${source.length}.`,
    );
  }
  const count = Math.min(source.length, maxImages);
  const rows = await readRows(source, count, size, { inputShape, pixels }, signal);
  const mean = center(rows, count, size);
  const gram = await gramMatrix(rows, count, size, signal);
  const { values, vectors } = await decompose(gram, count, signal);
  // Centring takes one dimension away; what lies below float32's noise is no component either.
  const rank = Math.min(count - 1, size, values.filter((value) => value > values[0] * 1e-7).length);
  const components = await combineRows(vectors, rows, rank, count, size, signal);
  const variances = values.slice(0, rank).map((value) => value / (count - 1));
  return new Pca(tf.tensor2d(components, [rank, size]), tf.tensor1d(mean), variances, count);
}

async function decompose(matrix: Float64Array, n: number, signal: AbortSignal | undefined): Promise<SymmetricEigen> {
  const steps = symmetricEigenSteps(matrix, n);
  for (;;) {
    const step = steps.next();
    await breathe(signal);
    if (step.done) return step.value;
  }
}

/** Lets timers and signals in, and stops where a signal says so. */
async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  if (!signal?.aborted) return;
  throw new AutoencoderError('ABORTED', 'fitPca: stopped as asked.', { cause: signal.reason });
}

async function readRows(
  source: SampleSource,
  count: number,
  size: number,
  { inputShape, pixels }: { inputShape: ImageShape; pixels: PixelFormat },
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const rows = new Float32Array(count * size);
  const batch = 64;
  for (let start = 0; start < count; start += batch) {
    const indices = Array.from({ length: Math.min(batch, count - start) }, (_, i) =>
      Math.floor(((start + i) * source.length) / count),
    );
    const tensor = samplesToTensor(await fetchSamples(source, indices, inputShape), inputShape, pixels);
    rows.set(await tensor.data(), start * size);
    tensor.dispose();
    await breathe(signal);
  }
  return rows;
}

/** Subtracts the mean row from every row, and returns it. */
function center(rows: Float32Array, count: number, size: number): Float32Array {
  const sums = new Float64Array(size);
  for (let at = 0; at < rows.length; at += size) {
    for (let i = 0; i < size; i++) sums[i] += rows[at + i];
  }
  const mean = Float32Array.from(sums, (sum) => sum / count);
  for (let at = 0; at < rows.length; at += size) {
    for (let i = 0; i < size; i++) rows[at + i] -= mean[i];
  }
  return mean;
}

/** Copies columns `from` to `to` of all rows as `[count, to - from]`. */
function sliceColumns(rows: Float32Array, count: number, size: number, from: number, to: number): tf.Tensor2D {
  const width = to - from;
  const slice = new Float32Array(count * width);
  for (let row = 0; row < count; row++) slice.set(rows.subarray(row * size + from, row * size + to), row * width);
  return tf.tensor2d(slice, [count, width]);
}

async function gramMatrix(rows: Float32Array, count: number, size: number, signal: AbortSignal | undefined) {
  const gram = new Float64Array(count * count);
  for (let from = 0; from < size; from += chunkSize) {
    const columns = sliceColumns(rows, count, size, from, Math.min(size, from + chunkSize));
    const partial = tf.tidy(() => tf.matMul(columns, tf.transpose(columns)));
    const values = await partial.data();
    for (let i = 0; i < gram.length; i++) gram[i] += values[i];
    tf.dispose([columns, partial]);
    await breathe(signal);
  }
  return gram;
}

/** Returns the first `rank` rows of vectors x rows, each scaled to length 1: `[rank, size]`. */
async function combineRows(
  vectors: Float64Array,
  rows: Float32Array,
  rank: number,
  count: number,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const out = new Float32Array(rank * size);
  const weights = tf.tensor2d(Float32Array.from(vectors.subarray(0, rank * count)), [rank, count]);
  for (let from = 0; from < size; from += chunkSize) {
    const to = Math.min(size, from + chunkSize);
    const columns = sliceColumns(rows, count, size, from, to);
    const product = tf.matMul(weights, columns);
    const values = await product.data();
    tf.dispose([columns, product]);
    for (let i = 0; i < rank; i++) out.set(values.subarray(i * (to - from), (i + 1) * (to - from)), i * size + from);
    await breathe(signal);
  }
  weights.dispose();
  for (let at = 0; at < out.length; at += size) {
    let squares = 0;
    for (let i = 0; i < size; i++) squares += out[at + i] * out[at + i];
    const scale = 1 / Math.sqrt(squares);
    for (let i = 0; i < size; i++) out[at + i] *= scale;
  }
  return out;
}
