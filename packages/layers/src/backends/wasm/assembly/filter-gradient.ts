import { copyPadded } from './copy-padded';
import { addColumns } from './elementwise';
import { ACCUMULATE, clearFloats, copyFloats, finishColumns } from './simd';
import { panelWidth, rowsBy } from './tiles';

/**
 * The gradient of a convolution's filter: for every tap (i, j), the sum over output positions of x at the tap times dy.
 *
 * The rows of all images are cut into chunks, each with sums of its own, which sumChunks adds up in order: the same bits come out whichever
 * thread took which chunk.
 */
@unmanaged
export class FilterGradientJob {
  x: usize;
  height: i32;
  width: i32;
  channels: i32;
  dy: usize;
  outHeight: i32;
  outWidth: i32;
  outChannels: i32;
  tapsY: i32;
  tapsX: i32;
  strideY: i32;
  strideX: i32;
  dilationY: i32;
  dilationX: i32;
  padTop: i32;
  padLeft: i32;
  /** Sums of a chunk: [tapsY][tapsX][channels][outChannels rounded up to 4], and of dy if `withBias`; sumBytes apart. */
  sums: usize;
  sumBytes: usize;
  withBias: i32;
  images: i32;
  chunks: i32;
  /** Rows of dy that are gone through for all taps before the next rows' turn, so that they stay in the level-1 cache. */
  rowsAtOnce: i32;
}

/** Makes the gradient. Units: chunks of rows. Scratch: padded rows of x, and rows of dy with channels rounded up to 4. */
export function filterGradient(begin: i32, end: i32, job: FilterGradientJob, scratch: usize): void {
  for (let chunk = begin; chunk < end; chunk++) {
    const sums = job.sums + chunk * job.sumBytes;
    clearFloats(sums, job.sumBytes >> 2);
    const height = job.outHeight;
    const all = job.images * height;
    const limit = chunkStart(chunk + 1, job.chunks, all);
    for (let row = chunkStart(chunk, job.chunks, all); row < limit; ) {
      const image = row / height;
      const first = row - image * height;
      const last = min(height, first + limit - row);
      const x = job.x + image * job.height * job.width * job.channels * 4;
      addImage(job, x, job.dy + image * height * job.outWidth * job.outChannels * 4, first, last, sums, scratch);
      row += last - first;
    }
  }
}

/** Returns the first of some pieces, such as images, that belongs to a chunk. @inline */
export function chunkStart(chunk: i32, chunks: i32, pieces: i32): i32 {
  return <i32>((<i64>chunk * pieces) / chunks);
}

/** Adds rows [first, limit) of one image's dy. */
function addImage(
  job: FilterGradientJob,
  image: usize,
  dy: usize,
  first: i32,
  limit: i32,
  sums: usize,
  scratch: usize,
): void {
  const channels = job.channels;
  const outWidth = job.outWidth;
  const outChannels = job.outChannels;
  const outChannels4 = (outChannels + 3) & ~3;
  const inColumns = (outWidth - 1) * job.strideX + (job.tapsX - 1) * job.dilationX + 1;
  const dyRow = outWidth * outChannels4 * 4;
  const reach = (job.tapsY - 1) * job.dilationY + 1;
  const rowsAtOnce = job.rowsAtOnce;
  for (let row = first; row < limit; row += rowsAtOnce) {
    const rows = min(rowsAtOnce, limit - row);
    const top = row * job.strideY - job.padTop;
    const inRows = (rows - 1) * job.strideY + reach;
    let x = image;
    let xRow = job.width * channels * 4;
    let from = dy + row * outWidth * outChannels * 4;
    if (outChannels4 !== outChannels) {
      copyPixels(from, outChannels, rows * outWidth, scratch, outChannels4);
      from = scratch;
    }
    if (top < 0 || job.padLeft > 0 || top + inRows > job.height || inColumns - job.padLeft > job.width) {
      x = scratch + rows * dyRow;
      copyPadded(image, job.height, job.width, channels, top, -job.padLeft, inRows, inColumns, x);
      xRow = inColumns * channels * 4;
    } else x += top * xRow - job.padLeft * channels * 4;
    if (job.withBias)
      addColumns(from, rows * outWidth, outChannels4, sums + job.tapsY * job.tapsX * channels * outChannels4 * 4, true);
    addRows(
      x,
      xRow,
      channels,
      from,
      dyRow,
      outWidth,
      outChannels4,
      rows,
      job.tapsY,
      job.tapsX,
      job.strideY,
      job.strideX,
      job.dilationY,
      job.dilationX,
      sums,
      outChannels4,
    );
  }
}

