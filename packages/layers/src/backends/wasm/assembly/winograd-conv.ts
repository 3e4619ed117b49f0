/** Convolutions of 2 or 3 taps per direction with few products: those of tiles of 2 or 4 outputs per direction, in the domain of winograd-transforms.mjs. */
import { packPanel } from './pack-filter';
import { PixelTarget, scatterBlocks } from './pixel-blocks';
import { ACCUMULATE, BIAS, finish, RELU } from './simd';
import { PANEL, panelWidth, rowsBy } from './tiles';
import { groupAt, inputTiles, kindsAcross, kindsDown, TapGroup, tilesOf, WinogradJob } from './winograd-input';
import { transformFilter, transformOutput } from './winograd-transforms';

/** y = x * filter, of all groups. */
@unmanaged
export class WinogradConvJob extends WinogradJob {
  /** Bytes from channel to channel and from output channel to output channel of the filter. */
  channel: i32;
  column: i32;
  /** Output values of one pixel follow each other; pixels, rows and images are this many bytes apart. */
  yPixel: i32;
  yRow: i32;
  yImage: usize;
  bias: usize;
  /** 0, or PixelTarget: the values of a pixel are a block of pixels of the image there, and y and its distances do not matter. */
  outputBlocks: usize;
  /** Bands of tileRows rows of tiles, as many for all groups, in one image. */
  bands: i32;
}

/** Channels of a filter that are transformed together, in the level-1 cache. */
export const PACK_CHANNELS: i32 = 16;

/** Transforms the filters of all groups: [panel][kind of product][channel][column]. Units: groups times blocks of PACK_CHANNELS. Scratch: a panel of them, before and after one direction. */
export function packWinograd(begin: i32, end: i32, job: WinogradConvJob, scratch: usize): void {
  const blocks = (job.channels + PACK_CHANNELS - 1) / PACK_CHANNELS;
  for (let unit = begin; unit < end; unit++) {
    const index = unit / blocks;
    const first = (unit - index * blocks) * PACK_CHANNELS;
    packChannels(job, groupAt(job, index), first, min(PACK_CHANNELS, job.channels - first), scratch);
  }
}

function packChannels(job: WinogradConvJob, group: TapGroup, first: i32, count: i32, packed: usize): void {
  const tapsY = group.tapsY;
  const tapsX = group.tapsX;
  const kinds = kindsAcross(group);
  const spare = packed + tapsY * tapsX * count * PANEL * 4;
  let to = group.transformed;
  for (let o = 0; o < job.outChannels; ) {
    const width = panelWidth(job.outChannels - o);
    const size = count * width * 4;
    const kind = job.channels * width * 4;
    const from = group.taps + first * job.channel + o * job.column;
    packPanel(
      from,
      tapsY,
      tapsX,
      count,
      min(width, job.outChannels - o),
      width,
      job.tapY,
      job.tapX,
      job.channel,
      job.column,
      packed,
    );
    for (let i = 0; i < tapsY; i++)
      transformFilter(kinds, packed + i * tapsX * size, size, spare + i * kinds * size, size, size >> 4);
    for (let k = 0; k < kinds; k++) {
      transformFilter(
        kindsDown(group),
        spare + k * size,
        kinds * size,
        to + k * kind + first * width * 4,
        kinds * kind,
        size >> 4,
      );
    }
    to += kindsDown(group) * kinds * kind;
    o += width;
  }
}

/** Convolves. Units: images times bands. Scratch: two parts, each for values before and after a step in turn. */
export function winogradConv(begin: i32, end: i32, job: WinogradConvJob, scratch: usize): void {
  const second = scratch + job.firstPart;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / job.bands;
    const band = unit - image * job.bands;
    for (let index = 0; index < job.groupCount; index++) {
      const group = groupAt(job, index);
      const first = band * group.tileRows;
      const count = min(group.tileRows, tilesOf(group.outHeight, group.tileHeight) - first);
      if (count <= 0) continue;
      inputTiles(job, group, image, first, count, scratch, second);
      products(job, group, count, scratch, second);
      outputTiles(job, group, image, first, count, second, scratch);
    }
  }
}

/** Counts the columns of all panels together. */
function panelColumns(columns: i32): i32 {
  let o = 0;
  while (o < columns) o += panelWidth(columns - o);
  return o;
}

/** Multiplies, for every kind of product, tiles by the filter: [kind][tile][output channel, up to the end of the last panel]. */
function products(job: WinogradConvJob, group: TapGroup, count: i32, tiles: usize, to: usize): void {
  const channels = job.channels;
  const all = count * tilesOf(group.outWidth, group.tileWidth);
  const kinds = kindsDown(group) * kindsAcross(group);
  const columns = panelColumns(job.outChannels);
  for (let k = 0; k < kinds; k++, tiles += all * channels * 4, to += all * columns * 4) {
    for (let o = 0; o < columns; ) {
      const width = panelWidth(job.outChannels - o);
      const filter = group.transformed + (kinds * o + k * width) * channels * 4;
      rowsBy(width, all, tiles, channels * 4, 4, filter, width * 4, 1, channels, 0, 0, to + o * 4, columns * 4, 0, 0);
      o += width;
    }
  }
}

