/**
 * Groups of taps for Winograd's algorithm: which convolutions are suitable, how large their tiles are, and how images are divided into
 * bands of tiles.
 */
import type { backend_util } from '@tensorflow/tfjs-core';
import { STRETCH, type TapGroup, tapGroup, type WinogradJob } from '../assembly/dist/jobs';
import type { Engine } from '../runtime/engine';
import { type Convolution, rowsOfUnit } from './convolution-job';

/**
 * Number of channels from which the transforms take less time than the products they save, by how many times fewer products there are; see
 * docs/speed.md. Below 16, results would be ten times less exact for little gain: convolutions before poolings, in which other values
 * would then win than in PyTorch, tend to have few channels.
 */
const leastChannels = [
  { saved: 2.5, channels: 16 },
  { saved: 0, channels: 24 },
];

/**
 * Size in bytes of transformed tiles that are processed together: half of a level-2 cache; and of those of whole images, each of which
 * would need the whole filter, or the sums for its gradient, again.
 */
const [transformedBytes, togetherBytes] = [512 << 10, 1 << 20];

/** Outputs of a tile along one direction: the larger number if there are enough outputs; more would cost precision. */
const [largeTile, smallTile] = [4, 2];

/** Two or three taps along one direction, one stride apart. */
interface Taps {
  first: number;
  count: number;
}

/** What determines whether the algorithm is suitable. */
interface Shape {
  channels: number;
  outChannels: number;
  taps: readonly [number, number];
  stride: readonly [number, number];
  dilation: readonly [number, number];
  /** Height and width of the output. */
  outputs: readonly [number, number];
}

/** Reads the same from what TensorFlow.js knows about a convolution. */
export function shapeOf(info: backend_util.Conv2DInfo): Shape {
  return {
    channels: info.inChannels,
    outChannels: info.outChannels,
    taps: [info.filterHeight, info.filterWidth],
    stride: [info.strideHeight, info.strideWidth],
    dilation: [info.dilationHeight, info.dilationWidth],
    outputs: [info.outHeight, info.outWidth],
  };
}

/** Tells whether a convolution is faster this way: taps that fall into groups of 2 and 3, and enough channels for what that saves. */
export function suitsWinograd(shape: Shape): boolean {
  const { channels, outChannels, stride, dilation } = shape;
  const isDense = Math.max(...stride) <= 2 && Math.max(...dilation) === 1;
  if (!isDense || channels % 4 !== 0 || outChannels % 4 !== 0) return false;
  const saved = savedBy(shape);
  const least = leastChannels.find((step) => saved > step.saved)?.channels ?? Number.POSITIVE_INFINITY;
  return Math.min(channels, outChannels) >= least;
}

/** Returns how many times fewer products there are this way; 0 if it is impossible. */
export function savedBy({ taps, stride, outputs }: Pick<Shape, 'taps' | 'stride' | 'outputs'>): number {
  const groups = pairsOf(taps, stride);
  if (groups.length === 0) return 0;
  return (taps[0] * taps[1] * outputs[0] * outputs[1]) / sum(groups, (pair) => productsOf(pair, outputs));
}

/** Counts the products of a group of taps for each pair of channels. */
function productsOf([down, across]: readonly [Taps, Taps], [height, width]: readonly [number, number]): number {
  return (
    tileProducts(tileFor(down.count, height), down.count, height) *
    tileProducts(tileFor(across.count, width), across.count, width)
  );
}

/** Counts the products along one direction, including those past the edge. */
function tileProducts(tile: number, taps: number, length: number): number {
  return Math.ceil(length / tile) * (tile + taps - 1);
}

/**
 * Divides taps into groups of 3 and 2, for each phase of the stride separately: each group is a convolution without a stride. Empty if a
 * tap would be left over.
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

export type Pair = readonly [y: Taps, x: Taps];

/** Networks have a few shapes of filters, and each convolution asks several times. */
const knownPairs = new Map<string, readonly Pair[]>();

/** Pairs the groups of taps along both directions. */
export function pairsOf(taps: readonly [number, number], stride: readonly [number, number]): readonly Pair[] {
  const key = `${taps[0]} ${taps[1]} ${stride[0]} ${stride[1]}`;
  let pairs = knownPairs.get(key);
  if (!pairs) {
    const across = tapGroups(taps[1], stride[1]);
    pairs = tapGroups(taps[0], stride[0]).flatMap((y) => across.map((x) => [y, x] as const));
    knownPairs.set(key, pairs);
  }
  return pairs;
}

/** Returns the number of outputs per tile along one direction: the larger tile if it saves products. */
function tileFor(taps: number, length: number): number {
  const products = (tile: number) => tileProducts(tile, taps, length);
  return products(largeTile) < 0.95 * products(smallTile) ? largeTile : smallTile;
}

/** What does not follow from a group's taps and what its tiles divide. */
type Place = Pick<TapGroup, 'overlapAdd' | 'top' | 'left' | 'outHeight' | 'outWidth' | 'taps' | 'y' | 'flags' | 'mask'>;

/** Makes a group of taps whose tiles divide an image of this height and width, before `tileRows` and `transformed` are known. */
export function groupOf([down, across]: Pair, [height, width]: readonly [number, number], place: Place): TapGroup {
  const [tileHeight, tileWidth] = [tileFor(down.count, height), tileFor(across.count, width)];
  return {
    tapsY: down.count,
    tapsX: across.count,
    overlapAdd: place.overlapAdd,
    top: place.top,
    left: place.left,
    outHeight: place.outHeight,
    outWidth: place.outWidth,
    tileHeight,
    tileWidth,
    tilesDown: Math.ceil(height / tileHeight),
    tilesAcross: Math.ceil(width / tileWidth),
    tileRows: 0,
    taps: place.taps,
    transformed: 0,
    y: place.y,
    flags: place.flags,
    mask: place.mask,
  };
}

