import { copyPadded } from './copy-padded';
import { FEW_CHANNELS } from './pack-filter';
import { ACCUMULATE, BIAS, DOT_SUM_BYTES, finishColumns, RELU } from './simd';
import { dot1x1, dot1x3, dot2x1, dot2x3, dot3x1, dot3x3, keepDotSumsAt, PANEL, panelWidth, rowsBy } from './tiles';

/** Images, and a filter that is moved over them. */
@unmanaged
export class WindowJob {
  /** [images][height][width][channels]. */
  x: usize;
  height: i32;
  width: i32;
  channels: i32;
  /** As the packing function that goes with the job writes it. */
  filter: usize;
  tapsY: i32;
  tapsX: i32;
  strideY: i32;
  strideX: i32;
}

/**
 * A convolution y = x * filter of NHWC images, or one phase of the gradient for its input, which is a convolution too.
 *
 * Output position (r, q) sums up the taps (i, j) of x at row r * strideY + i * dilationY - padTop and column
 * q * strideX + j * dilationX - padLeft; positions outside x count as zero.
 */
@unmanaged
export class ConvJob extends WindowJob {
  dilationY: i32;
  dilationX: i32;
  padTop: i32;
  padLeft: i32;
  /** Output values of one pixel follow each other; pixels, rows and images are this many bytes apart. */
  y: usize;
  outHeight: i32;
  outWidth: i32;
  outChannels: i32;
  yPixel: i32;
  yRow: i32;
  yImage: usize;
  bias: usize;
  flags: i32;
  /** 0, or values of y's shape: where they are not positive, y becomes 0. */
  mask: usize;
  /** Rows of output in one unit of work. */
  unitRows: i32;
}

/** Convolves. Units: images times bands of rows. Scratch: DOT_SUM_BYTES, a row of one panel, and a band of padded input. */
export function conv(begin: i32, end: i32, job: ConvJob, scratch: usize): void {
  const bands = (job.outHeight + job.unitRows - 1) / job.unitRows;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / bands;
    const row = (unit - image * bands) * job.unitRows;
    convRows(
      job,
      image,
      row,
      min(job.unitRows, job.outHeight - row),
      job.y + image * job.yImage + row * job.yRow,
      scratch,
    );
  }
}

/** Makes output rows [row, row + rows) of one image, written from y on. */
export function convRows(job: ConvJob, image: i32, row: i32, rows: i32, y: usize, scratch: usize): void {
  const channels = job.channels;
  const outChannels = job.outChannels;
  const top = row * job.strideY - job.padTop;
  const inRows = (rows - 1) * job.strideY + (job.tapsY - 1) * job.dilationY + 1;
  const inColumns = (job.outWidth - 1) * job.strideX + (job.tapsX - 1) * job.dilationX + 1;
  let x = job.x + image * job.height * job.width * channels * 4;
  let xRow = job.width * channels * 4;
  const panelRow = scratch + DOT_SUM_BYTES;
  keepDotSumsAt(scratch);
  if (top < 0 || job.padLeft > 0 || top + inRows > job.height || inColumns - job.padLeft > job.width) {
    const strip = panelRow + ((job.outWidth * PANEL * 4 + 63) & ~63);
    copyPadded(x, job.height, job.width, channels, top, -job.padLeft, inRows, inColumns, strip);
    x = strip;
    xRow = inColumns * channels * 4;
  } else x += top * xRow + <usize>(-job.padLeft * channels * 4);
  for (let r = 0; r < rows; r++, x += job.strideY * xRow, y += job.yRow) {
    if (outChannels <= FEW_CHANNELS) fewChannels(job, x, xRow, y);
    else manyChannels(job, x, xRow, y, panelRow);
    if (job.mask) maskRow(job, y);
  }
}

/** Clears the values of a row of y, which are still in the cache, where the mask is not positive. */
function maskRow(job: ConvJob, y: usize): void {
  const pixel = job.outChannels * 4;
  for (let q = 0; q < job.outWidth; q++, y += job.yPixel) {
    const mask = job.mask + (y - job.y);
    let i = 0;
    for (; i + 16 <= pixel; i += 16)
      v128.store(y + i, v128.and(v128.load(y + i), f32x4.gt(v128.load(mask + i), f32x4.splat(0))));
    for (; i < pixel; i += 4) if (!(load<f32>(mask + i) > 0)) store<f32>(y + i, 0);
  }
}

