import * as tf from '@tensorflow/tfjs-core';
import type { PixelFormat } from '../../data/pixels';
import type { ImageShape, SampleSource } from '../../data/samples';
import { AutoencoderError, checkKeys, checkNumber } from '../../errors/errors';
import { center, MirrorHalves, readRows } from './image-rows';
import { RowComponents } from './row-components';

/** How `fitPca` fits components. */
export interface PcaOptions {
  /** How many components to find at most. Default: all there are, one less than images. */
  readonly components?: number;
  /** Fit on each image's mirror image, too, as a training sees them that mirrors images by chance. Default false. */
  readonly mirror?: boolean;
  /**
   * How many images to fit on at most, evenly spaced over the source. Default 2048, fewer for images of more than
   * 65,536 values. Time grows with its cube: some five seconds for 2048.
   */
  readonly maxImages?: number;
  /** Stops between steps; `fitPca` then throws ABORTED. */
  readonly signal?: AbortSignal;
}

/** Values of all images that are held in memory at most, by default: 512 MiB as float32. */
const maxValues = 2 ** 27;

/** Eigenvalues below this share of the largest are float32's noise, not components. */
const noise = 1e-7;

/**
 * Principal component analysis of whole images: the best linear code there is for the images it was fitted on.
 * Fitted by the leading eigenvectors of the images' Gram matrix; `dispose` frees its tensors.
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
    /** Whether on their mirror images, too. */
    readonly mirrored: boolean,
  ) {}

  /** How many components there are: as many as were asked for, or as the images have. */
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

  /** Frees the components' tensors. */
  dispose(): void {
    tf.dispose([this.components, this.mean]);
  }
}

/** Fits the principal components of the images of a source. Throws INVALID_SAMPLE for fewer than two images. */
export async function fitPca(
  source: SampleSource,
  format: { readonly inputShape: ImageShape; readonly pixels: PixelFormat },
  options: PcaOptions = {},
): Promise<Pca> {
  const { count, mirror, most, signal } = resolveOptions(source, format.inputShape, options);
  const pause = () => breathe(signal);
  const rows = await readRows(source, count, format, pause);
  const halves = mirror ? new MirrorHalves(format.inputShape) : undefined;
  halves?.fold(rows.values);
  const mean = center(rows, halves?.evenSize);
  const split = halves?.evenSize ?? rows.size;
  const parts = [await RowComponents.of(rows, [0, split], pause)];
  if (split < rows.size) parts.push(await RowComponents.of(rows, [split, rows.size], pause));
  const order = rank(parts, most);
  const components = new Float32Array(order.length * rows.size);
  for (const [p, part] of parts.entries()) {
    const places = order.flatMap((of, place) => (of.part === p ? [place] : []));
    if (places.length === 0) continue;
    const found = await part.first(places.length, pause);
    for (const [i, place] of places.entries())
      components.set(found.subarray(i * rows.size, (i + 1) * rows.size), place * rows.size);
  }
  halves?.unfold(components);
  halves?.unfold(mean);
  const degrees = mirror ? count - 0.5 : count - 1;
  return new Pca(
    tf.tensor2d(components, [order.length, rows.size]),
    tf.tensor1d(mean),
    Float64Array.from(order, ({ value }) => value / degrees),
    count,
    mirror,
  );
}

function resolveOptions(source: SampleSource, [height, width, channels]: ImageShape, options: PcaOptions) {
  checkKeys('fitPca', options, ['components', 'mirror', 'maxImages', 'signal']);
  const size = height * width * channels;
  const { maxImages = Math.max(2, Math.min(2048, Math.floor(maxValues / size))), mirror = false, signal } = options;
  checkNumber('maxImages', maxImages, { min: 2, integer: true });
  if (options.components !== undefined) checkNumber('components', options.components, { min: 1, integer: true });
  if (source.length < 2) {
    throw new AutoencoderError(
      'INVALID_SAMPLE',
      `fitPca: expected at least two images to fit principal components to, received ${source.length}.`,
    );
  }
  const count = Math.min(source.length, maxImages);
  // Centering takes one dimension away.
  const all = mirror ? 2 * count - 1 : count - 1;
  return { count, mirror, signal, most: Math.min(all, size, options.components ?? all) };
}

/** Chooses the `most` largest eigenvalues of all parts, but for what lies below float32's noise. */
function rank(parts: readonly RowComponents[], most: number): { part: number; value: number }[] {
  const all = parts.flatMap(({ eigenvalues }, part) => Array.from(eigenvalues, (value) => ({ part, value })));
  all.sort((a, b) => b.value - a.value);
  const [{ value: largest }] = all;
  return all.slice(0, most).filter(({ value }) => value > largest * noise);
}

/** Lets timers and signals in, and stops where a signal says so. */
async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  if (!signal?.aborted) return;
  throw new AutoencoderError('ABORTED', 'fitPca: aborted.', { cause: signal.reason });
}
