/**
 * The start of a transform network: the best linear code that training images tell, in closed form.
 *
 * - Directions of color are the principal components of pixels.
 * - Blocks are transformed by cosines, which are near the best for photographs whatever the images (Ahmed et al., 1974), and need no
 *   estimate that a few images could mislead.
 * - Coefficients are taken in the order of their variance.
 * - Where images have more in common, such as drawings in the middle of a page, eigenvectors of the coefficients' covariance (the
 *   Karhunen-Loève transform) are better. Images that were put aside tell which of the two it is.
 *
 * All is done in double precision and in one order, so that every engine starts from the same bits.
 */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { Breather } from '../../data/event-loop';
import { type PixelFormat, samplesToTensor } from '../../data/pixels';
import { Random } from '../../data/random';
import { fetchSamples, type ImageShape, type SampleSource } from '../../data/samples';
import { AutoencoderError } from '../../errors';
import { symmetricEigenSteps } from '../../linear-algebra/symmetric-eigen';
import type { BlockPlan } from './architecture';
import { BlockCosines } from './block-cosines';
import { type BlockTable, covarianceOf, momentsOf, type Pause } from './block-statistics';
import { firstColumns, type LinearCode, requireLinearPart } from './linear-code';

export interface LinearStartOptions {
  /** Determines which images are looked at. Default 0. */
  readonly seed?: number;
  /** Stops between steps; throws ABORTED then. */
  readonly signal?: AbortSignal;
  /** Called with how many of the images that are looked at have been transformed. */
  readonly onProgress?: (progress: { readonly images: number; readonly of: number }) => void;
}

/** Blocks that are looked at, at most. */
const mostBlocks = 100_000;
/** Values of all of them, at most: 256 MiB as float32. */
const mostValues = 2 ** 26;
/** Images that tell the directions of color. */
const colorImages = 256;
/** Images that are fetched at a time. */
const batchSize = 64;
/** Of these images, one is put aside to choose by. */
const heldOutEvery = 7;
/** With fewer images, nothing but the cosines can be told. */
const fewestImages = 50;
/** Coefficients that eigenvectors are computed of, at most: those that are neither surely in the code nor surely out of it. */
const widestBand = 1024;
/** How much of the covariances is taken for chance. */
const shrinkage = 0.05;

/** Computes the linear code of a source of images. Throws ABORTED, INVALID_SAMPLE, or INVALID_OPTION for a network without a linear part. */
export async function computeLinearCode(
  samples: SampleSource,
  { model, inputShape, pixels }: { model: LayersModel; inputShape: ImageShape; pixels: PixelFormat },
  { seed = 0, signal, onProgress }: LinearStartOptions = {},
): Promise<LinearCode> {
  const plan = requireLinearPart(model);
  const pause = pauseFor(signal);
  const blocks = plan.grid[0] * plan.grid[1];
  const values = plan.blockSize[0] * plan.blockSize[1] * inputShape[2];
  const most = Math.floor(Math.min(mostBlocks / blocks, mostValues / (values * blocks)));
  const order = new Random(seed, 4).permutation(samples.length).subarray(0, Math.max(1, most));
  const colors = await colorsOf(samples, order.subarray(0, colorImages), inputShape, pixels, pause);
  const table = await transformAll(plan, samples, order, { inputShape, pixels, colors }, pause, onProgress);
  const aside = order.length < fewestImages ? 0 : Math.floor(order.length / heldOutEvery);
  const fitted = table.count - aside * blocks;
  const all = momentsOf(table, 0, table.count);
  const known = aside === 0 ? all : momentsOf(table, 0, fitted);
  const cosines = { colors, ...takeLargest(all, plan), basis: firstColumns(plan.coefficients, plan.numbers) };
  if (aside === 0 || plan.numbers >= values) return cosines;
  const tried = takeLargest(known, plan);
  const basis = await eigenvectorsOf(table, [0, fitted], plan, tried.positions, known.means, pause);
  const gain = await gainOf(table, [fitted, table.count], plan, { ...tried, basis }, known.means, pause);
  if (gain <= 0) return cosines;
  const { positions, means } = takeLargest(all, plan);
  return {
    colors,
    positions,
    means,
    basis: await eigenvectorsOf(table, [0, table.count], plan, positions, all.means, pause),
  };
}

function pauseFor(signal?: AbortSignal): Pause {
  const breather = new Breather();
  return async () => {
    await breather.breathe();
    if (signal?.aborted)
      throw new AutoencoderError('ABORTED', 'train: stopped before the first step as asked.', { cause: signal.reason });
  };
}

