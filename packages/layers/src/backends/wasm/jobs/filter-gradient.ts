/** Divides gradients of filters into jobs for the side module (assembly/filter-gradient.ts). */
import type { backend_util } from '@tensorflow/tfjs-core';
import type { Engine } from '../runtime/engine';
import { columnSums } from './column-sums';
import { addChunks, chunksOf } from './convolution-job';
import { blockConvolution, withGradientBlocks, withInputBlocks } from './pixel-blocks';
import { winogradFilterGradient } from './winograd';
import { shapeOf, suitsWinograd } from './winograd-groups';

/** Size in bytes of rows of x and dy that are processed together: three quarters of a level-1 cache. And the minimum number of pixels. */
const level1Bytes = 24 << 10;
const leastPixels = 96;

/** Minimum number of pixels for which a part of an image gets its own sums. */
const leastPixelsOfChunk = 1024;

/**
 * Writes the gradient of a convolution's filter, [filterHeight, filterWidth, inChannels, outChannels], and of its bias, if there is memory
 * for it.
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
  const blocks = blockConvolution(engine, info);
  if (blocks || suitsWinograd(shapeOf(info))) {
    // First, as the long jobs should be last: this thread prepares the next ones meanwhile.
    if (biasGradient) columnSums(engine, dy, batchSize * outHeight * outWidth, outChannels, biasGradient);
    if (!blocks) winogradFilterGradient(engine, info, x, dy, gradient);
    else
      withInputBlocks(engine, info, (inputBlocks) =>
        withGradientBlocks(engine, info, blocks, gradient, (gradient) =>
          winogradFilterGradient(engine, blocks, x, dy, gradient, inputBlocks),
        ),
      );
    return;
  }
  const rows = filterHeight * filterWidth * inChannels;
  const columns = Math.ceil(outChannels / 4) * 4;
  const sumBytes = (rows + (biasGradient ? 1 : 0)) * columns * 4;
  const pixels = batchSize * outHeight * outWidth;
  const chunks = chunksOf(Math.max(batchSize, Math.ceil(pixels / leastPixelsOfChunk)), sumBytes);
  const columnsOfX = (outWidth - 1) * info.strideWidth + (filterWidth - 1) * info.dilationWidth + 1;
  const reach = (filterHeight - 1) * info.dilationHeight + 1;
  const xRow = columnsOfX * inChannels * 4;
  const dyRow = outWidth * columns * 4;
  const fitting = Math.floor((level1Bytes - reach * xRow) / (info.strideHeight * xRow + dyRow));
  const rowsAtOnce = Math.min(outHeight, Math.max(fitting, Math.ceil(leastPixels / outWidth)));
  const scratchBytes = rowsAtOnce * dyRow + ((rowsAtOnce - 1) * info.strideHeight + reach) * xRow;
  engine.withMemory(chunks * sumBytes, (sums) => {
    engine.run(
      'filterGradient',
      { units: chunks, scratchBytes },
      {
        x,
        height: inHeight,
        width: inWidth,
        channels: inChannels,
        dy,
        outHeight,
        outWidth,
        outChannels,
        tapsY: filterHeight,
        tapsX: filterWidth,
        strideY: info.strideHeight,
        strideX: info.strideWidth,
        dilationY: info.dilationHeight,
        dilationX: info.dilationWidth,
        padTop: info.padInfo.top,
        padLeft: info.padInfo.left,
        sums,
        sumBytes,
        withBias: biasGradient ? 1 : 0,
        images: batchSize,
        chunks,
        rowsAtOnce,
      },
    );
    const all = { at: sums, bytes: sumBytes, chunks };
    addChunks(engine, all, rows, columns, gradient, outChannels);
    if (!biasGradient) return;
    addChunks(engine, { ...all, at: sums + rows * columns * 4 }, 1, columns, biasGradient, outChannels);
  });
}
