/** Cuts convolutions of many channels into jobs for Winograd's algorithm (assembly/winograd.ts). */
import type { backend_util } from '@tensorflow/tfjs-core';
import {
  addChunks,
  type Convolution,
  chunksOf,
  FLAGS,
  finishing,
  rowsOfUnit,
  withPackedFilter,
} from './convolution-job';
import type { Engine } from './engine';

/** With fewer channels the transforms take longer than the products they save. */
const LEAST_CHANNELS = 24;

/** Bytes of transformed tiles that are worked on together: half of a level-2 cache. */
const TILE_BYTES = 512 << 10;

/** Two or three taps of one direction that lie a stride apart. */
interface TapGroup {
  first: number;
  taps: number;
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
    fewest >= LEAST_CHANNELS &&
    channels % 4 === 0 &&
    outChannels % 4 === 0 &&
    dense &&
    passesOf(taps, stride).length > 0
  );
}

/**
 * Cuts taps into groups of 3 and 2, those of each phase of the stride for themselves: each group is a convolution without a stride.
 * Empty where a tap would stay alone.
 */
function tapGroups(taps: number, stride: number): TapGroup[] {
  const groups: TapGroup[] = [];
  for (let phase = 0; phase < stride; phase++) {
    let left = Math.ceil((taps - phase) / stride);
    if (left < 2) return [];
    for (let first = phase; left > 0; ) {
      const count = left === 3 || left > 4 ? 3 : 2;
      groups.push({ first, taps: count });
      first += count * stride;
      left -= count;
    }
  }
  return groups;
}

function passesOf(taps: readonly [number, number], stride: readonly [number, number]): [y: TapGroup, x: TapGroup][] {
  const across = tapGroups(taps[1], stride[1]);
  return tapGroups(taps[0], stride[0]).flatMap((y) => across.map((x): [TapGroup, TapGroup] => [y, x]));
}

/** Runs a convolution that suits on all threads: one pass for each group of taps, each adding to the last one's sums. */
export function runWinograd(engine: Engine, convolution: Convolution): void {
  const { x, y, filter, stride, pad, mask = 0 } = convolution;
  const passes = passesOf([filter.tapsY, filter.tapsX], stride);
  const [bias, flags] = finishing(convolution);
  for (const [index, [down, across]] of passes.entries()) {
    const last = index === passes.length - 1;
    const pass = {
      ...convolution,
      filter: {
        ...filter,
        at: filter.at + down.first * filter.tapY + across.first * filter.tapX,
        tapsY: down.taps,
        tapsX: across.taps,
        tapY: filter.tapY * stride[0],
        tapX: filter.tapX * stride[1],
      },
    };
    withTransformedFilter(engine, pass, (packed) => {
      const sizes = { channels: x.channels, outChannels: y.channels, height: y.height, width: y.width };
      const cut = cutTiles(engine, convolution.images, sizes, down.taps, across.taps);
      engine.run(
        'winogradConv',
        convolution.images * Math.ceil(Math.ceil(y.height / 2) / cut.tileRows),
        [
          ...jobFields(x, y, [down.taps, across.taps], stride, [down.first - pad[0], across.first - pad[1]], cut),
          ...[packed, y.at, y.pixel, y.row, y.image],
          ...[bias, (index > 0 ? FLAGS.ACCUMULATE : 0) | (last ? flags : 0), last ? mask : 0],
        ],
        { scratchBytes: cut.scratchBytes },
      );
    });
  }
}

/** The fields of WinogradJob. */
function jobFields(
  x: Convolution['x'],
  y: { channels: number; height: number; width: number },
  taps: readonly [number, number],
  stride: readonly [number, number],
  corner: readonly [top: number, left: number],
  { tileRows, firstPart }: Cut,
): number[] {
  const sizes = [x.at, x.height, x.width, x.channels, y.channels, y.height, y.width];
  return [...sizes, ...taps, ...stride, ...corner, tileRows, firstPart];
}

