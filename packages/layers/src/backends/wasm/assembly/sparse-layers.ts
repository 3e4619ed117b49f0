/** Layers around a pooling of 2 x 2: convolutions of an unpooled image, and their gradients, by the functions of sparse.ts. */
import { copyPadded } from './conv';
import { addColumns } from './elementwise';
import { chunkStart } from './filter-gradient';
import { ACCUMULATE, BIAS, clearFloats, DOT_SUM_BYTES, finish, RELU } from './simd';
import { BLOCK_CHANNELS, PAIR_BYTES, pairSums, tableLength, windowOffsets, windowsOf } from './sparse';
import { addPatches, dotPatches, keepDotSumsAt } from './tiles';

/** An image that is zero but for one value in each window of 2 x 2: pooled values and their indices, [images][rows][columns][channels]. */
@unmanaged
export class SparseJob {
  values: usize;
  indices: usize;
  images: i32;
  rows: i32;
  columns: i32;
  /** A multiple of 4. */
  channels: i32;
  /** Width of the unpooled image, which the indices count with. */
  width: i32;
  /** A word that becomes 1 when an index lies outside its window: the results are then not valid. */
  wrong: usize;
}

/** y = unpooled image * filter, stride 1. */
@unmanaged
export class UnpoolConvJob extends SparseJob {
  /** As packTable writes it. */
  table: usize;
  tapsY: i32;
  tapsX: i32;
  padTop: i32;
  padLeft: i32;
  y: usize;
  outHeight: i32;
  outWidth: i32;
  outChannels: i32;
  bias: usize;
  flags: i32;
  /** 0, or values of y's shape: where they are not positive, y becomes 0. */
  mask: usize;
  /** Pairs of rows of y in one unit of work. */
  unitPairs: i32;
}

/** Bytes of the table that are used at a time: they stay in the level-1 cache with the values. */
const TABLE_BYTES: i32 = 20 << 10;

/** Convolves. Units: images times bands of pairs of rows. Scratch: the sums of two pixels, and offsets of the rows of windows that a band meets. */
export function unpoolConv(begin: i32, end: i32, job: UnpoolConvJob, scratch: usize): void {
  const pairs = (job.outHeight + (job.padTop & 1) + 1) >> 1;
  const bands = (pairs + job.unitPairs - 1) / job.unitPairs;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / bands;
    const first = (unit - image * bands) * job.unitPairs;
    unpoolConvBand(job, image, first, min(first + job.unitPairs, pairs), scratch);
  }
}

function unpoolConvBand(job: UnpoolConvJob, image: i32, first: i32, limit: i32, scratch: usize): void {
  const channels = job.channels;
  const columns = job.columns;
  const windowRow = columns * channels * 4;
  const firstRow = firstWindow(first, job.padTop);
  const lastRow = firstWindow(limit - 1, job.padTop) + windowsOf(job.tapsY);
  const top = max(firstRow, 0);
  const rows = max(min(lastRow, job.rows) - top, 0);
  const imageValues = image * job.rows * windowRow;
  const offsets = scratch + PAIR_BYTES;
  const tableRow = tableLength(job.tapsX) * BLOCK_CHANNELS * 4;
  const tableChannel = tableLength(job.tapsY) * tableRow;
  if (
    !windowOffsets(
      job.indices + imageValues,
      top,
      rows,
      columns,
      channels,
      job.width,
      0,
      0,
      tableRow,
      BLOCK_CHANNELS * 4,
      offsets,
    )
  ) {
    store<i32>(job.wrong, 1);
  }
  const atOnce = max(1, TABLE_BYTES / tableChannel);
  const values = job.values + imageValues + top * windowRow;
  for (let pair = first; pair < limit; pair++) {
    for (let o = 0; o < job.outChannels; o += BLOCK_CHANNELS) {
      const table = job.table + (o / BLOCK_CHANNELS) * channels * tableChannel;
      for (let c = 0; c < channels; c += atOnce) {
        const used = min(atOnce, channels - c);
        const flags = (c > 0 ? ACCUMULATE : 0) | (c + used === channels ? job.flags & (BIAS | RELU) : 0);
        const mask = c + used === channels ? job.mask : 0;
        pairOfRows(
          job,
          image,
          pair,
          o,
          used,
          values + c * 4,
          offsets + c * 4,
          top,
          table + c * tableChannel,
          flags,
          mask,
          scratch,
        );
      }
    }
  }
}

/** Returns the first window that the `pair`-th pair of output rows (or columns) meets. @inline */
function firstWindow(pair: i32, pad: i32): i32 {
  return (2 * pair - (pad & 1) - pad) >> 1;
}

