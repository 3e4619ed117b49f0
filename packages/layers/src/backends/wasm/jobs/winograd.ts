/** Cuts convolutions of many channels into jobs for Winograd's algorithm (assembly/winograd.ts). */
import type { backend_util } from '@tensorflow/tfjs-core';
import {
  ACCUMULATE,
  PACK_CHANNELS,
  SLICE_VALUES,
  type TapGroup,
  tapGroup,
  type WinogradJob,
} from '../assembly/dist/jobs';
import type { Engine } from '../runtime/engine';
import { type Convolution, chunksOf, flagsOf, mostChunks, rowsOfUnit } from './convolution-job';

/** With fewer channels the transforms take longer than the products they save. */
const leastChannels = 24;

/** Bytes of transformed tiles that are worked on together: half of a level-2 cache. */
const transformedBytes = 512 << 10;

/** Fewest outputs of an image that are worth sums of their own for the filter's gradient. */
const leastOutputs = 2048;

/** Outputs of a tile in a direction of three taps where there are enough of them; more would cost precision. */
const largeTile = 4;

/** Outputs of a tile in other directions. */
const smallTile = 2;

/** Two or three taps of one direction that lie a stride apart. */
interface Taps {
  first: number;
  count: number;
}

/** What decides whether the algorithm suits. */
interface Shape {
  channels: number;
  outChannels: number;
  taps: readonly [number, number];
  stride: readonly [number, number];
  dilation: readonly [number, number];
}

/** Reads the same from what tfjs knows of a convolution. */
export function shapeOf(info: backend_util.Conv2DInfo): Shape {
  return {
    channels: info.inChannels,
    outChannels: info.outChannels,
    taps: [info.filterHeight, info.filterWidth],
    stride: [info.strideHeight, info.strideWidth],
    dilation: [info.dilationHeight, info.dilationWidth],
  };
}

/** Says whether a convolution is faster this way: many channels, and taps that fall into groups of 2 and 3. */
export function suitsWinograd({ channels, outChannels, taps, stride, dilation }: Shape): boolean {
  const fewest = Math.min(channels, outChannels);
  const dense = Math.max(...stride) <= 2 && Math.max(...dilation) === 1;
  return (
    fewest >= leastChannels && channels % 4 === 0 && outChannels % 4 === 0 && dense && pairsOf(taps, stride).length > 0
  );
}

/**
 * Cuts taps into groups of 3 and 2, those of each phase of the stride for themselves: each group is a convolution without a stride.
 * Empty where a tap would stay alone.
 */
function tapGroups(taps: number, stride: number): Taps[] {
  const groups: Taps[] = [];
  for (let phase = 0; phase < stride; phase++) {
    let left = Math.ceil((taps - phase) / stride);
    if (left < 2) return [];
    for (let first = phase; left > 0; ) {
      const count = left === 3 || left > 4 ? 3 : 2;
      groups.push({ first, count });
      first += count * stride;
      left -= count;
    }
  }
  return groups;
}

function pairsOf(taps: readonly [number, number], stride: readonly [number, number]): [y: Taps, x: Taps][] {
  const across = tapGroups(taps[1], stride[1]);
  return tapGroups(taps[0], stride[0]).flatMap((y) => across.map((x): [Taps, Taps] => [y, x]));
}

/** A group of taps before it is known where in memory its transformed values go. */
type Group = Omit<TapGroup, 'transformed' | 'tileRows'>;

/** Returns how many outputs in one direction to make of a tile: the larger tile where it saves products, also of what lies past the edge. */
function tileFor(taps: number, length: number): number {
  const products = (tile: number) => Math.ceil(length / tile) * (tile + taps - 1);
  return taps === 3 && products(largeTile) < 0.9 * products(smallTile) ? largeTile : smallTile;
}

/** The fields of every job of Winograd's algorithm that say where the groups are. */
type GroupFields = Pick<WinogradJob, 'groups' | 'groupCount'>;

