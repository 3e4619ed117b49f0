/** The convolution of an image that was unpooled by 2 x 2, by the functions of sparse.ts. */
import { ACCUMULATE, BIAS, finish, RELU } from './simd';
import { BLOCK_CHANNELS, PAIR_BYTES, pairSums, SparseJob, tableLength, windowOffsets, windowsOf } from './sparse';

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
