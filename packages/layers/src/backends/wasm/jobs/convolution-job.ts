/** What all jobs of convolutions share: where the images are, how the work is divided, and what happens to finished sums. */
import { ACCUMULATE, BIAS, type FilterJob, RELU } from '../assembly/dist/jobs';
import type { Engine } from '../runtime/engine';

/** An NHWC image of float32: where its values are, and the distances in bytes between pixels, rows and images. */
export interface Image {
  at: number;
  height: number;
  width: number;
  channels: number;
  pixel: number;
  row: number;
  image: number;
}

/** Where the values of a filter are: tap (i, j), channel c, output channel o at `at + i * tapY + j * tapX + c * channel + o * column`. */
export interface Filter {
  at: number;
  tapsY: number;
  tapsX: number;
  tapY: number;
  tapX: number;
  channel: number;
  column: number;
}

/** A convolution in pointers and byte distances; positions outside x count as zero. */
export interface Convolution extends Finish {
  images: number;
  /** Without gaps. */
  x: { at: number; height: number; width: number; channels: number };
  y: Image;
  filter: Filter;
  stride: readonly [number, number];
  dilation: readonly [number, number];
  pad: readonly [top: number, left: number];
}

/** What happens to the sums of a convolution before they are stored. */
export interface Finish {
  /** Where the bias is. */
  bias?: number;
  relu?: boolean;
  /** Where values with the shape of the result are: the result becomes 0 where they are not positive. */
  mask?: number;
  /** Where values with the shape of the result are, which are added to the sums; not with ReLU or a mask. */
  residual?: number;
}

/** Returns the flags for what happens to finished sums. A residual is already stored where they go. */
export function flagsOf({ bias, relu, residual }: Finish): number {
  return (bias ? BIAS : 0) | (relu ? RELU : 0) | (residual ? ACCUMULATE : 0);
}

/** Describes an image without gaps. */
export function imageAt(at: number, height: number, width: number, channels: number): Image {
  const pixel = channels * 4;
  const row = pixel * width;
  return { at, height, width, channels, pixel, row, image: row * height };
}

/** Describes a filter in another layout, from `to` on. */
export function filterJob(filter: Filter, to: number, channels: number, outChannels: number): FilterJob {
  const { at: from, tapsY, tapsX, tapY, tapX, channel, column } = filter;
  return { from, to, tapsY, tapsX, channels, outChannels, tapY, tapX, channel, column };
}

/** Converts the layout of a filter for the side module while f runs. */
export function withPackedFilter(
  engine: Engine,
  filter: Filter,
  channels: number,
  outChannels: number,
  f: (packed: number) => void,
): void {
  const bytes = filter.tapsY * filter.tapsX * channels * (outChannels + engine.panel) * 4;
  engine.withMemory(bytes, (packed) => {
    engine.call('packFilter', filterJob(filter, packed, channels, outChannels));
    f(packed);
  });
}

/** Units of work per thread: enough that one that is late costs little. */
const unitsPerThread = 8;

/** Returns the rows of output in one unit: whole images, unless there are too few of them or they are too large. */
export function rowsOfUnit(engine: Engine, images: number, rows: number, most: number): number {
  const bands = engine.threads === 1 ? 1 : Math.ceil((unitsPerThread * engine.threads) / Math.max(images, 1));
  return Math.max(1, Math.min(Math.ceil(rows / Math.max(bands, 1)), most));
}

/** Maximum number of chunks of work with their own sums. It is fixed, so that the result does not depend on the number of threads. */
export const mostChunks = 16;

/** Maximum size in bytes of the sums of all chunks. */
const mostSumBytes = 64 << 20;

/** Returns the number of chunks to divide work into if each chunk keeps sums of this many bytes. */
export function chunksOf(pieces: number, sumBytes: number): number {
  return Math.max(1, Math.min(mostChunks, pieces, Math.floor(mostSumBytes / sumBytes)));
}

/** Sums that are too few to share: handing them to another thread takes longer. */
const sumsAtOnce = 50_000;

/** Adds up the sums of all chunks, `bytes` apart: rows of `columns` values become rows of toColumns. */
export function addChunks(
  engine: Engine,
  { at, bytes, chunks }: { at: number; bytes: number; chunks: number },
  rows: number,
  columns: number,
  to: number,
  toColumns: number,
): void {
  const chunk = Math.max(1, Math.ceil(sumsAtOnce / (chunks * columns)));
  engine.run(
    'sumChunks',
    { units: rows, chunk },
    {
      from: at,
      chunkBytes: bytes,
      chunks,
      fromColumns: columns,
      to,
      toColumns,
      toRow: toColumns * 4,
      bias: 0,
      flags: 0,
    },
  );
}
