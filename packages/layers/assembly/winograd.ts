/** Convolutions of 2 or 3 taps a direction with few products: those of tiles of 2 x 2 outputs, in the domain of winograd-transforms.mjs. */
import { copyPadded } from './conv';
import { chunkStart } from './filter-gradient';
import { ACCUMULATE, clearFloats, copyFloats, finish } from './simd';
import { panelWidth, rowsBy } from './tiles';
import { gatherFilter, spreadOutput, transformFilter, transformInput, transformOutput } from './winograd-transforms';

/** Output position (r, q) and tap (i, j) meet x at row (r + i) * strideY + top and column (q + j) * strideX + left; outside, x is zero. */
@unmanaged
export class WinogradJob {
  x: usize; height: i32; width: i32;
  /** Multiples of 4. */
  channels: i32; outChannels: i32;
  outHeight: i32; outWidth: i32; tapsY: i32; tapsX: i32; strideY: i32; strideX: i32; top: i32; left: i32;
  /** Rows of tiles that are worked on together. */
  tileRows: i32;
  /** Bytes of the first of the two parts of the scratch memory. */
  firstPart: i32;
}

/** y = x * filter. */
@unmanaged
export class WinogradConvJob extends WinogradJob {
  /** As packWinograd writes it. */
  filter: usize;
  /** Output values of one pixel follow each other; pixels, rows and images are this many bytes apart. */
  y: usize; yPixel: i32; yRow: i32; yImage: usize; bias: usize; flags: i32;
  /** 0, or values of y's shape: where they are not positive, y becomes 0. */
  mask: usize;
}

/** Units: images times bands of rows of tiles. Scratch: two parts, each for values before and behind a step in turn. */
export function winogradConv(begin: i32, end: i32, job: WinogradConvJob, scratch: usize): void {
  const rows = (job.outHeight + 1) >> 1, bands = (rows + job.tileRows - 1) / job.tileRows, second = scratch + job.firstPart;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / bands, first = (unit - image * bands) * job.tileRows, count = min(job.tileRows, rows - first);
    inputTiles(job, image, first, count, scratch, second);
    products(job, count, scratch, second);
    outputTiles(job, image, first, count, second, scratch);
  }
}

/** Tiles side by side. */
function tilesAcross(job: WinogradJob): i32 {
  return (job.outWidth + 1) >> 1;
}

/** Writes the transformed input of some rows of tiles: [kind of product][tile][channel]. */
function inputTiles(job: WinogradJob, image: i32, first: i32, count: i32, to: usize, spare: usize): void {
  const tiles = tilesAcross(job), pixel = job.channels * 4, kinds = job.tapsX + 1, all = count * tiles;
  const rows = 2 * count + job.tapsY - 1, columns = 2 * tiles + job.tapsX - 1;
  copyStrided(job, job.x + image * job.height * job.width * pixel, 2 * first, rows, columns, spare);
  const lines = spare + rows * columns * pixel, line = tiles * pixel;
  for (let r = 0; r < rows; r++) for (let t = 0; t < tiles; t++) {
    transformInput(job.tapsX, spare + (r * columns + 2 * t) * pixel, pixel, lines + r * kinds * line + t * pixel, line, job.channels >> 2);
  }
  for (let q = 0; q < count; q++) for (let k = 0; k < kinds; k++) {
    const at = to + (k * all + q * tiles) * pixel;
    transformInput(job.tapsY, lines + (2 * q * kinds + k) * line, kinds * line, at, kinds * all * pixel, line >> 4);
  }
}

/** Copies the rows and columns of an image that some tiles meet, side by side; what is outside the image becomes zero. */
function copyStrided(job: WinogradJob, image: usize, first: i32, rows: i32, columns: i32, to: usize): void {
  const channels = job.channels;
  for (let r = first; r < first + rows; r++) {
    const row = r * job.strideY + job.top, outside = <u32>row >= <u32>job.height;
    for (let q = 0; q < columns; q++, to += channels * 4) {
      const column = q * job.strideX + job.left;
      if (outside || <u32>column >= <u32>job.width) clearFloats(to, channels);
      else copyFloats(to, image + (row * job.width + column) * channels * 4, channels);
    }
  }
}

