/** Divides convolutions and the gradients for their inputs into jobs for the side module (assembly/conv.ts). */
import { type backend_util, util } from '@tensorflow/tfjs-core';
import { type ConvJob, DOT_SUM_BYTES } from '../assembly/dist/jobs';
import type { Engine } from '../runtime/engine';
import { type Convolution, type Finish, flagsOf, imageAt, rowsOfUnit, withPackedFilter } from './convolution-job';
import { blockConvolution, withFilterBlocks, withInputBlocks, withOutputBlocks } from './pixel-blocks';
import { runSpread, suitsSpread } from './spread';
import { runWinograd } from './winograd';
import { suitsWinograd } from './winograd-groups';

/** Maximum size in bytes of padded input that a thread copies at a time: it stays in a level-2 cache. */
const mostStripBytes = 256 << 10;

/** Runs convolutions of the same x with the same stride on all threads. */
function runConvs(engine: Engine, convolutions: readonly Convolution[]): void {
  const suited = convolutions.filter(isWinograd);
  runWinograd(engine, suited);
  if (suited.length === convolutions.length) return;
  for (const convolution of convolutions) {
    if (suited.includes(convolution)) continue;
    if (convolution.filter.tapsY === 0 || convolution.filter.tapsX === 0) clear(engine, convolution);
    else runDirect(engine, convolution);
  }
}

function isWinograd(convolution: Convolution): boolean {
  const { x, y, filter, stride, dilation } = convolution;
  const taps = [filter.tapsY, filter.tapsX] as const;
  const outputs = [y.height, y.width] as const;
  return suitsWinograd({ channels: x.channels, outChannels: y.channels, taps, stride, dilation, outputs });
}

function runDirect(engine: Engine, convolution: Convolution): void {
  const { images, x, y, filter } = convolution;
  withPackedFilter(engine, filter, x.channels, y.channels, (packed) => {
    const strip = stripOf(convolution);
    const unitRows = rowsOfUnit(engine, images, y.height, strip.mostRows);
    const units = images * Math.ceil(y.height / unitRows);
    const scratchBytes = rowBytes(engine, y.width) + strip.bytes(unitRows);
    engine.run('conv', { units, scratchBytes }, convJob(convolution, packed, unitRows));
  });
}

/** Returns the size in bytes of the scratch memory for dot products and a row of one panel. */
function rowBytes(engine: Engine, width: number): number {
  return DOT_SUM_BYTES + width * engine.panel * 4 + 64;
}

/** Returns the size of the padded input that a unit of some rows of output may have to copy. */
function stripOf({ x, y, filter, stride, dilation }: Convolution): { mostRows: number; bytes(rows: number): number } {
  const columns = (y.width - 1) * stride[1] + (filter.tapsX - 1) * dilation[1] + 1;
  const row = columns * x.channels * 4;
  const reach = (filter.tapsY - 1) * dilation[0] + 1;
  return {
    mostRows: Math.floor((mostStripBytes / row - reach) / stride[0]),
    bytes: (rows) => ((rows - 1) * stride[0] + reach) * row,
  };
}

function convJob(convolution: Convolution, packed: number, unitRows: number): ConvJob {
  const { x, y, filter, stride, dilation, pad, bias = 0, mask = 0 } = convolution;
  return {
    x: x.at,
    height: x.height,
    width: x.width,
    channels: x.channels,
    filter: packed,
    tapsY: filter.tapsY,
    tapsX: filter.tapsX,
    strideY: stride[0],
    strideX: stride[1],
    dilationY: dilation[0],
    dilationX: dilation[1],
    padTop: pad[0],
    padLeft: pad[1],
    y: y.at,
    outHeight: y.height,
    outWidth: y.width,
    outChannels: y.channels,
    yPixel: y.pixel,
    yRow: y.row,
    yImage: y.image,
    bias,
    flags: flagsOf(convolution),
    mask,
    unitRows,
  };
}