/**
 * Tells whether fewer tiles of the input, whose outputs overlap, make the output than tiles of the output: one group of taps, which reach
 * outputs all around an input that fits the caches. How many threads there are must not matter, nor how many images, as it changes bits.
 */
export function savesByOverlapAdd({ x, y, filter, stride, pad }: Convolution): boolean {
  const pairs = pairsOf([filter.tapsY, filter.tapsX], stride);
  const [down, across] = [filter.tapsY - 1, filter.tapsX - 1];
  if (pairs.length !== 1 || Math.max(...stride) > 1 || pad[0] !== down || pad[1] !== across) return false;
  if (y.height !== x.height + down || y.width !== x.width + across) return false;
  const products = productsOf(pairs[0], [x.height, x.width]);
  const fits = products * (x.channels + y.channels) * 4 <= transformedBytes;
  return fits && products < productsOf(pairs[0], [y.height, y.width]);
}

/** The fields of every job of Winograd's algorithm that say where the groups are. */
type GroupFields = Pick<WinogradJob, 'groups' | 'groupCount'>;

/** Returns the products of one tile of a group. */
export function kindsOf({ tapsY, tapsX, tileHeight, tileWidth }: TapGroup): number {
  return (tapsY + tileHeight - 1) * (tapsX + tileWidth - 1);
}

/** Writes groups to memory, and reserves memory for their transformed filters, side by side. */
export function withGroups(
  engine: Engine,
  groups: readonly TapGroup[],
  bytesOf: (group: TapGroup) => number,
  f: (fields: GroupFields) => void,
): void {
  engine.withMemory(sum(groups, bytesOf), (memory) => {
    let next = memory;
    for (const group of groups) {
      group.transformed = next;
      next += bytesOf(group);
    }
    engine.withTable(tapGroup, groups, (at) => f({ groups: at, groupCount: groups.length }));
  });
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

export function most<T>(items: readonly T[], value: (item: T) => number): number {
  return Math.max(...items.map(value));
}

export interface Cut {
  /** Rows of output, or of input with overlap-add, that are processed together: whole tiles of all groups. */
  rows: number;
  /** How often that is done for an image. */
  bands: number;
  /** Images that are processed together: more than one only if that is done once for each. */
  imagesAtOnce: number;
  /** Sizes in bytes of the two parts of the scratch memory. */
  firstPart: number;
  secondPart: number;
}

/** Divides images into bands of tiles that fit the caches, and, if threads share the bands of this many images, into enough of them. */
export function cutTiles(
  engine: Engine,
  [channels, outChannels]: readonly [number, number],
  groups: readonly TapGroup[],
  images = Number.POSITIVE_INFINITY,
): Cut {
  const step = most(groups, ({ tileHeight }) => tileHeight);
  const height = most(groups, ({ tileHeight, tilesDown }) => Math.ceil((tileHeight * tilesDown) / step));
  const fitting = Math.floor(
    transformedBytes / (most(groups, (group) => valuesOf(group, step)) * (channels + outChannels) * 4),
  );
  const repeats = groups.some(({ overlapAdd }) => overlapAdd); // the row of tiles above each band, so that less than two would be a waste
  const tileRows = Math.max(rowsOfUnit(engine, images, height, fitting), repeats ? Math.min(2, height) : 1);
  const rows = step * tileRows;
  const bands = Math.ceil(height / tileRows);
  const bytes = most(groups, (group) => valuesOf(group, rows)) * (channels + outChannels) * 4;
  const imagesAtOnce = bands === 1 ? Math.max(1, Math.floor(togetherBytes / bytes)) : 1;
  const transformedRows = repeats && bands > 1 ? rows + step : rows;
  const columns = outChannels + engine.panel; // the last panel may extend beyond
  const sizes = groups.map((group) => {
    const { tapsX, tapsY, tileWidth, tilesAcross, outWidth, overlapAdd } = group;
    const kinds = tapsX + tileWidth - 1;
    const line = tilesAcross * kinds;
    const values = imagesAtOnce * valuesOf(group, transformedRows);
    const row = tilesAcross * tileWidth + 2 * (tapsX - 1);
    // Forward, the parts contain transformed input, then input and products; backward, input, then gradient and what is being transformed.
    return {
      firstPart:
        Math.max(values * channels, ((overlapAdd ? values : imagesAtOnce * rows * line) + row) * columns + STRETCH) * 4,
      products: values * columns * 4,
      spare:
        Math.max(
          (line * (transformedRows + tapsY - 1) + kinds + outWidth + tapsX) * channels,
          (line * rows + outWidth + tileWidth) * outChannels,
        ) * 4,
    };
  });
  const products = most(sizes, (size) => size.products);
  return {
    rows,
    bands,
    imagesAtOnce,
    firstPart: most(sizes, (size) => size.firstPart),
    secondPart: products + most(sizes, ({ spare }) => spare),
  };
}

/** Counts the transformed values of one channel for this many rows of output. */
function valuesOf(group: TapGroup, rows: number): number {
  return kindsOf(group) * Math.ceil(rows / group.tileHeight) * group.tilesAcross;
}
