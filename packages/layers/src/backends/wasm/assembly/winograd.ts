/** Convolutions of 2 or 3 taps per direction with few products: those of tiles of 2 x 2 outputs, in the domain of winograd-transforms.mjs. */
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
  const kinds = tapsX + 1;
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
      transformFilter(tapsX, packed + i * tapsX * size, size, spare + i * kinds * size, size, size >> 4);
    for (let k = 0; k < kinds; k++) {
      transformFilter(
        tapsY,
        spare + k * size,
        kinds * size,
        to + k * kind + first * width * 4,
        kinds * kind,
        size >> 4,
      );
    }
    to += (tapsY + 1) * kinds * kind;
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
      const count = min(group.tileRows, tilesOf(group.outHeight) - first);
      if (count <= 0) continue;
      inputTiles(job, group, image, first, count, scratch, second);
      products(job, group, count, scratch, second);
      outputTiles(job, group, image, first, count, second, scratch);
    }
  }
}

/** Counts the tiles that cover so many rows or columns of output. @inline */
function tilesOf(length: i32): i32 {
  return (length + 1) >> 1;
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
  const tiles = tilesOf(group.outWidth);
  const pixel = job.channels * 4;
  const kinds = group.tapsX + 1;
  const all = count * tiles;
  const rows = 2 * count + group.tapsY - 1;
  const columns = 2 * tiles + group.tapsX - 1;
  copyStrided(job, group, job.x + image * job.height * job.width * pixel, 2 * first, rows, columns, spare);
  const lines = spare + rows * columns * pixel;
  const line = tiles * pixel;
  for (let r = 0; r < rows; r++)
    for (let t = 0; t < tiles; t++) {
      transformInput(
        group.tapsX,
        spare + (r * columns + 2 * t) * pixel,
        pixel,
        lines + r * kinds * line + t * pixel,
        line,
        job.channels >> 2,
      );
    }
  for (let q = 0; q < count; q++)
    for (let k = 0; k < kinds; k++) {
      const at = to + (k * all + q * tiles) * pixel;
      transformInput(group.tapsY, lines + (2 * q * kinds + k) * line, kinds * line, at, kinds * all * pixel, line >> 4);
    }
}

/** Copies the rows and columns of an image that some tiles meet, side by side; what is outside the image becomes zero. */
function copyStrided(
  job: WinogradJob,
  group: TapGroup,
  image: usize,
  first: i32,
  rows: i32,
  columns: i32,
  to: usize,
): void {
  const channels = job.channels;
  for (let r = first; r < first + rows; r++) {
    const row = r * job.strideY + group.top;
    const outside = <u32>row >= <u32>job.height;
    for (let q = 0; q < columns; q++, to += channels * 4) {
      const column = q * job.strideX + group.left;
      if (outside || <u32>column >= <u32>job.width) clearFloats(to, channels);
      else copyFloats(to, image + (row * job.width + column) * channels * 4, channels);
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
  const all = count * tilesOf(group.outWidth);
  const kinds = (group.tapsY + 1) * (group.tapsX + 1);
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
  const tiles = tilesOf(group.outWidth);
  const all = count * tiles;
  const kinds = group.tapsX + 1;
  const pixel = panelColumns(job.outChannels) * 4;
  const kind = all * pixel;
  const row = spare + 2 * kinds * kind;
  transformOutput(group.tapsY, from, kinds * kind, spare, kinds * kind, (kinds * kind) >> 4);
  for (let r = 0; r < min(2 * count, group.outHeight - 2 * first); r++) {
    const line = spare + (r & 1) * kinds * kind + (r >> 1) * tiles * pixel;
    for (let t = 0; t < tiles; t++)
      transformOutput(group.tapsX, line + t * pixel, kind, row + 2 * t * pixel, pixel, pixel >> 4);
    finishRow(job, group, row, pixel, group.y + image * job.yImage + (2 * first + r) * job.yRow);
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
    const rows = tilesOf(group.outHeight);
    const bands = (rows + group.tileRows - 1) / group.tileRows;
    const all = job.images * bands;
    const kinds = (group.tapsY + 1) * (group.tapsX + 1);
    const gradient = scratch + job.firstPart;
    const sums = group.transformed + chunk * job.sumBytes;
    const limit = chunkStart(chunk + 1, job.chunks, all);
    clearFloats(sums, kinds * job.channels * job.outChannels);
    for (let band = chunkStart(chunk, job.chunks, all); band < limit; band++) {
      const image = band / bands;
      const first = (band - image * bands) * group.tileRows;
      const count = min(group.tileRows, rows - first);
      const spare = gradient + kinds * count * tilesOf(group.outWidth) * job.outChannels * 4;
      inputTiles(job, group, image, first, count, scratch, spare);
      gradientTiles(job, group, image, first, count, gradient, spare);
      addProducts(job, group, count, scratch, gradient, sums);
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
  const tiles = tilesOf(group.outWidth);
  const channels = job.outChannels;
  const pixel = channels * 4;
  const kinds = group.tapsX + 1;
  const all = count * tiles;
  const dy = group.y + image * group.outHeight * group.outWidth * pixel;
  const line = tiles * pixel;
  const lines = spare + 4 * count * line;
  copyPadded(dy, group.outHeight, group.outWidth, channels, 2 * first, 0, 2 * count, 2 * tiles, spare);
  for (let r = 0; r < 2 * count; r++)
    for (let t = 0; t < tiles; t++) {
      spreadOutput(
        group.tapsX,
        spare + (r * tiles + t) * 2 * pixel,
        pixel,
        lines + r * kinds * line + t * pixel,
        line,
        channels >> 2,
      );
    }
  for (let q = 0; q < count; q++)
    for (let k = 0; k < kinds; k++) {
      const at = to + (k * all + q * tiles) * pixel;
      spreadOutput(group.tapsY, lines + (2 * q * kinds + k) * line, kinds * line, at, kinds * all * pixel, line >> 4);
    }
}

/** Adds, for every kind of product, transpose(input tiles) * gradient tiles. */
function addProducts(
  job: WinogradGradientJob,
  group: TapGroup,
  count: i32,
  input: usize,
  gradient: usize,
  sums: usize,
): void {
  const channels = job.channels;
  const columns = job.outChannels;
  const all = count * tilesOf(group.outWidth);
  const kinds = (group.tapsY + 1) * (group.tapsX + 1);
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
        ACCUMULATE,
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
    const kinds = group.tapsX + 1;
    const all = (group.tapsY + 1) * kinds;
    const spare = scratch + all * bytes;
    for (let k = 0; k < all; k++)
      sumRow(group.transformed + (k * values + first) * 4, job.sumBytes, job.chunks, bytes >> 2, scratch + k * bytes);
    gatherFilter(group.tapsY, scratch, kinds * bytes, spare, kinds * bytes, (kinds * bytes) >> 4);
    for (let i = 0; i < group.tapsY; i++) {
      gatherFilter(
        group.tapsX,
        spare + i * kinds * bytes,
        bytes,
        group.taps + first * 4 + i * job.tapY,
        job.tapX,
        bytes >> 4,
      );
    }
  }
}
