import { WindowJob } from './conv';
import { packPanels } from './matmul';
import { addFloats, finishValues, startPixels } from './pixel-blocks';
import { PANEL, rowsBy } from './tiles';

/**
 * A transposed convolution to few channels, which is also the gradient for the input of a convolution of few channels: the products of a row
 * of pixels with all taps are made at once, as a matrix product, and added to where they belong.
 */
@unmanaged
export class SpreadJob extends WindowJob {
  padTop: i32;
  padLeft: i32;
  /** [images][outHeight][outWidth][outChannels]: pixel (r, q) of x and tap (i, j) add to row r * strideY + i - padTop, and so for columns. */
  y: usize;
  outHeight: i32;
  outWidth: i32;
  outChannels: i32;
  bias: usize;
  flags: i32;
  /** 0, or values of y's shape: where they are not positive, y becomes 0. */
  mask: usize;
  /** 0, or values of y's shape that are added to the products. */
  residual: usize;
  /** Rows of y in one unit of work. */
  unitRows: i32;
}

/** A filter [tapsY][tapsX][outChannels][channels]; `columns` are all but the last. */
@unmanaged
export class SpreadFilterJob {
  from: usize;
  to: usize;
  columns: i32;
  channels: i32;
}

/** Lays a filter out as panels [channels][PANEL], one after the other; the last one is filled up with zeros. */
export function packSpread(job: SpreadFilterJob): void {
  packPanels(job.from, 4, job.channels * 4, job.columns, job.channels, job.to);
}

/** Makes y. Units: images times bands of rows of y. Scratch: the products of a row of x, for each pixel whole panels. */
export function spread(begin: i32, end: i32, job: SpreadJob, scratch: usize): void {
  const bands = (job.outHeight + job.unitRows - 1) / job.unitRows;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / bands;
    const top = (unit - image * bands) * job.unitRows;
    const limit = min(job.outHeight, top + job.unitRows);
    const line = job.outWidth * job.outChannels * 4;
    const y = job.y + image * job.outHeight * line;
    const band = y + top * line;
    const bytes = (limit - top) * line;
    const offset = band - job.y;
    startPixels(band, bytes, job.outChannels, job.residual && job.residual + offset, job.bias, job.flags, scratch);
    // The rows of x whose taps reach the band.
    const reach = top + job.padTop - job.tapsY + 1;
    const first = reach <= 0 ? 0 : (reach + job.strideY - 1) / job.strideY;
    const last = min(job.height - 1, (limit - 1 + job.padTop) / job.strideY);
    for (let row = first; row <= last; row++) {
      multiplyRow(job, job.x + (image * job.height + row) * job.width * job.channels * 4, scratch);
      addRow(job, row, top, limit, scratch, y);
    }
    finishValues(band, bytes, job.flags, job.mask && job.mask + offset);
  }
}

/** Returns the bytes from the products of a pixel to those of the next. @inline */
function productBytes(job: SpreadJob): i32 {
  return ((job.tapsY * job.tapsX * job.outChannels + PANEL - 1) / PANEL) * PANEL * 4;
}

/** Multiplies a row of x with all taps. */
function multiplyRow(job: SpreadJob, x: usize, products: usize): void {
  const channels = job.channels;
  const bytes = productBytes(job);
  let panel = job.filter;
  for (let at = 0; at < bytes; at += PANEL * 4, panel += channels * PANEL * 4) {
    rowsBy(PANEL, job.width, x, channels * 4, 4, panel, PANEL * 4, 1, channels, 0, 0, products + at, bytes, 0, 0);
  }
}

/** Adds the products of a row of x to those rows of y that are in the band. */
function addRow(job: SpreadJob, row: i32, top: i32, limit: i32, products: usize, y: usize): void {
  const pixel = job.outChannels * 4;
  const tapRow = job.tapsX * pixel;
  const bytes = productBytes(job);
  const turns = (job.tapsX + job.strideX - 1) / job.strideX;
  for (let i = 0; i < job.tapsY; i++) {
    const to = row * job.strideY + i - job.padTop;
    if (to < top || to >= limit) continue;
    const line = y + to * job.outWidth * pixel;
    const from = products + i * tapRow;
    // Pixels whose taps do not overlap after each other: what was just stored in other pieces is slow to load.
    for (let turn = 0; turn < turns; turn++)
      for (let q = turn; q < job.width; q += turns) {
        const left = q * job.strideX - job.padLeft;
        const at = line + left * pixel;
        const patch = from + q * bytes;
        if (left >= 0 && left + job.tapsX <= job.outWidth) {
          addFloats(at, patch, tapRow);
          continue;
        }
        const skip = max(0, -left);
        const taps = min(job.tapsX, job.outWidth - left) - skip;
        if (taps > 0) addFloats(at + skip * pixel, patch + skip * pixel, taps * pixel);
      }
  }
}