/** Makes one block of channels of two rows of output. */
function pairOfRows(
  job: UnpoolConvJob,
  image: i32,
  pair: i32,
  o: i32,
  channels: i32,
  values: usize,
  offsets: usize,
  top: i32,
  table: usize,
  flags: i32,
  mask: usize,
  sums: usize,
): void {
  const windowBytes = job.channels * 4;
  const windowRow = job.columns * windowBytes;
  const lengthX = tableLength(job.tapsX);
  const tableRow = lengthX * BLOCK_CHANNELS * 4;
  const tableChannel = tableLength(job.tapsY) * tableRow;
  const row = firstWindow(pair, job.padTop);
  const rowsFrom = max(row, 0);
  const rowsTo = min(row + windowsOf(job.tapsY), job.rows);
  const used = min(BLOCK_CHANNELS, job.outChannels - o);
  const pixel = job.outChannels * 4;
  for (let a = 0; a < 2; a++) {
    const r = 2 * pair - (job.padTop & 1) + a;
    if (r < 0 || r >= job.outHeight) continue;
    const taps =
      table + (tableLength(job.tapsY) - 2 + a - 2 * (rowsFrom - row)) * tableRow + (lengthX - 2) * BLOCK_CHANNELS * 4;
    const at = ((image * job.outHeight + r) * job.outWidth * job.outChannels + o) * 4;
    for (let q = -(job.padLeft & 1), u = 0; q < job.outWidth; q += 2, u++) {
      const column = firstWindow(u, job.padLeft);
      const from = max(column, 0);
      const to = min(column + windowsOf(job.tapsX), job.columns);
      const window = (rowsFrom - top) * windowRow + from * windowBytes;
      pairSums(
        values + window,
        offsets + window,
        windowRow,
        windowBytes,
        rowsTo - rowsFrom,
        to - from,
        channels,
        taps - 2 * (from - column) * BLOCK_CHANNELS * 4,
        tableChannel,
        tableRow,
        sums,
      );
      if (q >= 0)
        finishPixel(sums, used, job.y + at + q * pixel, job.bias + o * 4, flags, mask ? mask + at + q * pixel : 0);
      if (q + 1 < job.outWidth) {
        finishPixel(
          sums + BLOCK_CHANNELS * 4,
          used,
          job.y + at + (q + 1) * pixel,
          job.bias + o * 4,
          flags,
          mask ? mask + at + (q + 1) * pixel : 0,
        );
      }
    }
  }
}

/** Finishes the sums of one pixel and stores them. */
function finishPixel(sums: usize, channels: i32, to: usize, bias: usize, flags: i32, mask: usize): void {
  const zero = f32x4.splat(0);
  const finishing = flags & ~ACCUMULATE;
  let c = 0;
  for (; c + 4 <= channels; c += 4) {
    let sum = v128.load(sums + c * 4);
    if (flags & ACCUMULATE) sum = f32x4.add(sum, v128.load(to + c * 4));
    if (mask) sum = v128.and(sum, f32x4.gt(v128.load(mask + c * 4), zero));
    finish(to + c * 4, sum, bias + c * 4, finishing, 4);
  }
  for (; c < channels; c++) {
    let sum = v128.load32_zero(sums + c * 4);
    if (flags & ACCUMULATE) sum = f32x4.add(sum, v128.load32_zero(to + c * 4));
    if (mask) sum = v128.and(sum, f32x4.gt(v128.load32_zero(mask + c * 4), zero));
    finish(to + c * 4, sum, bias + c * 4, finishing, 1);
  }
}

/** Whose channels a bias belongs to: nobody's, those of the sparse image S, or those of the dense image D. */
export const NOBODYS: i32 = 0;
export const SPARSE: i32 = 1;
export const DENSE: i32 = 2;

/**
 * Gradients of a convolution between a sparse image S and a dense one D, whose value at tap (i, j) of a position is at row
 * y + i - padTop and column x + j - padLeft of D:
 *
 * - of the filter: for every channel s of S and every tap and channel of D, the sum of S times D, laid out [s][tapsY][tapsX][c];
 * - of the bias: the sums over S, or over D;
 * - of the pooled values of S: for every value, the sum of the filter times D around its place.
 */
@unmanaged
export class SparseGradientJob extends SparseJob {
  image: usize;
  height: i32;
  imageWidth: i32;
  /** A multiple of 4. */
  imageChannels: i32;
  tapsY: i32;
  tapsX: i32;
  padTop: i32;
  padLeft: i32;
  chunks: i32;
  /** Of each chunk: sums for the filter, and after them for the bias. */
  sums: usize;
  sumBytes: usize;
  /** Rows of windows that are gone through for all channels and taps before the next rows' turn. */
  stripRows: i32;
  /** Whose channels the bias belongs to: NOBODYS, SPARSE or DENSE. */
  biasOf: i32;
  /** [s][tapsY][tapsX][c], and where the gradient of the pooled values goes; 0: it is not wanted. */
  filter: usize;
  valuesGradient: usize;
  /** 1: the pooled values are ReLU's, so that their gradient is 0 where they are not positive. */
  masked: i32;
}

