/** Convolutions of 2 or 3 taps per direction with few products: those of tiles of 2 or 4 outputs per direction, in the domain of winograd-transforms.mjs. */
import { copyPadded, packPanel } from './conv';
import { chunkStart, sumRow } from './filter-gradient';
import { ACCUMULATE, clearFloats, copyFloats, finish } from './simd';
import { PANEL, panelWidth, rowsBy } from './tiles';
import { gatherFilter, spreadOutput, transformFilter, transformInput, transformOutput } from './winograd-transforms';

/** Two or three taps per direction: a convolution of their own, or a part of one that adds to what the parts before it have made. */
@unmanaged
export class TapGroup {
  tapsY: i32;
  tapsX: i32;
  /** Output position (r, q) and tap (i, j) meet x at row (r + i) * strideY + top and column (q + j) * strideX + left; outside, x is zero. */
  top: i32;
  left: i32;
  outHeight: i32;
  outWidth: i32;
  /** Rows and columns of output that a tile makes. */
  tileHeight: i32;
  tileWidth: i32;
  /** Rows of tiles that are worked on together. */
  tileRows: i32;
  /** The group's first tap, in the filter or in its gradient. */
  taps: usize;
  /** The filter as packWinograd writes it; or the sums of the first chunk for its gradient, [kind of product][channel][output channel]. */
  transformed: usize;
  /** Output, or its gradient. */
  y: usize;
  flags: i32;
  /** 0, or values of y's shape: where they are not positive, y becomes 0. */
  mask: usize;
}

@unmanaged
export class WinogradJob {
  groups: usize;
  groupCount: i32;
  x: usize;
  height: i32;
  width: i32;
  /** Multiples of 4. */
  channels: i32;
  outChannels: i32;
  strideY: i32;
  strideX: i32;
  /** Bytes from tap to tap of a group, in the filter or in its gradient. */
  tapY: i32;
  tapX: i32;
  /** Bytes of the first of the two parts of the scratch memory. */
  firstPart: i32;
}

/** Returns a group of the table. @inline */
function groupAt(job: WinogradJob, index: i32): TapGroup {
  return changetype<TapGroup>(job.groups + index * offsetof<TapGroup>());
}

/** Counts the products that a tile takes along its height, and along its width. @inline */
function kindsDown(group: TapGroup): i32 {
  return group.tapsY + group.tileHeight - 1;
}

/** @inline */
function kindsAcross(group: TapGroup): i32 {
  return group.tapsX + group.tileWidth - 1;
}

/** Counts the tiles that cover so many rows or columns of output. @inline */
function tilesOf(length: i32, tile: i32): i32 {
  return (length + tile - 1) / tile;
}

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

/** Writes the transformed input of some rows of tiles: [kind of product][tile][channel]. */
function inputTiles(
  job: WinogradJob,
  group: TapGroup,
  image: i32,
  first: i32,
  count: i32,
  to: usize,
  spare: usize,
): void {
  const tiles = tilesOf(group.outWidth, group.tileWidth);
  const pixel = job.channels * 4;
  const kinds = kindsAcross(group);
  const all = count * tiles;
  const height = group.tileHeight;
  const rows = height * count + group.tapsY - 1;
  const lines = spare + kinds * pixel;
  const line = tiles * pixel;
  const x = job.x + image * job.height * job.width * pixel;
  for (let r = 0; r < rows; r++)
    inputLine(job, group, x, (height * first + r) * job.strideY + group.top, lines + r * kinds * line, spare);
  for (let q = 0; q < count; q++)
    for (let k = 0; k < kinds; k++) {
      const from = lines + (height * q * kinds + k) * line;
      const at = to + (k * all + q * tiles) * pixel;
      transformInput(kindsDown(group), from, kinds * line, at, kinds * all * pixel, line >> 4);
    }
}