/** Writes the result of a convolution without any tap: the bias or 0; or adds it. */
function clear(engine: Engine, { images, y, bias, relu, mask, residual }: Convolution): void {
  const sums = bias ? engine.floats(bias, y.channels).map((value) => (relu ? Math.max(0, value) : value)) : undefined;
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < y.height; row++) {
      for (let column = 0; column < y.width; column++) {
        const pixel = engine.floats(y.at + image * y.image + row * y.row + column * y.pixel, y.channels);
        if (residual) for (const [channel, sum] of (sums ?? []).entries()) pixel[channel] += sum;
        else if (sums && !mask) pixel.set(sums);
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
  const blocks = blockConvolution(engine, info);
  if (!blocks) runConvs(engine, [forwardConvolution(info, x, filter, y, finish)]);
  else
    withInputBlocks(engine, info, (inputBlocks) =>
      withFilterBlocks(engine, info, blocks, filter, (filter) =>
        runWinograd(engine, [forwardConvolution(blocks, x, filter, y, finish)], { inputBlocks }),
      ),
    );
}

/** Writes the maxima of 2 x 2 windows of y = x * filter, and their indices; y itself is never stored. Output channels: a multiple of 4. */
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
    const units = info.batchSize * Math.ceil(height / unitRows);
    const scratchBytes = rowBytes(engine, info.outWidth) + 2 * convolution.y.row + stripOf(convolution).bytes(2);
    engine.run(
      'convPool',
      { units, scratchBytes },
      { ...convJob(convolution, packed, unitRows), ...pooled, pooledHeight: height, pooledWidth: width },
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
  const { inChannels, outChannels, filterHeight, filterWidth } = info;
  const pixel = outChannels * 4;
  return {
    images: info.batchSize,
    x: { at: x, height: info.inHeight, width: info.inWidth, channels: inChannels },
    y: imageAt(y, info.outHeight, info.outWidth, outChannels),
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
    bias: finish.bias,
    relu: finish.relu,
    mask: finish.mask,
    residual: finish.residual,
  };
}

/**
 * Writes the gradient for the input, dx; all arguments are pointers.
 *
 * It is a convolution of dy with the filter rotated by 180 degrees. With a stride s, it consists of s * s of them, one for each phase of
 * the input positions: position i meets only the taps k with (i + pad - k) divisible by s, so no zeros are multiplied. For few channels see
 * spread.ts.
 */
export function convBackpropInput(
  engine: Engine,
  info: backend_util.Conv2DInfo,
  dy: number,
  filter: number,
  dx: number,
  finish: Finish = {},
): void {
  const blocks = blockConvolution(engine, info);
  if (blocks) {
    withOutputBlocks(engine, info, dx, finish, (outputBlocks) =>
      withFilterBlocks(engine, info, blocks, filter, (filter) =>
        runWinograd(engine, inputGradientConvolutions(blocks, dy, filter, dx, finish), { outputBlocks }),
      ),
    );
  } else if (suitsSpread(engine, info)) runSpread(engine, info, dy, filter, dx, finish);
  else {
    if (finish.residual) {
      const size = util.sizeFromShape(info.inShape);
      engine.floats(dx, size).set(engine.floats(finish.residual, size));
    }
    runConvs(engine, inputGradientConvolutions(info, dy, filter, dx, finish));
  }
}

function inputGradientConvolutions(
  info: backend_util.Conv2DInfo,
  dy: number,
  filter: number,
  dx: number,
  finish: Finish,
): Convolution[] {
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
      bias: finish.bias,
      relu: finish.relu,
      mask: finish.mask && finish.mask + start,
      residual: finish.residual,
    };
  };
  return rows.flatMap((row) => columns.map((column) => phaseOf(row, column)));
}

/** One phase of the input positions along one dimension: positions first, first + stride, ... */
interface Phase {
  first: number;
  count: number;
  /** Taps that reach these positions, the last of which comes first in the rotated filter. */
  taps: number;
  lastTap: number;
  /** Padding of the convolution over dy; negative if it starts inside dy. */
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