/** Makes the gradients. Units: chunks of images. Scratch: DOT_SUM_BYTES, offsets, and D with its padding. */
export function sparseGradient(begin: i32, end: i32, job: SparseGradientJob, scratch: usize): void {
  keepDotSumsAt(scratch);
  const channels = job.channels;
  const rowValues = job.tapsX * job.imageChannels;
  const sumCount = channels * job.tapsY * rowValues;
  const size = job.rows * job.columns * channels;
  const imageSize = job.height * job.imageWidth * job.imageChannels;
  for (let chunk = begin; chunk < end; chunk++) {
    const sums = job.sums + chunk * job.sumBytes;
    const biasSums = sums + sumCount * 4;
    clearFloats(sums, job.sumBytes >> 2);
    const limit = chunkStart(chunk + 1, job.chunks, job.images);
    for (let image = chunkStart(chunk, job.chunks, job.images); image < limit; image++) {
      const values = job.values + image * size * 4;
      const dense = job.image + image * imageSize * 4;
      if (job.biasOf === SPARSE) addColumns(values, job.rows * job.columns, channels, biasSums, true);
      if (job.biasOf === DENSE) addColumns(dense, job.height * job.imageWidth, job.imageChannels, biasSums, true);
      gradientOfImage(
        job,
        values,
        job.indices + image * size * 4,
        dense,
        sums,
        job.valuesGradient ? job.valuesGradient + image * size * 4 : 0,
        scratch + DOT_SUM_BYTES,
      );
    }
  }
}

function gradientOfImage(
  job: SparseGradientJob,
  values: usize,
  indices: usize,
  image: usize,
  sums: usize,
  gradient: usize,
  offsets: usize,
): void {
  const channels = job.channels;
  const columns = job.columns;
  const step = channels * 4;
  const vectors = (job.tapsX * job.imageChannels) >> 2;
  const pixel = job.imageChannels * 4;
  let row = job.imageWidth * pixel;
  let from = image;
  if (job.padTop > 0 || job.padLeft > 0) {
    // As far as the patches of all windows reach.
    const height = 2 * job.rows + job.tapsY - 1;
    const width = 2 * columns + job.tapsX - 1;
    from = offsets + job.rows * columns * step;
    copyPadded(image, job.height, job.imageWidth, job.imageChannels, -job.padTop, -job.padLeft, height, width, from);
    row = width * pixel;
  }
  if (!windowOffsets(indices, 0, job.rows, columns, channels, job.width, 2 * row, 2 * pixel, row, pixel, offsets))
    store<i32>(job.wrong, 1);
  for (let r = 0; r < job.rows; r += job.stripRows) {
    const strip = r * columns * step;
    const count = min(job.stripRows, job.rows - r) * columns;
    for (let s = 0; s < channels; s++) {
      const at = strip + s * 4;
      const to = sums + s * job.tapsY * vectors * 16;
      for (let i = 0; i < job.tapsY; i++)
        addPatches(values + at, offsets + at, step, count, from + i * row, vectors, to + i * vectors * 16);
      if (gradient)
        dotPatches(
          offsets + at,
          step,
          count,
          from,
          row,
          job.tapsY,
          vectors,
          job.filter + s * job.tapsY * vectors * 16,
          gradient + at,
        );
    }
  }
  if (gradient && job.masked) {
    for (let i = 0; i < job.rows * columns * step; i += 16) {
      v128.store(gradient + i, v128.and(v128.load(gradient + i), f32x4.gt(v128.load(values + i), f32x4.splat(0))));
    }
  }
}

/** Adds up the chunks of sparseGradient and lays the filter's gradient out as [tap][c][s], the way tfjs has filters. */
@unmanaged
export class SumSparseJob {
  from: usize;
  chunkBytes: usize;
  chunks: i32;
  channels: i32;
  perChannel: i32;
  filter: usize;
}

/** Adds up chunks. Units: taps and channels of the dense image together. */
export function sumSparse(begin: i32, end: i32, job: SumSparseJob, _scratch: usize): void {
  for (let k = begin; k < end; k++) {
    for (let s = 0; s < job.channels; s++) {
      const from = job.from + (s * job.perChannel + k) * 4;
      let sum: f32 = 0;
      for (let chunk = 0; chunk < job.chunks; chunk++) sum += load<f32>(from + chunk * job.chunkBytes);
      store<f32>(job.filter + (k * job.channels + s) * 4, sum);
    }
  }
}
