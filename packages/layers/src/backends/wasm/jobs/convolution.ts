/** Cuts convolutions into jobs for the side module (assembly/conv.ts, assembly/filter-gradient.ts). */
import type { backend_util } from '@tensorflow/tfjs-core';
import { type Engine, TILE_BYTES } from '../runtime/engine';
import { columnSums } from './column-sums';
import {
  addChunks,
  type Convolution,
  chunksOf,
  type Finish,
  finishing,
  rowsOfUnit,
  withPackedFilter,
} from './convolution-job';
import { runWinograd, shapeOf, suitsWinograd, winogradFilterGradient } from './winograd';

/** Most bytes of padded input that a thread copies at a time: they stay in a level-2 cache. */
const STRIP_BYTES = 256 << 10;

/** Runs convolutions of the same x with the same stride on all threads. */
function runConvs(engine: Engine, convolutions: readonly Convolution[]): void {
  runWinograd(engine, convolutions.filter(isWinograd));
  for (const convolution of convolutions) {
    if (isWinograd(convolution)) continue;
    if (convolution.filter.tapsY === 0 || convolution.filter.tapsX === 0) clear(engine, convolution);
    else runDirect(engine, convolution);
  }
}

function isWinograd(convolution: Convolution): boolean {
  const { x, y, filter } = convolution;
  const taps = [filter.tapsY, filter.tapsX] as const;
  return suitsWinograd({ ...convolution, channels: x.channels, outChannels: y.channels, taps });
}

function runDirect(engine: Engine, convolution: Convolution): void {
  const { images, x, y, filter } = convolution;
  withPackedFilter(engine, filter, x.channels, y.channels, (packed) => {
    const strip = stripOf(convolution);
    const unitRows = rowsOfUnit(engine, images, y.height, strip.mostRows);
    engine.run('conv', images * Math.ceil(y.height / unitRows), convFields(convolution, packed, unitRows), {
      scratchBytes: TILE_BYTES + y.width * engine.panel * 4 + 64 + strip.bytes(unitRows),
    });
  });
}

/** The padded input that a unit of some rows of output may have to copy. */
function stripOf({ x, y, filter, stride, dilation }: Convolution): { mostRows: number; bytes(rows: number): number } {
  const columns = (y.width - 1) * stride[1] + (filter.tapsX - 1) * dilation[1] + 1;
  const row = columns * x.channels * 4;
  const reach = (filter.tapsY - 1) * dilation[0] + 1;
  return {
    mostRows: Math.floor((STRIP_BYTES / row - reach) / stride[0]),
    bytes: (rows) => ((rows - 1) * stride[0] + reach) * row,
  };
}

/** The fields of ConvJob in assembly/conv.ts. */
function convFields(convolution: Convolution, packed: number, unitRows: number): number[] {
  const { x, y, filter, stride, dilation, pad } = convolution;
  return [
    ...[x.at, x.height, x.width, x.channels],
    ...[packed, filter.tapsY, filter.tapsX, ...stride, ...dilation, ...pad],
    ...[y.at, y.height, y.width, y.channels, y.pixel, y.row, y.image],
    ...[...finishing(convolution), convolution.mask ?? 0, unitRows],
  ];
}

/** What a convolution without any tap answers: the bias, or 0. */
function clear(engine: Engine, { images, y, bias, relu, mask }: Convolution): void {
  const sums = bias ? engine.floats(bias, y.channels).map((value) => (relu ? Math.max(0, value) : value)) : undefined;
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < y.height; row++) {
      for (let column = 0; column < y.width; column++) {
        const pixel = engine.floats(y.at + image * y.image + row * y.row + column * y.pixel, y.channels);
        if (sums && !mask) pixel.set(sums);
        else pixel.fill(0);
      }
    }
  }
}

/** Writes y = x * filter, all pointers. */
export function convForward(
  engine: Engine,
  info: backend_util.Conv2DInfo,
  x: number,
  filter: number,
  y: number,
  finish: Finish,
): void {
  runConvs(engine, [forwardConvolution(info, x, filter, y, finish)]);
}

