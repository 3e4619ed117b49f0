/** Gradients of convolutions around a pooling of 2 x 2, by the functions of sparse.ts. */
import { copyPadded } from './copy-padded';
import { addColumns } from './elementwise';
import { chunkStart } from './filter-gradient';
import { clearFloats, DOT_SUM_BYTES } from './simd';
import { SparseJob, windowOffsets } from './sparse';
import { addPatches, dotPatches, keepDotSumsAt } from './tiles';

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