/** Transforms the tiles of a row of an image along its width; what is outside the image counts as zero. */
function inputLine(job: WinogradJob, group: TapGroup, image: usize, row: i32, to: usize, spare: usize): void {
  const tiles = tilesOf(group.outWidth, group.tileWidth);
  const pixel = job.channels * 4;
  const kinds = kindsAcross(group);
  const line = tiles * pixel;
  if (<u32>row >= <u32>job.height) {
    clearFloats(to, (kinds * line) >> 2);
    return;
  }
  const from = image + row * job.width * pixel;
  const reach = (kinds - 1) * job.strideX;
  for (let t = 0; t < tiles; t++, to += pixel) {
    const column = t * group.tileWidth * job.strideX + group.left;
    if (column >= 0 && column + reach < job.width) {
      transformInput(kinds, from + column * pixel, job.strideX * pixel, to, line, pixel >> 4);
      continue;
    }
    for (let k = 0; k < kinds; k++) {
      const at = column + k * job.strideX;
      if (<u32>at >= <u32>job.width) clearFloats(spare + k * pixel, job.channels);
      else copyFloats(spare + k * pixel, from + at * pixel, job.channels);
    }
    transformInput(kinds, spare, pixel, to, line, pixel >> 4);
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
      finishRow(job, group, row, pixel, y + (top + r) * job.yRow);
    }
}

/** Finishes the sums of a row of pixels and stores them. */
function finishRow(job: WinogradConvJob, group: TapGroup, from: usize, fromPixel: i32, y: usize): void {
  for (let q = 0; q < group.outWidth; q++, from += fromPixel, y += job.yPixel) {
    for (let c = 0; c < job.outChannels * 4; c += 16) {
      finish(y + c, v128.load(from + c), job.bias + c, group.flags, 4);
      if (group.mask)
        v128.store(
          y + c,
          v128.and(v128.load(y + c), f32x4.gt(v128.load(group.mask + (y - group.y) + c), f32x4.splat(0))),
        );
    }
  }
}

/** The gradient of the filter, of all groups. */
@unmanaged
export class WinogradGradientJob extends WinogradJob {
  /** Each chunk of the images' bands has sums of its own, sumBytes apart. */
  images: i32;
  chunks: i32;
  sumBytes: usize;
}

/** Makes sums for the gradient. Units: groups times chunks. Scratch: the transformed input, and in the second part the transformed gradient. */
export function winogradGradient(begin: i32, end: i32, job: WinogradGradientJob, scratch: usize): void {
  for (let unit = begin; unit < end; unit++) {
    const index = unit / job.chunks;
    const chunk = unit - index * job.chunks;
    const group = groupAt(job, index);
    const rows = tilesOf(group.outHeight, group.tileHeight);
    const bands = (rows + group.tileRows - 1) / group.tileRows;
    const all = job.images * bands;
    const kinds = kindsDown(group) * kindsAcross(group);
    const gradient = scratch + job.firstPart;
    const sums = group.transformed + chunk * job.sumBytes;
    const limit = chunkStart(chunk + 1, job.chunks, all);
    const start = chunkStart(chunk, job.chunks, all);
    if (start === limit) clearFloats(sums, kinds * job.channels * job.outChannels);
    for (let band = start; band < limit; band++) {
      const image = band / bands;
      const first = (band - image * bands) * group.tileRows;
      const count = min(group.tileRows, rows - first);
      const spare = gradient + kinds * count * tilesOf(group.outWidth, group.tileWidth) * job.outChannels * 4;
      inputTiles(job, group, image, first, count, scratch, spare);
      gradientTiles(job, group, image, first, count, gradient, spare);
      addProducts(job, group, count, scratch, gradient, sums, band > start ? ACCUMULATE : 0);
    }
  }
}