/** Writes the maxima of windows of 2 x 2 of y = x * filter, and their indices; y itself is never stored. Output channels: a multiple of 4. */
export function runConvMaxPool(
  engine: Engine,
  info: backend_util.Conv2DInfo,
  x: number,
  filter: number,
  pooled: { values: number; indices: number },
  finish: Finish,
): void {
  const convolution = forwardConvolution(info, x, filter, 0, finish);
  const [height, width] = [info.outHeight >> 1, info.outWidth >> 1];
  withPackedFilter(engine, convolution.filter, info.inChannels, info.outChannels, (packed) => {
    const unitRows = rowsOfUnit(engine, info.batchSize, height, height);
    engine.run(
      'convPool',
      info.batchSize * Math.ceil(height / unitRows),
      [...convFields(convolution, packed, unitRows), pooled.values, pooled.indices, height, width],
      {
        scratchBytes:
          TILE_BYTES + 2 * convolution.y.row + info.outWidth * engine.panel * 4 + 64 + stripOf(convolution).bytes(2),
      },
    );
  });
}

function forwardConvolution(
  info: backend_util.Conv2DInfo,
  x: number,
  filter: number,
  y: number,
  finish: Finish,
): Convolution {
  const { inChannels, outChannels, outWidth, outHeight, filterHeight, filterWidth } = info;
  const pixel = outChannels * 4;
  const row = pixel * outWidth;
  return {
    images: info.batchSize,
    x: { at: x, height: info.inHeight, width: info.inWidth, channels: inChannels },
    y: { at: y, height: outHeight, width: outWidth, channels: outChannels, pixel, row, image: row * outHeight },
    filter: {
      at: filter,
      tapsY: filterHeight,
      tapsX: filterWidth,
      tapY: filterWidth * inChannels * pixel,
      tapX: inChannels * pixel,
      channel: pixel,
      column: 4,
    },
    stride: [info.strideHeight, info.strideWidth],
    dilation: [info.dilationHeight, info.dilationWidth],
    pad: [info.padInfo.top, info.padInfo.left],
    ...finish,
  };
}

/**
 * Writes the gradient for the input, dx, all pointers.
 *
 * It is a convolution of dy with the filter turned around. With a stride s it is s * s of them, one for each phase of the input
 * positions: position i meets only the taps k with (i + pad - k) divisible by s, so no zeros are multiplied.
 */
export function convBackpropInput(
  engine: Engine,
  info: backend_util.Conv2DInfo,
  dy: number,
  filter: number,
  dx: number,
  finish: Finish = {},
): void {
  const { inChannels, outChannels, inWidth, inHeight, filterWidth } = info;
  const rows = phases(info.filterHeight, info.strideHeight, info.dilationHeight, info.padInfo.top, inHeight);
  const columns = phases(filterWidth, info.strideWidth, info.dilationWidth, info.padInfo.left, inWidth);
  const pixel = inChannels * 4;
  const tap = inChannels * outChannels * 4;
  const phaseOf = (row: Phase, column: Phase): Convolution => {
    const start = (row.first * inWidth + column.first) * pixel;
    return {
      images: info.batchSize,
      x: { at: dy, height: info.outHeight, width: info.outWidth, channels: outChannels },
      y: {
        at: dx + start,
        height: row.count,
        width: column.count,
        channels: inChannels,
        pixel: info.strideWidth * pixel,
        row: info.strideHeight * inWidth * pixel,
        image: inHeight * inWidth * pixel,
      },
      filter: {
        at: filter + (row.lastTap * filterWidth + column.lastTap) * tap,
        tapsY: row.taps,
        tapsX: column.taps,
        tapY: -info.strideHeight * filterWidth * tap,
        tapX: -info.strideWidth * tap,
        channel: 4,
        column: outChannels * 4,
      },
      stride: [1, 1],
      dilation: [info.dilationHeight, info.dilationWidth],
      pad: [row.pad, column.pad],
      ...finish,
      mask: finish.mask && finish.mask + start,
    };
  };
  runConvs(
    engine,
    rows.flatMap((row) => columns.map((column) => phaseOf(row, column))),
  );
}