/** Makes one row of output, panel by panel. */
function manyChannels(job: ConvJob, x: usize, xRow: i32, y: usize, panelRow: usize): void {
  const channels = job.channels;
  const columns = job.outChannels;
  const pixels = job.outWidth;
  const steps = job.tapsY * job.tapsX * channels;
  let filter = job.filter;
  for (let o = 0; o < columns; ) {
    const width = panelWidth(columns - o);
    const used = min(width, columns - o);
    if (used === width) taps(job, x, xRow, filter, width, y + o * 4, job.yPixel, job.bias + o * 4, job.flags);
    else {
      taps(job, x, xRow, filter, width, panelRow, width * 4, 0, 0);
      finishColumns(panelRow, width * 4, pixels, used, y + o * 4, job.yPixel, job.bias + o * 4, job.flags);
    }
    filter += steps * width * 4;
    o += width;
  }
}

/** Most bytes of a filter panel to go through at once: they stay in the level-1 cache for all pixels of a row. */
const PANEL_BYTES: i32 = 24 << 10;

/** Makes one row of output of one panel: all taps at once, or some rows of taps after others where the panel is large. */
function taps(
  job: ConvJob,
  x: usize,
  xRow: i32,
  filter: usize,
  width: i32,
  y: usize,
  yPixel: i32,
  bias: usize,
  flags: i32,
): void {
  const pixel = job.channels * 4;
  const tapsX = job.tapsX;
  const dilated = job.dilationX > 1;
  const rowSteps = tapsX * job.channels;
  const most = dilated ? 1 : max(1, PANEL_BYTES / (rowSteps * width * 4));
  for (let tap = 0; tap < job.tapsY; tap += most) {
    const tapRows = min(most, job.tapsY - tap);
    const runs = dilated ? tapsX : tapRows;
    const length = dilated ? job.channels : rowSteps;
    const skip = dilated ? (job.dilationX - 1) * pixel : job.dilationY * xRow - rowSteps * 4;
    const pass =
      (tap > 0 ? ACCUMULATE : flags & ACCUMULATE) | (tap + tapRows === job.tapsY ? flags & (BIAS | RELU) : 0);
    const a = x + tap * job.dilationY * xRow;
    const b = filter + tap * rowSteps * width * 4;
    rowsBy(width, job.outWidth, a, job.strideX * pixel, 4, b, width * 4, runs, length, skip, 0, y, yPixel, bias, pass);
  }
}

/** Makes one row of output of 1 to 3 channels: sums along the channels of x. */
function fewChannels(job: ConvJob, x: usize, xRow: i32, y: usize): void {
  const pixel = job.channels * 4;
  const dilated = job.dilationX > 1;
  const rowSteps = job.tapsX * job.channels;
  const runs = dilated ? job.tapsX : job.tapsY;
  const length = dilated ? job.channels : rowSteps;
  const aSkip = dilated ? (job.dilationX - 1) * pixel : job.dilationY * xRow - rowSteps * 4;
  const filterColumn = job.tapsY * rowSteps * 4;
  const aRow = job.strideX * pixel;
  const yPixel = job.yPixel;
  const whole = job.outWidth / 3;
  const rest = job.outWidth - whole * 3;
  const passes = dilated ? job.tapsY : 1;
  for (let pass = 0; pass < passes; pass++) {
    const flags =
      (pass > 0 ? ACCUMULATE : job.flags & ACCUMULATE) | (pass + 1 === passes ? job.flags & (BIAS | RELU) : 0);
    const a = x + pass * job.dilationY * xRow;
    const aRest = a + whole * 3 * aRow;
    const yRest = y + whole * 3 * yPixel;
    let b = job.filter + pass * rowSteps * 4;
    if (job.outChannels === 3) {
      dot3x3(
        a,
        aRow,
        b,
        filterColumn,
        runs,
        length,
        aSkip,
        0,
        y,
        yPixel,
        job.bias,
        flags,
        whole,
        3 * aRow,
        0,
        3 * yPixel,
      );
      if (rest === 2)
        dot2x3(aRest, aRow, b, filterColumn, runs, length, aSkip, 0, yRest, yPixel, job.bias, flags, 1, 0, 0, 0);
      if (rest === 1)
        dot1x3(aRest, aRow, b, filterColumn, runs, length, aSkip, 0, yRest, yPixel, job.bias, flags, 1, 0, 0, 0);
    } else
      for (let o = 0; o < job.outChannels; o++, b += filterColumn) {
        const bias = job.bias + o * 4;
        const at = o * 4;
        dot3x1(a, aRow, b, 0, runs, length, aSkip, 0, y + at, yPixel, bias, flags, whole, 3 * aRow, 0, 3 * yPixel);
        if (rest === 2) dot2x1(aRest, aRow, b, 0, runs, length, aSkip, 0, yRest + at, yPixel, bias, flags, 1, 0, 0, 0);
        if (rest === 1) dot1x1(aRest, aRow, b, 0, runs, length, aSkip, 0, yRest + at, yPixel, bias, flags, 1, 0, 0, 0);
      }
  }
}
