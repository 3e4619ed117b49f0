/** Cuts convolutions of many channels into jobs for Winograd's algorithm (assembly/winograd.ts). */
import type { backend_util } from '@tensorflow/tfjs-core';
import type { Engine } from '../runtime/engine';
import { CHUNKS, type Convolution, chunksOf, FLAGS, finishing, rowsOfUnit } from './convolution-job';

/** With fewer channels the transforms take longer than the products they save. */
const LEAST_CHANNELS = 24;

/** Bytes of transformed tiles that are worked on together: half of a level-2 cache. */
const TILE_BYTES = 512 << 10;

/** Channels of a filter in one unit of packWinograd. */
const PACK_CHANNELS = 16;

/** Fewest tiles that are worth sums of their own for the filter's gradient. */
const LEAST_TILES = 512;

/** Values of a tap in one unit of unpackWinograd. */
const SLICE = 256;

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

/** The same of what tfjs knows of a convolution. */
export function shapeOf(info: backend_util.Conv2DInfo): Shape {
  return {
    channels: info.inChannels,
    outChannels: info.outChannels,
    taps: [info.filterHeight, info.filterWidth],
    stride: [info.strideHeight, info.strideWidth],
    dilation: [info.dilationHeight, info.dilationWidth],
  };
}

/** Whether a convolution is faster this way: many channels, and taps that fall into groups of 2 and 3. */
export function suitsWinograd({ channels, outChannels, taps, stride, dilation }: Shape): boolean {
  const fewest = Math.min(channels, outChannels);
  const dense = Math.max(...stride) <= 2 && Math.max(...dilation) === 1;
  return (
    fewest >= LEAST_CHANNELS && channels % 4 === 0 && outChannels % 4 === 0 && dense && pairsOf(taps, stride).length > 0
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

/** The fields of TapGroup in assembly/winograd.ts, without the place of the transformed filter. */
interface TapGroup {
  tapsY: number;
  tapsX: number;
  top: number;
  left: number;
  height: number;
  width: number;
  /** Where the first tap is, in the filter or in its gradient. */
  at: number;
  y: number;
  flags: number;
  mask: number;
}

/** Runs convolutions that suit, of the same x, on all threads: those that are the phases of one gradient, or a single one. */
export function runWinograd(engine: Engine, convolutions: readonly Convolution[]): void {
  const [first] = convolutions;
  if (!first) return;
  const { images, x, y, filter, stride } = first;
  const groups = convolutions.flatMap(groupsOf);
  const cut = cutTiles(engine, [x.channels, y.channels], groups, images);
  const bands = Math.ceil(most(groups, ({ height }) => Math.ceil(height / 2)) / cut.tileRows);
  const packedBytes = (group: TapGroup) => kindsOf(group) * x.channels * (y.channels + engine.panel) * 4;
  const rows = groups.map(() => cut.tileRows);
  withGroups(engine, groups, rows, packedBytes, 1, (fields) => {
    const args = [
      ...fields,
      ...[x.at, x.height, x.width, x.channels, y.channels, ...stride, filter.tapY * stride[0], filter.tapX * stride[1]],
      ...[cut.firstPart, filter.channel, filter.column, y.pixel, y.row, y.image, first.bias ?? 0, bands],
    ];
    const blockBytes = (9 + 12) * PACK_CHANNELS * engine.panel * 4; // 3 x 3 taps, and 3 x 4 behind one direction
    engine.run('packWinograd', groups.length * Math.ceil(x.channels / PACK_CHANNELS), args, {
      scratchBytes: blockBytes,
    });
    engine.run('winogradConv', images * bands, args, { scratchBytes: cut.firstPart + cut.secondPart });
  });
}

/** The groups of one convolution, each adding to the last one's sums. */
function groupsOf(convolution: Convolution): TapGroup[] {
  const { y, filter, stride, pad, mask = 0 } = convolution;
  const [, flags] = finishing(convolution);
  return pairsOf([filter.tapsY, filter.tapsX], stride).map(([down, across], index, { length }) => {
    const last = index === length - 1;
    return {
      ...{ tapsY: down.count, tapsX: across.count, top: down.first - pad[0], left: across.first - pad[1] },
      ...{ height: y.height, width: y.width, y: y.at },
      at: filter.at + down.first * filter.tapY + across.first * filter.tapX,
      flags: (index > 0 ? FLAGS.ACCUMULATE : 0) | (last ? flags : 0),
      mask: last ? mask : 0,
    };
  });
}

/** Products of one tile of a group. */
function kindsOf({ tapsY, tapsX }: TapGroup): number {
  return (tapsY + 1) * (tapsX + 1);
}

/** Writes groups down, with memory for what is transformed of them: all groups side by side, `copies` times. Gives the first fields of WinogradJob. */
function withGroups(
  engine: Engine,
  groups: readonly TapGroup[],
  tileRows: readonly number[],
  bytesOf: (group: TapGroup) => number,
  copies: number,
  f: (fields: number[]) => void,
): void {
  engine.withMemory(copies * sum(groups, bytesOf), (memory) => {
    let transformed = memory;
    const table = groups.flatMap((group, index) => {
      const place = transformed;
      transformed += bytesOf(group);
      const { tapsY, tapsX, top, left, height, width, at, y, flags, mask } = group;
      return [tapsY, tapsX, top, left, height, width, tileRows[index] as number, at, place, y, flags, mask];
    });
    engine.withTable(table, (at) => f([at, groups.length]));
  });
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function most<T>(items: readonly T[], value: (item: T) => number): number {
  return Math.max(...items.map(value));
}

interface Cut {
  /** Rows of tiles that are worked on together. */
  tileRows: number;
  /** Bytes of the two parts of the scratch memory. */
  firstPart: number;
  secondPart: number;
}

/** Cuts images into bands of tiles that fit the caches and, where threads share the bands of so many images, into enough of them. */
function cutTiles(
  engine: Engine,
  [channels, outChannels]: readonly [number, number],
  groups: readonly TapGroup[],
  images = Number.POSITIVE_INFINITY,
): Cut {
  const [tapsY, tapsX] = [most(groups, (group) => group.tapsY), most(groups, (group) => group.tapsX)];
  const height = most(groups, (group) => Math.ceil(group.height / 2));
  const tiles = most(groups, (group) => Math.ceil(group.width / 2));
  const kinds = (tapsY + 1) * (tapsX + 1);
  const fitting = Math.floor(TILE_BYTES / (kinds * tiles * (channels + outChannels) * 4));
  const tileRows = rowsOfUnit(engine, images, height, fitting);
  const columns = outChannels + engine.panel; // the last panel may reach beyond
  const all = tileRows * tiles;
  const rows = 2 * tileRows + tapsY - 1;
  const input = rows * (2 * tiles + tapsX - 1 + (tapsX + 1) * tiles) * channels;
  // Forwards the parts hold transformed input, then input and products; backwards input, then gradient and what is being transformed.
  const finished = (2 * (tapsX + 1) * all + 2 * tiles) * columns;
  const gradient = 2 * tileRows * (2 + tapsX + 1) * tiles * outChannels;
  const firstPart = Math.max(kinds * all * channels, finished) * 4;
  const secondPart = kinds * all * columns * 4 + Math.max(input, gradient) * 4;
  return { tileRows, firstPart, secondPart };
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
    ...{ tapsY: down.count, tapsX: across.count, top: down.first - padInfo.top, left: across.first - padInfo.left },
    ...{ height: info.outHeight, width: info.outWidth, y: dy, flags: 0, mask: 0 },
    at: gradient + (down.first * filterWidth + across.first) * tap,
  }));
  const cuts = groups.map((group) => cutTiles(engine, [inChannels, outChannels], [group]));
  const [firstPart, secondPart] = [most(cuts, (cut) => cut.firstPart), most(cuts, (cut) => cut.secondPart)];
  const bytesOf = (group: TapGroup) => kindsOf(group) * tap;
  const sumBytes = sum(groups, bytesOf);
  const tiles = images * Math.ceil(info.outHeight / 2) * Math.ceil(info.outWidth / 2);
  // A few large chunks while the groups alone are work enough to share.
  const chunks = chunksOf(Math.ceil(Math.max(CHUNKS / groups.length, tiles / LEAST_TILES)), sumBytes);
  const rows = cuts.map(({ tileRows }) => tileRows);
  withGroups(engine, groups, rows, bytesOf, chunks, (fields) => {
    const args = [
      ...fields,
      ...[x, info.inHeight, info.inWidth, inChannels, outChannels, strideY, strideX],
      ...[strideY * filterWidth * tap, strideX * tap, firstPart, images, chunks, sumBytes],
    ];
    engine.run('winogradGradient', groups.length * chunks, args, { scratchBytes: firstPart + secondPart });
    engine.run('unpackWinograd', groups.length * Math.ceil((inChannels * outChannels) / SLICE), args, {
      chunk: 4,
      scratchBytes: (16 + 12) * SLICE * 4, // 4 x 4 kinds of products, and 3 x 4 behind one direction
    });
  });
}
