/**
 * The start of a transform network: the best linear code for the training images, in closed form.
 *
 * - Directions in color space are the principal components of pixels.
 * - Blocks are transformed by cosines, which are close to optimal for photographs of any kind (Ahmed et al., 1974), and require no
 *   estimate that a few images could mislead.
 * - Coefficients are ordered by their variance, relative to what remains of each image.
 * - If images have more in common, such as drawings in the middle of a page, eigenvectors of the coefficients' covariance (the
 *   Karhunen-Loève transform) are better. Held-out images decide which of the two to use.
 *
 * Everything is computed in double precision and in a fixed order, so that every engine starts from the same bits.
 */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { Breather } from '../../data/event-loop';
import type { PixelFormat } from '../../data/pixels';
import { Random } from '../../data/random';
import type { ImageShape, SampleSource } from '../../data/samples';
import { AutoencoderError } from '../../errors/errors';
import { transformNames } from './architecture';
import type { Pause } from './block-statistics';
import { colorsOf, transformAll } from './block-table';
import { chooseCode } from './choose-code';
import { deviationsOf } from './code-block';
import { type LinearCode, requireLinearPart } from './linear-code';

/** Options of the linear start of preset transform. */
export interface LinearStartOptions {
  /** Seed that determines which images are used. Default 0. */
  readonly seed?: number;
  /** Stops between steps, which then throws ABORTED. */
  readonly signal?: AbortSignal;
  /** For a variational network: the weight of the divergence in training, which determines the initial variances of codes. Default 0.01. */
  readonly beta?: number;
  /** Called with the number of images that have been transformed. */
  readonly onProgress?: (progress: { readonly images: number; readonly of: number }) => void;
}

/** Maximum number of blocks that are used. */
const mostBlocks = 100_000;
/** Maximum number of values in all of them: 256 MiB as float32. */
const mostValues = 2 ** 26;
/** Number of images that determine the directions in color space. */
const colorImages = 256;

/**
 * Computes the linear code for a source of images. Throws ABORTED, INVALID_SAMPLE, or INVALID_OPTION for a network without a linear part.
 */
export async function computeLinearCode(
  samples: SampleSource,
  { model, inputShape, pixels }: { model: LayersModel; inputShape: ImageShape; pixels: PixelFormat },
  { seed = 0, signal, onProgress }: LinearStartOptions = {},
): Promise<LinearCode> {
  const plan = requireLinearPart(model);
  const reader = { samples, inputShape, pixels, pause: pauseFor(signal) };
  const blocks = plan.grid[0] * plan.grid[1];
  const values = plan.blockSize[0] * plan.blockSize[1] * inputShape[2];
  const most = Math.floor(Math.min(mostBlocks / blocks, mostValues / (values * blocks)));
  const order = new Random(seed, 4).permutation(samples.length).subarray(0, Math.max(1, most));
  const colors = await colorsOf(reader, order.subarray(0, colorImages));
  const table = await transformAll(reader, plan, order, colors, onProgress);
  const { ranking, basis, zones } = await chooseCode(table, plan, reader.pause);
  const { positions, means } = ranking;
  const code = { colors, positions, means, basis: basis.matrix, zones };
  if (!isVariational(model)) return code;
  return { ...code, deviations: await deviationsOf(table, plan.numbers, ranking, basis, reader.pause) };
}

function isVariational(model: LayersModel): boolean {
  return model.layers.some(({ name }) => name === transformNames.distribution);
}

function pauseFor(signal?: AbortSignal): Pause {
  const breather = new Breather();
  return async () => {
    await breather.breathe();
    if (signal?.aborted)
      throw new AutoencoderError('ABORTED', 'train: aborted before the first step.', { cause: signal.reason });
  };
}