/** The values of images in the network's units, `[N, H, W, C]`. */
async function readImages(
  samples: SampleSource,
  indices: Uint32Array,
  shape: ImageShape,
  pixels: PixelFormat,
): Promise<Float32Array> {
  const tensor = samplesToTensor(await fetchSamples(samples, indices, shape), shape, pixels);
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return values;
}

/** The principal directions of color, as columns; the largest first. */
async function colorsOf(
  samples: SampleSource,
  indices: Uint32Array,
  shape: ImageShape,
  pixels: PixelFormat,
  pause: Pause,
): Promise<Float64Array> {
  const channels = shape[2];
  const [sums, products] = [new Float64Array(channels), new Float64Array(channels * channels)];
  let count = 0;
  for (let at = 0; at < indices.length; at += batchSize) {
    const values = await readImages(samples, indices.subarray(at, at + batchSize), shape, pixels);
    for (let i = 0; i < values.length; i += channels) {
      for (let c = 0; c < channels; c++) {
        sums[c] += values[i + c];
        for (let d = c; d < channels; d++) products[c * channels + d] += values[i + c] * values[i + d];
      }
    }
    count += values.length / channels;
    await pause();
  }
  const covariance = new Float64Array(channels * channels);
  for (let c = 0; c < channels; c++) {
    for (let d = c; d < channels; d++) {
      covariance[c * channels + d] = products[c * channels + d] / count - (sums[c] / count) * (sums[d] / count);
      covariance[d * channels + c] = covariance[c * channels + d];
    }
  }
  return columnsOf(await eigenvectors(covariance, channels, channels, pause), channels, channels);
}

async function transformAll(
  { blockSize, grid }: BlockPlan,
  samples: SampleSource,
  order: Uint32Array,
  { inputShape, pixels, colors }: { inputShape: ImageShape; pixels: PixelFormat; colors: Float64Array },
  pause: Pause,
  onProgress: LinearStartOptions['onProgress'],
): Promise<BlockTable> {
  const [rows, columns] = grid;
  const channels = inputShape[2];
  const values = blockSize[0] * blockSize[1] * channels;
  const table = {
    count: order.length * rows * columns,
    values,
    data: new Float32Array(order.length * rows * columns * values),
  };
  const cosines = new BlockCosines(blockSize, channels, colors);
  const block = new Float64Array(values);
  let next = 0;
  for (let at = 0; at < order.length; at += batchSize) {
    const indices = order.subarray(at, at + batchSize);
    const images = await readImages(samples, indices, inputShape, pixels);
    for (let i = 0; i < indices.length; i++) {
      for (let b = 0; b < rows * columns; b++) {
        cutBlock(images, i, inputShape, blockSize, [Math.floor(b / columns), b % columns], block);
        cosines.transform(block, table.data.subarray(next, next + values));
        next += values;
      }
      await pause();
    }
    onProgress?.({ images: at + indices.length, of: order.length });
  }
  return table;
}

/** Copies a block out of an image; past its edges it is its mirror image. */
function cutBlock(
  images: Float32Array,
  image: number,
  [height, width, channels]: ImageShape,
  [blockHeight, blockWidth]: readonly [number, number],
  [row, column]: readonly [number, number],
  to: Float64Array,
): void {
  let next = 0;
  for (let y = 0; y < blockHeight; y++) {
    const line = (image * height + mirrored(row * blockHeight + y, height)) * width;
    for (let x = 0; x < blockWidth; x++) {
      const from = (line + mirrored(column * blockWidth + x, width)) * channels;
      for (let c = 0; c < channels; c++) to[next++] = images[from + c];
    }
  }
}

function mirrored(at: number, size: number): number {
  const period = at % (2 * size);
  return period < size ? period : 2 * size - 1 - period;
}

/** The coefficients with the largest variances, and their means. */
function takeLargest({ means, variances }: ReturnType<typeof momentsOf>, { coefficients }: BlockPlan) {
  const order = Int32Array.from(variances.keys()).sort((a, b) => variances[b] - variances[a] || a - b);
  const positions = order.slice(0, coefficients);
  return { positions, means: Float64Array.from(positions, (position) => means[position]) };
}

/** The band of coefficients, from `first` on, of which eigenvectors are computed: those before are in the code as they are. */
function bandOf({ coefficients, numbers }: BlockPlan): { first: number; width: number } {
  const width = Math.min(coefficients, widestBand);
  const first = Math.min(coefficients - width, numbers - 1);
  return { first: Math.max(0, first), width };
}