/** Runs convolutions that suit, of the same x, on all threads: those that are the phases of one gradient, or a single one. */
export function runWinograd(engine: Engine, convolutions: readonly Convolution[]): void {
  const [first] = convolutions;
  if (!first) return;
  const { images, x, y, filter, stride } = first;
  const groups = convolutions.flatMap(groupsOf);
  const cut = cutTiles(engine, [x.channels, y.channels], groups, images);
  const bands = Math.ceil(most(groups, ({ outHeight }) => outHeight) / cut.rows);
  const packedBytes = (group: Group) => kindsOf(group) * x.channels * (y.channels + engine.panel) * 4;
  const rows = groups.map(({ tileHeight }) => cut.rows / tileHeight);
  withGroups(engine, groups, rows, packedBytes, 1, (fields) => {
    const job = {
      ...fields,
      x: x.at,
      height: x.height,
      width: x.width,
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
      bands,
    };
    const packs = groups.length * Math.ceil(x.channels / PACK_CHANNELS);
    const blockBytes = (9 + 18) * PACK_CHANNELS * engine.panel * 4; // 3 x 3 taps, and 3 x 6 after one direction
    engine.run('packWinograd', { units: packs, scratchBytes: blockBytes }, job);
    engine.run('winogradConv', { units: images * bands, scratchBytes: cut.firstPart + cut.secondPart }, job);
  });
}

/** Lists the groups of one convolution, each adding to the last one's sums. */
function groupsOf(convolution: Convolution): Group[] {
  const { y, filter, stride, pad, mask = 0 } = convolution;
  const flags = flagsOf(convolution);
  return pairsOf([filter.tapsY, filter.tapsX], stride).map(([down, across], index, { length }) => {
    const last = index === length - 1;
    return {
      tapsY: down.count,
      tapsX: across.count,
      top: down.first - pad[0],
      left: across.first - pad[1],
      outHeight: y.height,
      outWidth: y.width,
      tileHeight: tileFor(down.count, y.height),
      tileWidth: tileFor(across.count, y.width),
      taps: filter.at + down.first * filter.tapY + across.first * filter.tapX,
      y: y.at,
      flags: (index > 0 ? ACCUMULATE : flags & ACCUMULATE) | (last ? flags : 0),
      mask: last ? mask : 0,
    };
  });
}

/** Returns the products of one tile of a group. */
function kindsOf({ tapsY, tapsX, tileHeight, tileWidth }: Group): number {
  return (tapsY + tileHeight - 1) * (tapsX + tileWidth - 1);
}

