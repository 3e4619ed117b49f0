import * as tf from '@tensorflow/tfjs-core';
import { checkFormat, type PixelFormat } from '../../data/pixels';
import { checkSource, type ImageShape, type SampleSource } from '../../data/samples';
import { AutoencoderError, checkKeys, checkNumber } from '../../errors/errors';
import { center, MirrorHalves, readRows } from './image-rows';
import { RowComponents } from './row-components';

/** How `fitPca` fits components. */
export interface PcaOptions {
  /** Maximum number of components. Default: all, one fewer than images. */
  readonly components?: number;
  /** Fit to each image's mirror image as well, as training that mirrors images at random sees them. Default false. */
  readonly mirror?: boolean;
  /**
   * Maximum number of images to fit to, evenly spaced over the source. Default 2048, fewer for images of more than 65,536 values. Time
   * grows with its cube: about five seconds for 2048.
   */
  readonly maxImages?: number;
  /** Stops between steps; `fitPca` then throws ABORTED. */
  readonly signal?: AbortSignal;
}

/** Default limit for the values of all images that are held in memory: 512 MiB as float32. */
const maxValues = 2 ** 27;

/** Eigenvalues below this fraction of the largest are float32 noise, not components. */
const noise = 1e-9;

/**
 * Principal component analysis of whole images: the best linear code for the images it was fitted to. Fitted with the leading eigenvectors
 * of the images' Gram matrix; `dispose` frees its tensors.
 */
export class Pca {
  constructor(
    /** float32 `[k, H * W * C]`: the orthonormal components, largest variance first. */
    readonly components: tf.Tensor2D,
    /** float32 `[H * W * C]`. */
    readonly mean: tf.Tensor1D,
    /** Variance along each component over the images it was fitted to (divided by their number minus one). */
    readonly variances: Float64Array,
    /** Number of images it was fitted to. */
    readonly fittedOn: number,
    /** Whether their mirror images were included. */
    readonly mirrored: boolean,
  ) {}

  /** Number of components: as many as requested, or as many as the images allow. */
  get componentCount(): number {
    return this.components.shape[0];
  }

  /** Encodes images `[N, H, W, C]`, in the network's units, to coefficients `[N, k]`. */
  encode(images: tf.Tensor4D): tf.Tensor2D {
    return tf.tidy(() => {
      const rows = tf.reshape(images, [images.shape[0], -1]);
      return tf.matMul<tf.Tensor2D>(tf.sub(rows, this.mean), this.components, false, true);
    });
  }

  /** Decodes the first coefficients of each image, `[N, count]`, to images `[N, ...shape]`, not clamped. */
  decode(coefficients: tf.Tensor2D, shape: ImageShape): tf.Tensor4D {
    return this.decodePrefixes(coefficients, [coefficients.shape[1]], shape)[0];
  }

  /** Decodes several times with more and more coefficients: `counts` in ascending order. */
  decodePrefixes(coefficients: tf.Tensor2D, counts: readonly number[], shape: ImageShape): tf.Tensor4D[] {
    return tf.tidy(() => {
      const [images] = coefficients.shape;
      const size = this.components.shape[1];
      let known = 0;
      let sum: tf.Tensor = tf.reshape(this.mean, [1, size]);
      return counts.map((count) => {
        // Only add what the coefficients since the last count contribute.
        const weights = tf.slice(coefficients, [0, known], [images, count - known]);
        const components = tf.slice(this.components, [known, 0], [count - known, size]);
        if (count > known) sum = tf.add(sum, tf.matMul(weights, components));
        known = count;
        return tf.reshape(tf.add(sum, tf.zeros([images, 1])), [images, ...shape]);
      });
    });
  }

  /** Frees the tensors of the components. */
  dispose(): void {
    tf.dispose([this.components, this.mean]);
  }
}

/** Fits principal components to the images of a source. Throws INVALID_SAMPLE for fewer than two images. */
export async function fitPca(
  source: SampleSource,
  format: { readonly inputShape: ImageShape; readonly pixels: PixelFormat },
  options: PcaOptions = {},
): Promise<Pca> {
  checkSource('fitPca', source);
  checkFormat('fitPca', format);
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
  const found: { readonly value: number; readonly component: Float32Array }[] = [];
  for (const [p, part] of parts.entries()) {
    const values = order.flatMap((of) => (of.part === p ? [of.value] : []));
    if (values.length === 0) continue;
    for (const [i, component] of (await part.first(values.length, pause)).entries())
      if (component) found.push({ value: values[i], component });
  }
  found.sort((a, b) => b.value - a.value);
  const components = new Float32Array(found.length * rows.size);
  for (const [i, { component }] of found.entries()) components.set(component, i * rows.size);
  halves?.unfold(components);
  halves?.unfold(mean);
  const degrees = mirror ? count - 0.5 : count - 1;
  return new Pca(
    tf.tensor2d(components, [found.length, rows.size]),
    tf.tensor1d(mean),
    Float64Array.from(found, ({ value }) => value / degrees),
    count,
    mirror,
  );
}

function resolveOptions(source: SampleSource, [height, width, channels]: ImageShape, options: PcaOptions) {
  checkKeys('fitPca', options, ['components', 'mirror', 'maxImages', 'signal']);
  const size = height * width * channels;
  const { maxImages, mirror = false, signal } = options;
  if (maxImages !== undefined) checkNumber('maxImages', maxImages, { min: 2, integer: true });
  if (options.components !== undefined) checkNumber('components', options.components, { min: 1, integer: true });
  if (source.length < 2) {
    throw new AutoencoderError(
      'INVALID_SAMPLE',
      `fitPca: expected at least two images to fit principal components to, received ${source.length}.`,
    );
  }
  const count = fittedCount(source, size, maxImages);
  // Centering removes one dimension.
  const all = mirror ? 2 * count - 1 : count - 1;
  return { count, mirror, signal, most: Math.min(all, size, options.components ?? all) };
}

/** Returns the number of images of `size` values that PCA is fitted to. */
export function fittedCount({ length }: SampleSource, size: number, maxImages?: number): number {
  return Math.min(length, maxImages ?? Math.max(2, Math.min(2048, Math.floor(maxValues / size))));
}

/** Chooses the `most` largest eigenvalues of all parts, except those below float32 noise. */
function rank(parts: readonly RowComponents[], most: number): { part: number; value: number }[] {
  const all = parts.flatMap(({ eigenvalues }, part) => Array.from(eigenvalues, (value) => ({ part, value })));
  all.sort((a, b) => b.value - a.value);
  const [{ value: largest }] = all;
  return all.slice(0, most).filter(({ value }) => value > largest * noise);
}

/** Lets timers and signals run, and stops if the signal is aborted. */
async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  if (!signal?.aborted) return;
  throw new AutoencoderError('ABORTED', 'fitPca: aborted.', { cause: signal.reason });
}
