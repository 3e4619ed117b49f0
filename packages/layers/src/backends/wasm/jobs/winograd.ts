/** Divides convolutions of many channels into jobs for Winograd's algorithm (assembly/winograd-conv.ts and winograd-gradient.ts). */
import type { backend_util } from '@tensorflow/tfjs-core';
import { ACCUMULATE, PACK_CHANNELS, SLICE_VALUES, type TapGroup, tapGroup } from '../assembly/dist/jobs';
import type { Engine } from '../runtime/engine';
import { addChunks, type Convolution, chunksOf, type Filter, flagsOf } from './convolution-job';
import {
  type Cut,
  cutTiles,
  groupOf,
  kindsOf,
  most,
  type Pair,
  pairsOf,
  savesByOverlapAdd,
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
  withGroups(engine, groups, packedBytes, ({ groups, groupCount }) => {
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
  const [first] = convolutions;
  const overlapAdd = convolutions.length === 1 && !hasBlocks && savesByOverlapAdd(first);
  const filter = overlapAdd ? reversed(first.filter) : first.filter;
  const groups = overlapAdd ? [overlapAddGroup(first, filter)] : convolutions.flatMap(groupsOf);
  const cut = cutTiles(engine, [first.x.channels, first.y.channels], groups, first.images);
  for (const group of groups) group.tileRows = cut.rows / group.tileHeight;
  return { filter, groups, cut };
}

/** Returns a filter with the last tap first. */
function reversed(filter: Filter): Filter {
  const { at, tapsY, tapsX, tapY, tapX, channel, column } = filter;
  const last = at + (tapsY - 1) * tapY + (tapsX - 1) * tapX;
  return { at: last, tapsY, tapsX, tapY: -tapY, tapX: -tapX, channel, column };
}

/** Returns the only group of a convolution whose tiles are of the input, with the reversed filter. */
function overlapAddGroup(convolution: Convolution, filter: Filter): TapGroup {
  const { x, y, stride, mask = 0 } = convolution;
  const [pair] = pairsOf([filter.tapsY, filter.tapsX], stride);
  return groupOf(pair, [x.height, x.width], {
    overlapAdd: 1,
    top: 0,
    left: 0,
    outHeight: y.height,
    outWidth: y.width,
    taps: filter.at,
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
      overlapAdd: 0,
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
  const { batchSize: images, inChannels, outChannels, filterHeight, filterWidth, outHeight, outWidth } = info;
  const [strideY, strideX] = [info.strideHeight, info.strideWidth];
  const pairs = pairsOf([filterHeight, filterWidth], [strideY, strideX]);
  const tap = inChannels * outChannels * 4;
  const gradientBytes = filterHeight * filterWidth * tap;
  // A few large chunks as long as the groups alone are enough work to share.
  const pieces = Math.max(fewestUnits / pairs.length, (images * outHeight * outWidth) / leastOutputs);
  const chunks = chunksOf(Math.ceil(pieces), gradientBytes);
  engine.withMemory(chunks * gradientBytes, (at) => {
    const groups = pairs.map((pair) => gradientGroup(pair, info, dy, at));
    const cuts = groups.map((group) => cutTiles(engine, [inChannels, outChannels], [group]));
    const [firstPart, secondPart] = [most(cuts, (cut) => cut.firstPart), most(cuts, (cut) => cut.secondPart)];
    for (const [index, group] of groups.entries()) group.tileRows = cuts[index].rows / group.tileHeight;
    engine.withTable(tapGroup, groups, (table) => {
      const job = {
        groups: table,
        groupCount: groups.length,
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
        gradientBytes,
        bothParts: firstPart + secondPart,
      };
      const sliceBytes = 18 * SLICE_VALUES * 4; // 3 x 6 after one direction
      const scratchBytes = job.bothParts + most(groups, kindsOf) * tap + sliceBytes;
      engine.run('winogradGradient', { units: groups.length * chunks, scratchBytes }, job);
    });
    const rows = filterHeight * filterWidth * inChannels;
    addChunks(engine, { at, bytes: gradientBytes, chunks }, rows, outChannels, gradient, outChannels);
  });
}

/** Makes a group of taps for the gradient of a filter, from `gradient` on. */
function gradientGroup(pair: Pair, info: backend_util.Conv2DInfo, dy: number, gradient: number): TapGroup {
  const [down, across] = pair;
  const { outHeight, outWidth, padInfo, filterWidth, inChannels, outChannels } = info;
  return groupOf(pair, [outHeight, outWidth], {
    overlapAdd: 0,
    top: down.first - padInfo.top,
    left: across.first - padInfo.left,
    outHeight,
    outWidth,
    taps: gradient + (down.first * filterWidth + across.first) * inChannels * outChannels * 4,
    y: dy,
    flags: 0,
    mask: 0,
  });
}
