/** Reads images and transforms their blocks to cosine coefficients, for the statistics that a linear code is computed from. */
import { type PixelFormat, samplesToTensor } from '../../data/pixels';
import { fetchSamples, type ImageShape, type SampleSource } from '../../data/samples';
import { eigenvectors } from '../../linear-algebra/eigenvectors';
import { BlockCosines } from './block-cosines';
import type { BlockPlan } from './block-plan';
import type { BlockTable, Pause } from './block-statistics';

/** Images fetched at a time. */
const batchSize = 64;

/** The source of the images, and the meaning of their values. */
export interface ImageReader {
  readonly samples: SampleSource;
  readonly inputShape: ImageShape;
  readonly pixels: PixelFormat;
  readonly pause: Pause;
}

/** Returns the values of images in the network's units, `[N, H, W, C]`. */
async function readImages({ samples, inputShape, pixels }: ImageReader, indices: Uint32Array): Promise<Float32Array> {
  const tensor = samplesToTensor(await fetchSamples(samples, indices, inputShape), inputShape, pixels);
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return values;
}

/** Returns the principal directions in color space as columns, largest first. */
export async function colorsOf(reader: ImageReader, indices: Uint32Array): Promise<Float64Array> {
  const channels = reader.inputShape[2];
  const [sums, products] = [new Float64Array(channels), new Float64Array(channels * channels)];
  let count = 0;
  for (let at = 0; at < indices.length; at += batchSize) {
    const values = await readImages(reader, indices.subarray(at, at + batchSize));
    for (let i = 0; i < values.length; i += channels) {
      for (let c = 0; c < channels; c++) {
        sums[c] += values[i + c];
        for (let d = c; d < channels; d++) products[c * channels + d] += values[i + c] * values[i + d];
      }
    }
    count += values.length / channels;
    await reader.pause();
  }
  const covariance = new Float64Array(channels * channels);
  for (let c = 0; c < channels; c++) {
    for (let d = c; d < channels; d++) {
      covariance[c * channels + d] = products[c * channels + d] / count - (sums[c] / count) * (sums[d] / count);
      covariance[d * channels + c] = covariance[c * channels + d];
    }
  }
  return (await eigenvectors(covariance, channels, channels, reader.pause)).vectors;
}

/** Transforms the blocks of images in the given order; `colors` `[C, C]`: each column is a direction in color space. */
export async function transformAll(
  reader: ImageReader,
  { blockSize, grid }: BlockPlan,
  order: Uint32Array,
  colors: Float64Array,
  onProgress?: (progress: { readonly images: number; readonly of: number }) => void,
): Promise<BlockTable> {
  const { inputShape, pause } = reader;
  const [rows, columns] = grid;
  const channels = inputShape[2];
  const values = blockSize[0] * blockSize[1] * channels;
  const table = {
    count: order.length * rows * columns,
    values,
    perImage: rows * columns,
    data: new Float32Array(order.length * rows * columns * values),
  };
  const cosines = new BlockCosines(blockSize, channels, colors);
  const block = new Float64Array(values);
  let next = 0;
  for (let at = 0; at < order.length; at += batchSize) {
    const indices = order.subarray(at, at + batchSize);
    const images = await readImages(reader, indices);
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

/** Copies a block from an image, which continues as its mirror image past its edges. */
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