/** One phase of the input positions of one dimension: positions first, first + stride, ... */
interface Phase {
  first: number;
  count: number;
  /** Taps that reach these positions, the last one of which comes first in the turned filter. */
  taps: number;
  lastTap: number;
  /** Padding of the convolution over dy; negative where it begins inside dy. */
  pad: number;
}

function phases(taps: number, stride: number, dilation: number, pad: number, size: number): Phase[] {
  const all: Phase[] = [];
  for (let first = 0; first < Math.min(stride, size); first++) {
    const firstTap = (first + pad) % stride;
    const count = Math.ceil((size - first) / stride);
    const reaching = Math.max(0, Math.ceil((taps - firstTap) / stride));
    const newest = (first + pad - firstTap) / stride; // output position that meets the first tap
    all.push({
      first,
      count,
      taps: reaching,
      lastTap: firstTap + stride * (reaching - 1),
      pad: (reaching - 1) * dilation - newest,
    });
  }
  return all;
}

/** Bytes of rows of x and dy that are worked on together: three quarters of a level-1 cache. And the fewest pixels in any case. */
const LEVEL1_BYTES = 24 << 10;
const LEAST_PIXELS = 96;

/** Fewest pixels for which a part of an image gets sums of its own. */
const LEAST_PIXELS_OF_CHUNK = 1024;

/**
 * Writes the gradient of a convolution's filter, [filterHeight, filterWidth, inChannels, outChannels], and of its bias if there is
 * somewhere to write it to.
 */
export function filterGradient(
  engine: Engine,
  info: backend_util.Conv2DInfo,
  x: number,
  dy: number,
  gradient: number,
  biasGradient = 0,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth } =
    info;
  if (suitsWinograd(shapeOf(info))) {
    winogradFilterGradient(engine, info, x, dy, gradient);
    if (biasGradient) columnSums(engine, dy, batchSize * outHeight * outWidth, outChannels, biasGradient);
    return;
  }
  const rows = filterHeight * filterWidth * inChannels;
  const columns = Math.ceil(outChannels / 4) * 4;
  const sumBytes = (rows + (biasGradient ? 1 : 0)) * columns * 4;
  const pixels = batchSize * outHeight * outWidth;
  const chunks = chunksOf(Math.max(batchSize, Math.ceil(pixels / LEAST_PIXELS_OF_CHUNK)), sumBytes);
  const columnsOfX = (outWidth - 1) * info.strideWidth + (filterWidth - 1) * info.dilationWidth + 1;
  const reach = (filterHeight - 1) * info.dilationHeight + 1;
  const xRow = columnsOfX * inChannels * 4;
  const dyRow = outWidth * columns * 4;
  const fitting = Math.floor((LEVEL1_BYTES - reach * xRow) / (info.strideHeight * xRow + dyRow));
  const rowsAtOnce = Math.min(outHeight, Math.max(fitting, Math.ceil(LEAST_PIXELS / outWidth)));
  engine.withMemory(chunks * sumBytes, (sums) => {
    engine.run(
      'filterGradient',
      chunks,
      [
        ...[x, inHeight, inWidth, inChannels, dy, outHeight, outWidth, outChannels],
        ...[filterHeight, filterWidth, info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth],
        ...[info.padInfo.top, info.padInfo.left, sums, sumBytes, biasGradient ? 1 : 0, batchSize, chunks, rowsAtOnce],
      ],
      { scratchBytes: rowsAtOnce * dyRow + ((rowsAtOnce - 1) * info.strideHeight + reach) * xRow },
    );
    const all = { at: sums, bytes: sumBytes, chunks };
    addChunks(engine, all, rows, columns, gradient, outChannels);
    if (biasGradient)
      addChunks(engine, { ...all, at: sums + rows * columns * 4 }, 1, columns, biasGradient, outChannels);
  });
}
