/** Divides convolutions of many channels into jobs for Winograd's algorithm (assembly/winograd-conv.ts and winograd-gradient.ts). */
import type { backend_util } from '@tensorflow/tfjs-core';
import { ACCUMULATE, PACK_CHANNELS, SLICE_VALUES, type TapGroup } from '../assembly/dist/jobs';
import type { Engine } from '../runtime/engine';
import { type Convolution, chunksOf, type Filter, flagsOf } from './convolution-job';
import {
  type Cut,
  cutTiles,
  groupOf,
  kindsOf,
  most,
  pairsOf,
  savesBySpreading,
  sum,
  withGroups,
} from './winograd-groups';

/**
 * Number of outputs of an image that are worth separate sums for the filter's gradient, and minimum number of units of work, for that many
 * threads.
 */
const [leastOutputs, fewestUnits] = [4096, 8];

/** Images are put together as long as each thread gets this many chunks of them. */
const chunksPerThread = 4;

/** Where PixelBlocks of the input and a PixelTarget of the output are, if those are images of blocks. */
interface Blocks {
  inputBlocks?: number;
  outputBlocks?: number;
}

/** Runs suitable convolutions of the same x on all threads: those that are the phases of one gradient, or a single one. */
export function runWinograd(
  engine: Engine,
  convolutions: readonly Convolution[],
  { inputBlocks = 0, outputBlocks = 0 }: Blocks = {},
): void {
  const [first] = convolutions;
  if (!first) return;
  const { images, x, y, stride } = first;
  const { filter, groups, cut } = planOf(engine, convolutions, inputBlocks !== 0);
  const packedBytes = (group: TapGroup) => kindsOf(group) * x.channels * (y.channels + engine.panel) * 4;
  const rows = groups.map(({ tileHeight }) => cut.rows / tileHeight);
  withGroups(engine, groups, rows, packedBytes, 1, ({ groups, groupCount }) => {
    // Without a spread, here and below: V8 makes objects of so many fields faster from a literal.
    const job = {
      groups,
      groupCount,
      x: x.at,
      height: x.height,
      width: x.width,
      inputBlocks,
      channels: x.channels,
      outChannels: y.channels,
      strideY: stride[0],
      strideX: stride[1],
      tapY: filter.tapY * stride[0],
      tapX: filter.tapX * stride[1],
      firstPart: cut.firstPart,
      channel: filter.channel,
      column: filter.column,
      yPixel: y.pixel,
      yRow: y.row,
      yImage: y.image,
      bias: first.bias ?? 0,
      outputBlocks,
      bands: cut.bands,
      imagesAtOnce: cut.imagesAtOnce,
    };
    const packs = groupCount * Math.ceil(x.channels / PACK_CHANNELS);
    const blockBytes = (9 + 18) * PACK_CHANNELS * engine.panel * 4; // 3 x 3 taps, and 3 x 6 after one direction
    engine.run('packWinograd', { units: packs, scratchBytes: blockBytes }, job);
    const scratchBytes = cut.firstPart + cut.secondPart;
    const chunk = Math.max(1, Math.min(cut.imagesAtOnce, Math.floor(images / (chunksPerThread * engine.threads))));
    engine.run('winogradConv', { units: images * cut.bands, chunk, last: 1, scratchBytes }, job);
  });
}

interface Plan {
  filter: Filter;
  groups: TapGroup[];
  cut: Cut;
}

/** Decides which tiles convolutions are divided into. */
function planOf(engine: Engine, convolutions: readonly Convolution[], hasBlocks: boolean): Plan {
  const [{ images, x, y, filter }] = convolutions;
  const spreads = convolutions.length === 1 && !hasBlocks && savesBySpreading(convolutions[0]);
  const groups = spreads ? [spreadingGroup(convolutions[0])] : convolutions.flatMap(groupsOf);
  const cut = cutTiles(engine, [x.channels, y.channels], groups, images);
  return { filter: spreads ? reversed(filter) : filter, groups, cut };
}

/** Returns a filter with the last tap first. */
function reversed(filter: Filter): Filter {
  const { at, tapsY, tapsX, tapY, tapX, channel, column } = filter;
  const last = at + (tapsY - 1) * tapY + (tapsX - 1) * tapX;
  return { at: last, tapsY, tapsX, tapY: -tapY, tapX: -tapX, channel, column };
}

