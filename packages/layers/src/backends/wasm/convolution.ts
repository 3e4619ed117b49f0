/** Cuts convolutions into jobs for the side module (assembly/conv.ts, assembly/filter-gradient.ts). */
import type { backend_util } from '@tensorflow/tfjs-core';
import type { Engine } from './engine';

/** The bits of assembly/simd.ts that say what happens to finished sums. */
export const FLAGS = { ACCUMULATE: 1, BIAS: 2, RELU: 4 } as const;

/** A convolution in pointers and byte distances; positions outside x count as zero. */
export interface Convolution {
  images: number;
  x: { at: number; height: number; width: number; channels: number };
  y: { at: number; height: number; width: number; channels: number; pixel: number; row: number; image: number };
  /** Tap (i, j), channel c, output channel o is at `at + i * tapY + j * tapX + c * channel + o * column`. */
  filter: { at: number; tapsY: number; tapsX: number; tapY: number; tapX: number; channel: number; column: number };
  stride: readonly [number, number];
  dilation: readonly [number, number];
  pad: readonly [top: number, left: number];
  /** Where the bias is, one value an output channel. */
  bias?: number;
  relu: boolean;
}

/** Most bytes of padded input that a thread copies at a time: they stay in a level-2 cache. */
const STRIP_BYTES = 256 << 10;

/** Units of work for each thread: enough that one which comes late costs little. */
const UNITS_PER_THREAD = 4;

/** Runs a convolution on all threads. */
export function runConv(engine: Engine, convolution: Convolution): void {
  const { images, x, y, filter, stride, dilation, pad, bias, relu } = convolution;
  withPackedFilter(engine, filter, x.channels, y.channels, (packed) => {
    const columns = (y.width - 1) * stride[1] + (filter.tapsX - 1) * dilation[1] + 1;
    const stripRow = columns * x.channels * 4;
    const reach = (filter.tapsY - 1) * dilation[0] + 1;
    const unitRows = rowsOfUnit(engine, images, y.height, Math.floor((STRIP_BYTES / stripRow - reach) / stride[0]));
    engine.run(
      'conv',
      images * Math.ceil(y.height / unitRows),
      [
        ...[x.at, x.height, x.width, x.channels],
        ...[packed, filter.tapsY, filter.tapsX, ...stride, ...dilation, ...pad],
        ...[y.at, y.height, y.width, y.channels, y.pixel, y.row, y.image],
        ...[bias ?? 0, (bias ? FLAGS.BIAS : 0) | (relu ? FLAGS.RELU : 0), unitRows],
      ],
      { scratchBytes: y.width * engine.panel * 4 + 64 + ((unitRows - 1) * stride[0] + reach) * stripRow },
    );
  });
}

/** Lays a filter out for the side module while f runs. */
export function withPackedFilter(
  engine: Engine,
  filter: Convolution['filter'],
  channels: number,
  outChannels: number,
  f: (packed: number) => void,
): void {
  const bytes = filter.tapsY * filter.tapsX * channels * (outChannels + engine.panel) * 4;
  engine.withMemory(bytes, (packed) => {
    engine.call('packFilter', [
      ...[filter.at, packed, filter.tapsY, filter.tapsX, channels, outChannels],
      ...[filter.tapY, filter.tapX, filter.channel, filter.column],
    ]);
    f(packed);
  });
}

/** Rows of output in one unit: whole images, unless there are too few of them or they are too large. */
export function rowsOfUnit(engine: Engine, images: number, rows: number, most: number): number {
  const bands = engine.threads === 1 ? 1 : Math.ceil((UNITS_PER_THREAD * engine.threads) / Math.max(images, 1));
  return Math.max(1, Math.min(Math.ceil(rows / bands), most));
}

/** Chunks of images with sums of their own. A fixed number, so that the result does not depend on the threads. */
const CHUNKS = 16;

/** Bytes of rows of x and dy that are worked on together: three quarters of a level-1 cache. */
const LEVEL1_BYTES = 24 << 10;

/** Most bytes of sums of all chunks. */
const SUM_BYTES = 16 << 20;

/** Writes the gradient of a convolution's filter, [filterHeight, filterWidth, inChannels, outChannels]. */
export function filterGradient(
  engine: Engine,
  info: backend_util.Conv2DInfo,
  x: number,
  dy: number,
  gradient: number,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth } =
    info;
  const rows = filterHeight * filterWidth * inChannels;
  const columns = Math.ceil(outChannels / 4) * 4;
  const sumBytes = rows * columns * 4;
  const chunks = chunksOf(batchSize, sumBytes);
  const columnsOfX = (outWidth - 1) * info.strideWidth + (filterWidth - 1) * info.dilationWidth + 1;
  const reach = (filterHeight - 1) * info.dilationHeight + 1;
  const xRow = columnsOfX * inChannels * 4;
  const dyRow = outWidth * columns * 4;
  const rowsAtOnce = Math.max(1, Math.floor((LEVEL1_BYTES - reach * xRow) / (info.strideHeight * xRow + dyRow)));
  engine.withMemory(chunks * sumBytes, (sums) => {
    engine.run(
      'filterGradient',
      chunks,
      [
        ...[x, inHeight, inWidth, inChannels, dy, outHeight, outWidth, outChannels],
        ...[filterHeight, filterWidth, info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth],
        ...[info.padInfo.top, info.padInfo.left, sums, sumBytes, batchSize, chunks, rowsAtOnce],
      ],
      { scratchBytes: rowsAtOnce * dyRow + ((rowsAtOnce - 1) * info.strideHeight + reach) * xRow },
    );
    engine.run('sumChunks', rows, [sums, sumBytes, chunks, columns, gradient, outChannels], { chunk: 64 });
  });
}

/** Chunks to cut `images` into when each keeps sums of so many bytes. */
export function chunksOf(images: number, sumBytes: number): number {
  return Math.max(1, Math.min(CHUNKS, images, Math.floor(SUM_BYTES / sumBytes)));
}