/** Columns of all panels together. */
function panelColumns(columns: i32): i32 {
  let o = 0;
  while (o < columns) o += panelWidth(columns - o);
  return o;
}

/** For every kind of product, tiles times filter: [kind][tile][output channel, up to the end of the last panel]. */
function products(job: WinogradConvJob, count: i32, tiles: usize, to: usize): void {
  const channels = job.channels, all = count * tilesAcross(job), kinds = (job.tapsY + 1) * (job.tapsX + 1), columns = panelColumns(job.outChannels);
  for (let k = 0; k < kinds; k++, tiles += all * channels * 4, to += all * columns * 4) {
    for (let o = 0; o < columns; ) {
      const width = panelWidth(job.outChannels - o), filter = job.filter + (kinds * o + k * width) * channels * 4;
      rowsBy(width, all, tiles, channels * 4, 4, filter, width * 4, 1, channels, 0, 0, to + o * 4, columns * 4, 0, 0);
      o += width;
    }
  }
}

/** Writes the rows of output that some rows of tiles stand for. */
function outputTiles(job: WinogradConvJob, image: i32, first: i32, count: i32, from: usize, spare: usize): void {
  const tiles = tilesAcross(job), all = count * tiles, kinds = job.tapsX + 1, pixel = panelColumns(job.outChannels) * 4;
  const kind = all * pixel, row = spare + 2 * kinds * kind;
  transformOutput(job.tapsY, from, kinds * kind, spare, kinds * kind, (kinds * kind) >> 4);
  for (let r = 0; r < min(2 * count, job.outHeight - 2 * first); r++) {
    const line = spare + (r & 1) * kinds * kind + (r >> 1) * tiles * pixel;
    for (let t = 0; t < tiles; t++) transformOutput(job.tapsX, line + t * pixel, kind, row + 2 * t * pixel, pixel, pixel >> 4);
    finishRow(job, row, pixel, job.y + image * job.yImage + (2 * first + r) * job.yRow);
  }
}

/** Finishes the sums of a row of pixels and stores them. */
function finishRow(job: WinogradConvJob, from: usize, fromPixel: i32, y: usize): void {
  for (let q = 0; q < job.outWidth; q++, from += fromPixel, y += job.yPixel) {
    for (let c = 0; c < job.outChannels * 4; c += 16) {
      finish(y + c, v128.load(from + c), job.bias + c, job.flags, 4);
      if (job.mask) v128.store(y + c, v128.and(v128.load(y + c), f32x4.gt(v128.load(job.mask + (y - job.y) + c), f32x4.splat(0))));
    }
  }
}

/** Transforms a filter, panel by panel: [panel][kind of product][channel][column]. */
@unmanaged
export class PackWinogradJob {
  /** As packFilter writes it, and room for as many values behind one direction. */
  from: usize; spare: usize; to: usize; tapsY: i32; tapsX: i32; channels: i32; outChannels: i32;
}

export function packWinograd(job: PackWinogradJob): void {
  const tapsX = job.tapsX, kinds = tapsX + 1;
  let from = job.from, to = job.to;
  for (let o = 0; o < job.outChannels; ) {
    const width = panelWidth(job.outChannels - o), size = job.channels * width * 4;
    for (let i = 0; i < job.tapsY; i++) transformFilter(tapsX, from + i * tapsX * size, size, job.spare + i * kinds * size, size, size >> 4);
    transformFilter(job.tapsY, job.spare, kinds * size, to, kinds * size, (kinds * size) >> 4);
    from += job.tapsY * tapsX * size;
    to += (job.tapsY + 1) * kinds * size;
    o += width;
  }
}

/** The gradient of the filter. Each chunk of images has sums of its own: [kind of product][channel][output channel]. */
@unmanaged
export class WinogradGradientJob extends WinogradJob {
  dy: usize; images: i32; chunks: i32; sums: usize; sumBytes: usize;
}

