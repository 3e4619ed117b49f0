/**
 * Products with an unpooled image that never make the image. In each window of 2 x 2 pixels of a channel only one value is not zero:
 * these functions go from window to window and touch that value alone, a quarter of what a convolution would multiply.
 *
 * Both a max-unpooling in front of a convolution and the gradient that comes back through a max-pooling are such images.
 */
import { FilterJob } from './pack-filter';
import { clearFloats, multiplyAdd } from './simd';

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

/**
 * Turns the indices of some rows of windows of an image into byte offsets: row * rowStep + column * columnStep for the window, and
 * 0, stepX, stepY or stepX + stepY for the place in it.
 *
 * @param first the first row of windows; `rows` of them are written from `to` on
 * @param width width of the unpooled image
 * @param channels a multiple of 4
 * @returns false if an index lies outside its window
 */
export function windowOffsets(
  indices: usize,
  first: i32,
  rows: i32,
  columns: i32,
  channels: i32,
  width: i32,
  rowStep: i32,
  columnStep: i32,
  stepY: i32,
  stepX: i32,
  to: usize,
): bool {
  const right = i32x4.splat(channels);
  const below = i32x4.splat(width * channels);
  const both = i32x4.splat((width + 1) * channels);
  const x = i32x4.splat(stepX);
  const y = i32x4.splat(stepY);
  const lanes = i32x4(0, 1, 2, 3);
  let wrong = i32x4.splat(0);
  indices += first * columns * channels * 4;
  for (let r = first; r < first + rows; r++)
    for (let q = 0; q < columns; q++) {
      const corner = (2 * r * width + 2 * q) * channels;
      const window = i32x4.splat(r * rowStep + q * columnStep);
      for (let c = 0; c < channels; c += 4, indices += 16, to += 16) {
        const place = i32x4.sub(v128.load(indices), i32x4.add(i32x4.splat(corner + c), lanes));
        const isRight = i32x4.eq(place, right);
        const isBelow = i32x4.eq(place, below);
        const isBoth = i32x4.eq(place, both);
        const known = v128.or(v128.or(isRight, isBelow), v128.or(isBoth, i32x4.eq(place, i32x4.splat(0))));
        wrong = v128.or(wrong, v128.not(known));
        const inside = i32x4.add(v128.and(x, v128.or(isRight, isBoth)), v128.and(y, v128.or(isBelow, isBoth)));
        v128.store(to, i32x4.add(window, inside));
      }
    }
  return !v128.any_true(wrong);
}

/** Output channels that pairSums makes at a time. */
export const BLOCK_CHANNELS: i32 = 12;
const BLOCK_BYTES: i32 = BLOCK_CHANNELS * 4;

/** Bytes of the sums of two pixels that pairSums writes. */
export const PAIR_BYTES: i32 = 2 * BLOCK_BYTES;

/** Counts the windows in one direction that reach a block of two output positions. @inline */
export function windowsOf(taps: i32): i32 {
  return (taps + 2) >> 1;
}

/** Counts the rows (or columns) of the table of a filter: its taps in the middle, and zeros around them. @inline */
export function tableLength(taps: i32): i32 {
  return 2 * windowsOf(taps) + 1;
}

/** Returns the bytes of the tables that packTable writes. */
export function tableBytes(tapsY: i32, tapsX: i32, channels: i32, outChannels: i32): i32 {
  const blocks = (outChannels + BLOCK_CHANNELS - 1) / BLOCK_CHANNELS;
  return blocks * channels * tableLength(tapsY) * tableLength(tapsX) * BLOCK_BYTES;
}

/**
 * Lays a filter out as tables [channel][row][column][BLOCK_CHANNELS] for pairSums, one for each block of output channels: the taps turned around, with zeros around them, so
 * that a value anywhere in a window finds what it adds to four output pixels at one address and the ones beside and below it.
 */
export function packTable(job: FilterJob): void {
  const tapsY = job.tapsY;
  const tapsX = job.tapsX;
  const lengthY = tableLength(tapsY);
  const lengthX = tableLength(tapsX);
  let to = job.to;
  for (let first = 0; first < job.outChannels; first += BLOCK_CHANNELS)
    for (let c = 0; c < job.channels; c++)
      for (let i = 0; i < lengthY; i++)
        for (let j = 0; j < lengthX; j++, to += BLOCK_BYTES) {
          // Row i holds tap lengthY - 2 - i, see pairSums.
          const y = lengthY - 2 - i;
          const x = lengthX - 2 - j;
          clearFloats(to, BLOCK_CHANNELS);
          if (y < 0 || y >= tapsY || x < 0 || x >= tapsX) continue;
          const at = job.from + y * job.tapY + x * job.tapX + c * job.channel;
          for (let o = first; o < min(first + BLOCK_CHANNELS, job.outChannels); o++)
            store<f32>(to + (o - first) * 4, load<f32>(at + o * job.column));
        }
}

/**
 * Sums up a convolution for two output pixels side by side and BLOCK_CHANNELS channels: to = [pixel][channel].
 *
 * The value at row 2 * w + d of the windows (d: 0 or 1, inside window w) meets the output rows a = 0 and 1 with the taps 2 * w + d - a.
 * In the table tap t is in row last - t, so they are rows last - (2 * w + d) + a; the same holds for columns.
 *
 * @param values of the first window's first channel; windows of a row are windowBytes apart, rows windowRow
 * @param offsets of the same shape as values: bytes to go back in the table for the value's place in its window
 * @param table of the first channel, at the row of a, and the row and column for a value in the top left of the first window
 */
export function pairSums(
  values: usize,
  offsets: usize,
  windowRow: i32,
  windowBytes: i32,
  windowsY: i32,
  windowsX: i32,
  channels: i32,
  table: usize,
  tableChannel: i32,
  tableRow: i32,
  to: usize,
): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  for (let w = 0; w < windowsY; w++) {
    let value = values;
    let offset = offsets;
    let window = table;
    for (let u = 0; u < windowsX; u++) {
      let taps = window;
      for (let c = channels; c > 0; c--) {
        const v = v128.load32_splat(value);
        const at = taps - load<i32>(offset);
        s0 = multiplyAdd(v, v128.load(at), s0);
        s1 = multiplyAdd(v, v128.load(at, 16), s1);
        s2 = multiplyAdd(v, v128.load(at, 32), s2);
        s3 = multiplyAdd(v, v128.load(at, 48), s3);
        s4 = multiplyAdd(v, v128.load(at, 64), s4);
        s5 = multiplyAdd(v, v128.load(at, 80), s5);
        value += 4;
        offset += 4;
        taps += tableChannel;
      }
      value += windowBytes - channels * 4;
      offset += windowBytes - channels * 4;
      window -= 2 * BLOCK_BYTES;
    }
    values += windowRow;
    offsets += windowRow;
    table -= 2 * tableRow;
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
  v128.store(to, s2, 32);
  v128.store(to, s3, 48);
  v128.store(to, s4, 64);
  v128.store(to, s5, 80);
}