/** Returns the only group of a convolution whose tiles are of the input. */
function spreadingGroup(convolution: Convolution): TapGroup {
  const { x, y, filter, stride, mask = 0 } = convolution;
  const [pair] = pairsOf([filter.tapsY, filter.tapsX], stride);
  return groupOf(pair, [x.height, x.width], {
    spreads: 1,
    top: 0,
    left: 0,
    outHeight: y.height,
    outWidth: y.width,
    taps: reversed(filter).at,
    y: y.at,
    flags: flagsOf(convolution),
    mask,
  });
}

/** Lists the groups of one convolution, each adding to the last one's sums. */
function groupsOf(convolution: Convolution): TapGroup[] {
  const { y, filter, stride, pad, mask = 0 } = convolution;
  const flags = flagsOf(convolution);
  return pairsOf([filter.tapsY, filter.tapsX], stride).map((pair, index, { length }) => {
    const [down, across] = pair;
    const last = index === length - 1;
    return groupOf(pair, [y.height, y.width], {
      spreads: 0,
      top: down.first - pad[0],
      left: across.first - pad[1],
      outHeight: y.height,
      outWidth: y.width,
      taps: filter.at + down.first * filter.tapY + across.first * filter.tapX,
      y: y.at,
      flags: (index > 0 ? ACCUMULATE : flags & ACCUMULATE) | (last ? flags : 0),
      mask: last ? mask : 0,
    });
  });
}

/** Writes the gradient of the filter of a suitable convolution. */
export function winogradFilterGradient(
  engine: Engine,
  info: backend_util.Conv2DInfo,
  x: number,
  dy: number,
  gradient: number,
  inputBlocks = 0,
): void {
  const { batchSize: images, inChannels, outChannels, filterHeight, filterWidth, padInfo } = info;
  const [strideY, strideX] = [info.strideHeight, info.strideWidth];
  const tap = inChannels * outChannels * 4;
  const groups = pairsOf([filterHeight, filterWidth], [strideY, strideX]).map((pair) => {
    const [down, across] = pair;
    return groupOf(pair, [info.outHeight, info.outWidth], {
      spreads: 0,
      top: down.first - padInfo.top,
      left: across.first - padInfo.left,
      outHeight: info.outHeight,
      outWidth: info.outWidth,
      taps: gradient + (down.first * filterWidth + across.first) * tap,
      y: dy,
      flags: 0,
      mask: 0,
    });
  });
  const cuts = groups.map((group) => cutTiles(engine, [inChannels, outChannels], [group]));
  const [firstPart, secondPart] = [most(cuts, (cut) => cut.firstPart), most(cuts, (cut) => cut.secondPart)];
  const bytesOf = (group: TapGroup) => kindsOf(group) * tap;
  const sumBytes = sum(groups, bytesOf);
  const outputs = images * info.outHeight * info.outWidth;
  // A few large chunks as long as the groups alone are enough work to share.
  const chunks = chunksOf(Math.ceil(Math.max(fewestUnits / groups.length, outputs / leastOutputs)), sumBytes);
  const rows = cuts.map(({ rows }, index) => rows / groups[index].tileHeight);
  withGroups(engine, groups, rows, bytesOf, chunks, ({ groups, groupCount }) => {
    const job = {
      groups,
      groupCount,
      x,
      height: info.inHeight,
      width: info.inWidth,
      inputBlocks,
      channels: inChannels,
      outChannels,
      strideY,
      strideX,
      tapY: strideY * filterWidth * tap,
      tapX: strideX * tap,
      firstPart,
      images,
      imagesAtOnce: Math.min(...cuts.map((cut) => cut.imagesAtOnce)),
      chunks,
      sumBytes,
    };
    engine.run('winogradGradient', { units: groupCount * chunks, scratchBytes: firstPart + secondPart }, job);
    const slices = groupCount * Math.ceil((inChannels * outChannels) / SLICE_VALUES);
    const sliceBytes = (36 + 18) * SLICE_VALUES * 4; // 6 x 6 kinds of products, and 3 x 6 after one direction
    engine.run('unpackWinograd', { units: slices, scratchBytes: sliceBytes }, job);
  });
}