/** The basis of a code by eigenvectors of the covariance, `[coefficients, numbers]`. */
async function eigenvectorsOf(
  table: BlockTable,
  range: readonly [number, number],
  plan: BlockPlan,
  positions: Int32Array,
  means: Float64Array,
  pause: Pause,
): Promise<Float64Array> {
  const { numbers } = plan;
  const { first, width } = bandOf(plan);
  const covariance = await covarianceOf(table, range, positions.slice(first, first + width), means, pause);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) if (i !== j) covariance[i * width + j] *= 1 - shrinkage;
  }
  const vectors = columnsOf(await eigenvectors(covariance, width, numbers - first, pause), width, numbers - first);
  const basis = new Float64Array(plan.coefficients * numbers);
  for (let i = 0; i < first; i++) basis[i * numbers + i] = 1;
  for (let i = 0; i < width; i++) {
    basis.set(vectors.subarray(i * (numbers - first), (i + 1) * (numbers - first)), (first + i) * numbers + first);
  }
  return basis;
}

/** The eigenvectors of the `count` largest eigenvalues by rows, the largest first; each with the sign that makes its largest value positive. */
async function eigenvectors(matrix: Float64Array, n: number, count: number, pause: Pause): Promise<Float64Array> {
  const steps = symmetricEigenSteps(matrix, n, count);
  let step = steps.next();
  while (!step.done) {
    await pause();
    step = steps.next();
  }
  const { vectors } = step.value;
  for (let i = 0; i < count; i++) {
    const row = vectors.subarray(i * n, (i + 1) * n);
    let largest = 0;
    for (const value of row) if (Math.abs(value) > Math.abs(largest) + 1e-9) largest = value;
    if (largest < 0) for (let k = 0; k < n; k++) row[k] = -row[k];
  }
  return vectors;
}

/** Rows `[count, n]` as columns: `[n, count]`. */
function columnsOf(rows: Float64Array, n: number, count: number): Float64Array {
  const columns = new Float64Array(n * count);
  for (let j = 0; j < count; j++) for (let i = 0; i < n; i++) columns[i * count + j] = rows[j * n + i];
  return columns;
}

/** How much less error a code leaves than as many cosines, in images that it does not know: the mean of the logarithms' difference. */
async function gainOf(
  table: BlockTable,
  [from, to]: readonly [number, number],
  plan: BlockPlan,
  { positions, means, basis }: Omit<LinearCode, 'colors'>,
  allMeans: Float64Array,
  pause: Pause,
): Promise<number> {
  const blocks = plan.grid[0] * plan.grid[1];
  const { first, width } = bandOf(plan);
  const kept = plan.numbers - first;
  // One more than there are, for they are taken two at a time.
  const rest = new Float64Array(width + 1);
  const isCertain = new Uint8Array(table.values);
  for (const position of positions.subarray(0, first)) isCertain[position] = 1;
  let gain = 0;
  for (let image = from; image < to; image += blocks) {
    let [byCosines, byVectors, all] = [0, 0, 0];
    for (let b = image; b < image + blocks; b++) {
      const block = table.data.subarray(b * table.values, (b + 1) * table.values);
      const code = new Float64Array(kept);
      for (let i = 0; i < width; i++) {
        rest[i] = block[positions[first + i]] - means[first + i];
        if (i < kept) byCosines += rest[i] * rest[i];
      }
      for (let i = 0; i < width; i += 2) {
        addScaled(code, basis, (first + i) * plan.numbers + first, plan.numbers, rest[i], rest[i + 1]);
      }
      for (const value of code) byVectors += value * value;
      all += squaresOf(block, allMeans, isCertain);
    }
    gain += Math.log((all - byCosines) / (all - byVectors));
    await pause();
  }
  return gain;
}

/** The squares of what a block has beside the means, without some. */
function squaresOf(block: Float32Array, means: Float64Array, isLeftOut: Uint8Array): number {
  let sum = 0;
  for (let k = 0; k < block.length; k++) if (!isLeftOut[k]) sum += (block[k] - means[k]) ** 2;
  return sum;
}

/** Adds two rows, from `at` on and `stride` after it, times a factor each. The second may be past the end where its factor is 0. */
function addScaled(
  to: Float64Array,
  from: Float64Array,
  at: number,
  stride: number,
  first: number,
  second: number,
): void {
  const next = second === 0 ? at : at + stride;
  for (let j = 0; j < to.length; j++) to[j] += first * from[at + j] + second * from[next + j];
}