/** Writes groups into memory, and reserves memory for what is transformed of them: all groups side by side, `copies` times. */
function withGroups(
  engine: Engine,
  groups: readonly Group[],
  tileRows: readonly number[],
  bytesOf: (group: Group) => number,
  copies: number,
  f: (fields: GroupFields) => void,
): void {
  engine.withMemory(copies * sum(groups, bytesOf), (memory) => {
    let next = memory;
    const table = groups.map((group, index) => {
      const transformed = next;
      next += bytesOf(group);
      return { ...group, tileRows: tileRows[index], transformed };
    });
    engine.withTable(tapGroup, table, (at) => f({ groups: at, groupCount: groups.length }));
  });
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function most<T>(items: readonly T[], value: (item: T) => number): number {
  return Math.max(...items.map(value));
}

interface Cut {
  /** Rows of output that are worked on together: whole tiles of all groups. */
  rows: number;
  /** Bytes of the two parts of the scratch memory. */
  firstPart: number;
  secondPart: number;
}

/** Cuts images into bands of tiles that fit the caches and, where threads share the bands of so many images, into enough of them. */
function cutTiles(
  engine: Engine,
  [channels, outChannels]: readonly [number, number],
  groups: readonly Group[],
  images = Number.POSITIVE_INFINITY,
): Cut {
  const step = most(groups, ({ tileHeight }) => tileHeight);
  const height = most(groups, ({ outHeight }) => Math.ceil(outHeight / step));
  const fitting = Math.floor(
    transformedBytes / (most(groups, (group) => valuesOf(group, step)) * (channels + outChannels) * 4),
  );
  const rows = step * rowsOfUnit(engine, images, height, fitting);
  const columns = outChannels + engine.panel; // the last panel may reach beyond
  const sizes = groups.map((group) => {
    const { tapsX, tapsY, tileWidth, outWidth } = group;
    const kinds = tapsX + tileWidth - 1;
    const line = Math.ceil(outWidth / tileWidth) * kinds;
    const values = valuesOf(group, rows);
    // Forwards the parts hold transformed input, then input and products; backwards input, then gradient and what is being transformed.
    return {
      firstPart: Math.max(values * channels, (rows * line + Math.ceil(outWidth / tileWidth) * tileWidth) * columns) * 4,
      products: values * columns * 4,
      spare:
        Math.max((line * (rows + tapsY - 1) + kinds) * channels, (line * rows + outWidth + tileWidth) * outChannels) *
        4,
    };
  });
  const products = most(sizes, (size) => size.products);
  return {
    rows,
    firstPart: most(sizes, (size) => size.firstPart),
    secondPart: products + most(sizes, ({ spare }) => spare),
  };
}

/** Counts the transformed values of one channel that stand for so many rows of output. */
function valuesOf(group: Group, rows: number): number {
  return kindsOf(group) * Math.ceil(rows / group.tileHeight) * Math.ceil(group.outWidth / group.tileWidth);
}

/** Writes the gradient of the filter of a convolution that suits. */
export function winogradFilterGradient(
  engine: Engine,
  info: backend_util.Conv2DInfo,
  x: number,
  dy: number,
  gradient: number,
): void {
  const { batchSize: images, inChannels, outChannels, filterHeight, filterWidth, padInfo } = info;
  const [strideY, strideX] = [info.strideHeight, info.strideWidth];
  const tap = inChannels * outChannels * 4;
  const groups = pairsOf([filterHeight, filterWidth], [strideY, strideX]).map(([down, across]) => ({
    tapsY: down.count,
    tapsX: across.count,
    top: down.first - padInfo.top,
    left: across.first - padInfo.left,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    tileHeight: tileFor(down.count, info.outHeight),
    tileWidth: tileFor(across.count, info.outWidth),
    taps: gradient + (down.first * filterWidth + across.first) * tap,
    y: dy,
    flags: 0,
    mask: 0,
  }));
  const cuts = groups.map((group) => cutTiles(engine, [inChannels, outChannels], [group]));
  const [firstPart, secondPart] = [most(cuts, (cut) => cut.firstPart), most(cuts, (cut) => cut.secondPart)];
  const bytesOf = (group: Group) => kindsOf(group) * tap;
  const sumBytes = sum(groups, bytesOf);
  const outputs = images * info.outHeight * info.outWidth;
  // A few large chunks while the groups alone are work enough to share.
  const chunks = chunksOf(Math.ceil(Math.max(mostChunks / groups.length, outputs / leastOutputs)), sumBytes);
  const rows = cuts.map(({ rows }, index) => rows / groups[index].tileHeight);
  withGroups(engine, groups, rows, bytesOf, chunks, (fields) => {
    const job = {
      ...fields,
      x,
      height: info.inHeight,
      width: info.inWidth,
      channels: inChannels,
      outChannels,
      strideY,
      strideX,
      tapY: strideY * filterWidth * tap,
      tapX: strideX * tap,
      firstPart,
      images,
      chunks,
      sumBytes,
    };
    engine.run('winogradGradient', { units: groups.length * chunks, scratchBytes: firstPart + secondPart }, job);
    const slices = groups.length * Math.ceil((inChannels * outChannels) / SLICE_VALUES);
    const sliceBytes = (36 + 18) * SLICE_VALUES * 4; // 6 x 6 kinds of products, and 3 x 6 after one direction
    engine.run('unpackWinograd', { units: slices, scratchBytes: sliceBytes }, job);
  });
}