/** Writes the rows of output that some rows of tiles stand for. */
function outputTiles(
  job: WinogradConvJob,
  group: TapGroup,
  image: i32,
  first: i32,
  count: i32,
  from: usize,
  spare: usize,
): void {
  const tiles = tilesOf(group.outWidth, group.tileWidth);
  const all = count * tiles;
  const kinds = kindsAcross(group);
  const pixel = panelColumns(job.outChannels) * 4;
  const kind = all * pixel;
  const height = group.tileHeight;
  const row = spare + height * kinds * kind;
  const y = group.y + image * job.yImage;
  transformOutput(kindsDown(group), from, kinds * kind, spare, kinds * kind, (kinds * kind) >> 4);
  for (let q = 0; q < count; q++)
    for (let r = 0, top = (first + q) * height; r < min(height, group.outHeight - top); r++) {
      const line = spare + r * kinds * kind + q * tiles * pixel;
      for (let t = 0; t < tiles; t++)
        transformOutput(kinds, line + t * pixel, kind, row + t * group.tileWidth * pixel, pixel, pixel >> 4);
      if (job.outputBlocks) blocksRow(job, group, image, top + r, row, pixel, row + tiles * group.tileWidth * pixel);
      else finishRow(job, group, row, pixel, y + (top + r) * job.yRow);
    }
}

/** Finishes the sums of a row of blocks and stores them as pixels. */
function blocksRow(
  job: WinogradConvJob,
  group: TapGroup,
  image: i32,
  row: i32,
  from: usize,
  step: i32,
  spare: usize,
): void {
  const target = changetype<PixelTarget>(job.outputBlocks);
  const residual = changetype<usize>(group) === job.groups ? target.residual : 0; // later groups add to what the first one has made
  scatterBlocks(target, image, row, group.outWidth, from, step, residual, job.bias, group.flags, group.mask, spare);
}

/** Finishes the sums of a row of pixels and stores them, two vectors of channels at a time: V8 may join those. */
function finishRow(job: WinogradConvJob, group: TapGroup, from: usize, fromPixel: i32, y: usize): void {
  const bytes = job.outChannels * 4;
  let c = 0;
  for (; c + 32 <= bytes; c += 32) finishPairs(job, group, from + c, fromPixel, y + c, job.bias + c);
  if (c === bytes) return;
  for (let q = 0; q < group.outWidth; q++, from += fromPixel, y += job.yPixel) {
    finish(y + c, v128.load(from + c), job.bias + c, group.flags, 4);
    if (group.mask) v128.store(y + c, masked(y + c, group.mask + (y + c - group.y)));
  }
}

function finishPairs(job: WinogradConvJob, group: TapGroup, from: usize, fromPixel: i32, y: usize, bias: usize): void {
  const end = from + group.outWidth * fromPixel;
  const yPixel = job.yPixel;
  if (group.flags & ACCUMULATE) {
    for (let at = from, to = y; at < end; at += fromPixel, to += yPixel) {
      const first = f32x4.add(v128.load(at), v128.load(to));
      const second = f32x4.add(v128.load(at, 16), v128.load(to, 16));
      v128.store(at, first);
      v128.store(at, second, 16);
    }
  }
  let bias0 = f32x4.splat(0);
  let bias1 = bias0;
  if (group.flags & BIAS) {
    bias0 = v128.load(bias);
    bias1 = v128.load(bias, 16);
  }
  const least = f32x4.splat(group.flags & RELU ? 0 : -Infinity);
  for (let at = from, to = y; at < end; at += fromPixel, to += yPixel) {
    const first = f32x4.pmax(f32x4.add(v128.load(at), bias0), least);
    const second = f32x4.pmax(f32x4.add(v128.load(at, 16), bias1), least);
    v128.store(to, first);
    v128.store(to, second, 16);
  }
  if (!group.mask) return;
  for (
    let at = y, mask = group.mask + (y - group.y), last = y + group.outWidth * yPixel;
    at < last;
    at += yPixel, mask += yPixel
  ) {
    const first = masked(at, mask);
    const second = masked(at + 16, mask + 16);
    v128.store(at, first);
    v128.store(at, second, 16);
  }
}

/** Returns values, with 0 where the mask is not positive. @inline */
function masked(at: usize, mask: usize): v128 {
  return v128.and(v128.load(at), f32x4.gt(v128.load(mask), f32x4.splat(0)));
}