/** Copies pixels into wider ones; the added channels become zero. */
export function copyPixels(from: usize, channels: i32, pixels: i32, to: usize, toChannels: i32): void {
  for (let p = 0; p < pixels; p++, from += channels * 4, to += toChannels * 4) {
    copyFloats(to, from, channels);
    clearFloats(to + channels * 4, toChannels - channels);
  }
}

/** Adds the products of some rows of dy with x. `columns`, a multiple of 4, of dy's channels are used. */
export function addRows(
  x: usize,
  xRow: i32,
  channels: i32,
  dy: usize,
  dyRow: i32,
  pixels: i32,
  columns: i32,
  rows: i32,
  tapsY: i32,
  tapsX: i32,
  strideY: i32,
  strideX: i32,
  dilationY: i32,
  dilationX: i32,
  sums: usize,
  sumColumns: i32,
): void {
  // Without dilation the taps of a row lie side by side in x: they count as one tap of many channels.
  const calls = dilationX === 1 ? 1 : tapsX;
  const values = dilationX === 1 ? tapsX * channels : channels;
  const dyPixel = dyRow / pixels;
  const xPixel = strideX * channels * 4;
  const xSkip = strideY * xRow - pixels * xPixel;
  for (let i = 0; i < tapsY; i++)
    for (let j = 0; j < calls; j++) {
      const a = x + i * dilationY * xRow + j * dilationX * channels * 4;
      const to = sums + (i * tapsX + j) * channels * sumColumns * 4;
      for (let o = 0; o < columns; ) {
        const width = panelWidth(columns - o); // never more than are left: columns is a multiple of 4, and so are all widths but 16
        const b = dy + o * 4;
        const c = to + o * 4;
        rowsBy(width, values, a, 4, xPixel, b, dyPixel, rows, pixels, xSkip, 0, c, sumColumns * 4, 0, ACCUMULATE);
        o += width;
      }
    }
}

/** Adds up rows of the sums of all chunks: rows of fromColumns values become rows of toColumns, finished with bias and ReLU. */
@unmanaged
export class SumChunksJob {
  from: usize;
  chunkBytes: usize;
  chunks: i32;
  fromColumns: i32;
  to: usize;
  toColumns: i32;
  /** Bytes from row to row of the result. */
  toRow: i32;
  bias: usize;
  flags: i32;
}

/** Adds up chunks. Units: rows. */
export function sumChunks(begin: i32, end: i32, job: SumChunksJob, _scratch: usize): void {
  const columns = job.toColumns;
  for (let row = begin; row < end; row++) {
    const from = job.from + row * job.fromColumns * 4;
    const to = job.to + row * job.toRow;
    sumRow(from, job.chunkBytes, job.chunks, columns, to);
    if (job.flags) finishColumns(to, 0, 1, columns, to, 0, job.bias, job.flags);
  }
}

/** Adds up one row of the sums of all chunks. */
function sumRow(from: usize, chunkBytes: usize, chunks: i32, columns: i32, to: usize): void {
  let column = 0;
  // A whole cache line at a time: the chunks may lie such that they push each other out of the cache.
  for (; column + 16 <= columns; column += 16) {
    let at = from + column * 4;
    let sum0 = v128.load(at);
    let sum1 = v128.load(at, 16);
    let sum2 = v128.load(at, 32);
    let sum3 = v128.load(at, 48);
    for (let chunk = 1; chunk < chunks; chunk++) {
      at += chunkBytes;
      sum0 = f32x4.add(sum0, v128.load(at));
      sum1 = f32x4.add(sum1, v128.load(at, 16));
      sum2 = f32x4.add(sum2, v128.load(at, 32));
      sum3 = f32x4.add(sum3, v128.load(at, 48));
    }
    v128.store(to + column * 4, sum0);
    v128.store(to + column * 4, sum1, 16);
    v128.store(to + column * 4, sum2, 32);
    v128.store(to + column * 4, sum3, 48);
  }
  for (; column + 4 <= columns; column += 4) {
    let sum = v128.load(from + column * 4);
    for (let chunk = 1; chunk < chunks; chunk++)
      sum = f32x4.add(sum, v128.load(from + chunk * chunkBytes + column * 4));
    v128.store(to + column * 4, sum);
  }
  for (; column < columns; column++) {
    let sum = load<f32>(from + column * 4);
    for (let chunk = 1; chunk < chunks; chunk++) sum += load<f32>(from + chunk * chunkBytes + column * 4);
    store<f32>(to + column * 4, sum);
  }
}