/** Units: chunks of images. Scratch: the transformed input, and in the second part the transformed gradient. */
export function winogradGradient(begin: i32, end: i32, job: WinogradGradientJob, scratch: usize): void {
  const rows = (job.outHeight + 1) >> 1;
  for (let chunk = begin; chunk < end; chunk++) {
    const sums = job.sums + chunk * job.sumBytes, behind = chunkStart(chunk + 1, job.chunks, job.images);
    clearFloats(sums, job.sumBytes >> 2);
    for (let image = chunkStart(chunk, job.chunks, job.images); image < behind; image++) {
      for (let first = 0; first < rows; first += job.tileRows) {
        const count = min(job.tileRows, rows - first), kinds = (job.tapsY + 1) * (job.tapsX + 1);
        const gradient = scratch + job.firstPart, spare = gradient + kinds * count * tilesAcross(job) * job.outChannels * 4;
        inputTiles(job, image, first, count, scratch, spare);
        gradientTiles(job, image, first, count, gradient, spare);
        addProducts(job, count, scratch, gradient, sums);
      }
    }
  }
}

/** Writes the transformed gradient of some rows of tiles: [kind of product][tile][output channel]. */
function gradientTiles(job: WinogradGradientJob, image: i32, first: i32, count: i32, to: usize, spare: usize): void {
  const tiles = tilesAcross(job), channels = job.outChannels, pixel = channels * 4, kinds = job.tapsX + 1, all = count * tiles;
  const dy = job.dy + image * job.outHeight * job.outWidth * pixel, line = tiles * pixel, lines = spare + 4 * count * line;
  copyPadded(dy, job.outHeight, job.outWidth, channels, 2 * first, 0, 2 * count, 2 * tiles, spare);
  for (let r = 0; r < 2 * count; r++) for (let t = 0; t < tiles; t++) {
    spreadOutput(job.tapsX, spare + (r * tiles + t) * 2 * pixel, pixel, lines + r * kinds * line + t * pixel, line, channels >> 2);
  }
  for (let q = 0; q < count; q++) for (let k = 0; k < kinds; k++) {
    const at = to + (k * all + q * tiles) * pixel;
    spreadOutput(job.tapsY, lines + (2 * q * kinds + k) * line, kinds * line, at, kinds * all * pixel, line >> 4);
  }
}

/** Adds, for every kind of product, transpose(input tiles) * gradient tiles. */
function addProducts(job: WinogradGradientJob, count: i32, input: usize, gradient: usize, sums: usize): void {
  const channels = job.channels, columns = job.outChannels, all = count * tilesAcross(job), kinds = (job.tapsY + 1) * (job.tapsX + 1);
  for (let k = 0; k < kinds; k++, input += all * channels * 4, gradient += all * columns * 4, sums += channels * columns * 4) {
    for (let o = 0; o < columns; ) {
      const width = panelWidth(columns - o); // never more than are left, as in filter-gradient.ts
      rowsBy(width, channels, input, 4, channels * 4, gradient + o * 4, columns * 4, 1, all, 0, 0, sums + o * 4, columns * 4, 0, ACCUMULATE);
      o += width;
    }
  }
}

/** Turns the sums of winogradGradient into the gradient of the taps. */
@unmanaged
export class UnpackWinogradJob {
  sums: usize; spare: usize; to: usize;
  /** Bytes from tap to tap. */
  tapY: i32; tapX: i32; tapsY: i32; tapsX: i32;
  /** Values of one tap. */
  values: i32;
}

export function unpackWinograd(job: UnpackWinogradJob): void {
  const kinds = job.tapsX + 1, bytes = job.values * 4;
  gatherFilter(job.tapsY, job.sums, kinds * bytes, job.spare, kinds * bytes, kinds * job.values >> 2);
  for (let i = 0; i < job.tapsY; i++) gatherFilter(job.tapsX, job.spare + i * kinds * bytes, bytes, job.to + i * job.tapY, job.tapX, job.values >> 2);
}