interface Cut {
  /** Rows of tiles in one unit of work. */
  tileRows: number;
  /** Bytes of the first part of the scratch memory, and of all of it. */
  firstPart: number;
  scratchBytes: number;
}

interface Sizes {
  channels: number;
  outChannels: number;
  height: number;
  width: number;
}

function cutTiles(
  engine: Engine,
  images: number,
  { channels, outChannels, height, width }: Sizes,
  tapsY: number,
  tapsX: number,
): Cut {
  const [tiles, kinds] = [Math.ceil(width / 2), (tapsY + 1) * (tapsX + 1)];
  const columns = outChannels + engine.panel; // the last panel may reach beyond
  const most = Math.floor(TILE_BYTES / (kinds * tiles * (channels + outChannels) * 4));
  const tileRows = rowsOfUnit(engine, images, Math.ceil(height / 2), most);
  const all = tileRows * tiles;
  const rows = 2 * tileRows + tapsY - 1;
  const input = rows * (2 * tiles + tapsX - 1 + (tapsX + 1) * tiles) * channels;
  // Forwards the parts hold transformed input, then input and products; backwards input, then gradient and what is being transformed.
  const finished = (2 * (tapsX + 1) * all + 2 * tiles) * columns;
  const gradient = 2 * tileRows * (2 + tapsX + 1) * tiles * outChannels;
  const firstPart = Math.max(kinds * all * channels, finished) * 4;
  const secondPart = kinds * all * columns * 4 + Math.max(input, gradient) * 4;
  return { tileRows, firstPart, scratchBytes: firstPart + secondPart };
}

/** Lays a transformed filter out for the side module while f runs. */
function withTransformedFilter(engine: Engine, { x, y, filter }: Convolution, f: (packed: number) => void): void {
  const { tapsY, tapsX } = filter;
  const values = x.channels * (y.channels + engine.panel);
  const [between, kinds] = [tapsY * (tapsX + 1) * x.channels * engine.panel, (tapsY + 1) * (tapsX + 1)];
  engine.withMemory((kinds * values + between) * 4, (to) => {
    withPackedFilter(engine, filter, x.channels, y.channels, (from) =>
      engine.call('packWinograd', [from, to + kinds * values * 4, to, tapsY, tapsX, x.channels, y.channels]),
    );
    f(to);
  });
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
  const stride = [info.strideHeight, info.strideWidth] as const;
  const input = { at: x, height: info.inHeight, width: info.inWidth, channels: inChannels };
  const sizes = { channels: inChannels, outChannels, height: info.outHeight, width: info.outWidth };
  const values = inChannels * outChannels;
  for (const [down, across] of passesOf([filterHeight, filterWidth], stride)) {
    const kinds = (down.taps + 1) * (across.taps + 1);
    const sumBytes = kinds * values * 4;
    const chunks = chunksOf(images, sumBytes);
    const cut = cutTiles(engine, 1, sizes, down.taps, across.taps);
    engine.withMemory((chunks + 1) * sumBytes, (sums) => {
      const corner = [down.first - padInfo.top, across.first - padInfo.left] as const;
      engine.run(
        'winogradGradient',
        chunks,
        [
          ...jobFields(input, { ...sizes, channels: outChannels }, [down.taps, across.taps], stride, corner, cut),
          ...[dy, images, chunks, sums, sumBytes],
        ],
        { scratchBytes: cut.scratchBytes },
      );
      const spare = sums + chunks * sumBytes;
      addChunks(engine, { at: sums, bytes: sumBytes, chunks }, kinds * inChannels, outChannels, sums, outChannels);
      engine.call('unpackWinograd', [
        ...[sums, spare, gradient + (down.first * filterWidth + across.first) * values * 4],
        ...[stride[0] * filterWidth * values * 4, stride[1] * values * 4, down.taps, across.taps, values],
      ]);
    });
  }
}
