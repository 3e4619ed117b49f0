/**
 * Runs convolutions of few channels with a stride as convolutions of blocks of pixels without one (assembly/pixel-blocks.ts), which have
 * enough channels for Winograd's algorithm.
 */
import type { backend_util } from '@tensorflow/tfjs-core';
import { type PixelBlocks, pixelBlocks, pixelTarget, type TapBlocksJob } from '../assembly/dist/jobs';
import type { Engine } from '../runtime/engine';
import type { Finish } from './convolution-job';
import { savedBy } from './winograd-groups';

type Info = backend_util.Conv2DInfo;

/** Up to this many channels, pixels are put together; with more, each phase of the stride has enough channels of its own. */
const mostChannels = 4;

/** Number of channels of the other side, and how many times fewer products there must be, for it to be faster. */
const [leastOutChannels, leastSaved] = [16, 1.5];

/**
 * Returns the convolution of blocks of pixels that a convolution is, if it is faster that way. A block must have as many channels as the
 * widest tile has columns: where tiles are wider, direct convolution of few channels is faster.
 */
export function blockConvolution(engine: Engine, info: Info): Info | undefined {
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, inChannels, outChannels, padInfo } = info;
  const channels = strideHeight * strideWidth * inChannels;
  if (strideHeight * strideWidth === 1 || dilationHeight * dilationWidth !== 1) return undefined;
  if (inChannels > mostChannels || channels < engine.panel || channels % 4 !== 0) return undefined;
  if (outChannels < leastOutChannels || outChannels % 4 !== 0) return undefined;
  const taps = [Math.ceil(info.filterHeight / strideHeight), Math.ceil(info.filterWidth / strideWidth)] as const;
  const [inHeight, inWidth] = [info.outHeight + taps[0] - 1, info.outWidth + taps[1] - 1];
  // Rows that no tap reaches are in no block.
  if (inHeight * strideHeight - padInfo.top < info.inHeight) return undefined;
  const padding = (taps[0] * taps[1] * channels) / (info.filterHeight * info.filterWidth * inChannels);
  const saved = savedBy({ taps, stride: [1, 1], outputs: [info.outHeight, info.outWidth] });
  if (saved < leastSaved * padding) return undefined;
  return {
    ...info,
    ...{ inHeight, inWidth, inChannels: channels, inShape: [info.batchSize, inHeight, inWidth, channels] },
    ...{ filterHeight: taps[0], filterWidth: taps[1], filterShape: [...taps, channels, outChannels] },
    ...{ strideHeight: 1, strideWidth: 1, padInfo: { top: 0, left: 0, right: 0, bottom: 0, type: 'VALID' } },
  };
}

/** Writes where the blocks of the input of a convolution are, for as long as f runs. */
export function withInputBlocks(engine: Engine, info: Info, f: (blocks: number) => void): void {
  engine.withTable(pixelBlocks, [blocksOf(info)], f);
}

/** Writes where the blocks of the gradient for the input of a convolution go, for as long as f runs. */
export function withOutputBlocks(
  engine: Engine,
  info: Info,
  pixels: number,
  { residual = 0 }: Finish,
  f: (target: number) => void,
): void {
  const { height, width, channels, blockHeight, blockWidth, padTop, padLeft } = blocksOf(info);
  const target = { height, width, channels, blockHeight, blockWidth, padTop, padLeft, pixels, residual };
  engine.withTable(pixelTarget, [target], f);
}

function blocksOf(info: Info): PixelBlocks {
  return {
    height: info.inHeight,
    width: info.inWidth,
    channels: info.inChannels,
    blockHeight: info.strideHeight,
    blockWidth: info.strideWidth,
    padTop: info.padInfo.top,
    padLeft: info.padInfo.left,
  };
}

/** Writes the filter of a convolution as that of the convolution of blocks, and keeps it while f runs. */
export function withFilterBlocks(
  engine: Engine,
  info: Info,
  blocks: Info,
  filter: number,
  f: (filter: number) => void,
): void {
  withTaps(engine, info, blocks, filter, (job) => {
    engine.call('gatherTaps', job);
    f(job.blocks);
  });
}

/** Writes the gradient of a filter, whose blocks f makes. */
export function withGradientBlocks(
  engine: Engine,
  info: Info,
  blocks: Info,
  gradient: number,
  f: (gradient: number) => void,
): void {
  withTaps(engine, info, blocks, gradient, (job) => {
    f(job.blocks);
    engine.call('scatterTaps', job);
  });
}

function withTaps(engine: Engine, info: Info, blocks: Info, taps: number, f: (job: TapBlocksJob) => void): void {
  const { filterHeight: height, filterWidth: width } = info;
  const { filterHeight: rows, filterWidth: columns } = blocks;
  const { strideHeight: blockHeight, strideWidth: blockWidth } = info;
  const channels = info.inChannels * info.outChannels;
  engine.withMemory(rows * columns * blocks.inChannels * blocks.outChannels * 4, (at) =>
    f({ height, width, channels, blockHeight, blockWidth, padTop: 0, padLeft: 0, taps, blocks: at, rows, columns }),
  );
}