/** Writes the transformed gradient of some rows of tiles: [kind of product][tile][output channel]. */
function gradientTiles(
  job: WinogradGradientJob,
  group: TapGroup,
  image: i32,
  first: i32,
  count: i32,
  to: usize,
  spare: usize,
): void {
  const tiles = tilesOf(group.outWidth, group.tileWidth);
  const channels = job.outChannels;
  const pixel = channels * 4;
  const kinds = kindsAcross(group);
  const all = count * tiles;
  const dy = group.y + image * group.outHeight * group.outWidth * pixel;
  const line = tiles * pixel;
  const height = group.tileHeight;
  const width = group.tileWidth;
  const rows = height * count;
  const lines = spare + width * tiles * pixel;
  for (let r = 0; r < rows; r++) {
    const row = height * first + r;
    let from = dy + row * group.outWidth * pixel;
    if (row >= group.outHeight || width * tiles > group.outWidth) {
      copyPadded(dy, group.outHeight, group.outWidth, channels, row, 0, 1, width * tiles, spare);
      from = spare;
    }
    for (let t = 0; t < tiles; t++) {
      const at = lines + r * kinds * line + t * pixel;
      spreadOutput(kinds, from + t * width * pixel, pixel, at, line, channels >> 2);
    }
  }
  for (let q = 0; q < count; q++)
    for (let k = 0; k < kinds; k++) {
      const from = lines + (height * q * kinds + k) * line;
      const at = to + (k * all + q * tiles) * pixel;
      spreadOutput(kindsDown(group), from, kinds * line, at, kinds * all * pixel, line >> 4);
    }
}

/** Makes or adds, for every kind of product, transpose(input tiles) * gradient tiles. */
function addProducts(
  job: WinogradGradientJob,
  group: TapGroup,
  count: i32,
  input: usize,
  gradient: usize,
  sums: usize,
  flags: i32,
): void {
  const channels = job.channels;
  const columns = job.outChannels;
  const all = count * tilesOf(group.outWidth, group.tileWidth);
  const kinds = kindsDown(group) * kindsAcross(group);
  for (
    let k = 0;
    k < kinds;
    k++, input += all * channels * 4, gradient += all * columns * 4, sums += channels * columns * 4
  ) {
    for (let o = 0; o < columns; ) {
      const width = panelWidth(columns - o); // never more than are left, as in filter-gradient.ts
      rowsBy(
        width,
        channels,
        input,
        4,
        channels * 4,
        gradient + o * 4,
        columns * 4,
        1,
        all,
        0,
        0,
        sums + o * 4,
        columns * 4,
        0,
        flags,
      );
      o += width;
    }
  }
}

/** Values of a tap in one unit of unpackWinograd. */
export const SLICE_VALUES: i32 = 256;

/** Adds up the chunks of winogradGradient and makes the gradients of the taps of them. Units: groups times slices of SLICE_VALUES. Scratch: a slice of all kinds of products, before and after one direction. */
export function unpackWinograd(begin: i32, end: i32, job: WinogradGradientJob, scratch: usize): void {
  const values = job.channels * job.outChannels;
  const slices = (values + SLICE_VALUES - 1) / SLICE_VALUES;
  for (let unit = begin; unit < end; unit++) {
    const index = unit / slices;
    const first = (unit - index * slices) * SLICE_VALUES;
    const bytes = min(SLICE_VALUES, values - first) * 4;
    const group = groupAt(job, index);
    const kinds = kindsAcross(group);
    const all = kindsDown(group) * kinds;
    const spare = scratch + all * bytes;
    for (let k = 0; k < all; k++)
      sumRow(group.transformed + (k * values + first) * 4, job.sumBytes, job.chunks, bytes >> 2, scratch + k * bytes);
    gatherFilter(kindsDown(group), scratch, kinds * bytes, spare, kinds * bytes, (kinds * bytes) >> 4);
    for (let i = 0; i < group.tapsY; i++) {
      gatherFilter(
        kinds,
        spare + i * kinds * bytes,
        bytes,
        group.taps + first * 4 + i * job.tapY,
        job.tapX,
        bytes >> 4,
      );
    }
  }
}
