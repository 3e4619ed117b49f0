/** The gradients of a depthwise convolution, for its input and its filter. */
import { DepthwiseJob, repeatChannels, sumTaps, TAP_BYTES } from './depthwise';
import { chunkStart } from './filter-gradient';
import { clearFloats, loadLanes, multiplyAdd, storeLanes } from './simd';

/** Makes the gradient for the input. Units: rows of dx, of all images. Scratch: where in dy and the filter the taps of a pixel are, and the sums of its output channels. */
export function depthwiseInputGradient(begin: i32, end: i32, job: DepthwiseJob, scratch: usize): void {
  const outChannels = job.channels * job.multiplier;
  const pixel = outChannels * 4;
  const taps = scratch;
  const sums = scratch + job.tapsY * job.tapsX * TAP_BYTES;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / job.height;
    const y = unit - image * job.height;
    const dy = job.y + image * job.outHeight * job.outWidth * pixel;
    let to = job.x + unit * job.width * job.channels * 4;
    for (let x = 0; x < job.width; x++, to += job.channels * 4) {
      const count = findTaps(job, dy, y, x, pixel, taps);
      if (job.multiplier === 1) sumTaps(taps, count, outChannels, to, 0, 0);
      else {
        sumTaps(taps, count, outChannels, sums, 0, 0);
        addGroups(sums, job.channels, job.multiplier, to);
      }
    }
  }
}

/** Lists the pixels of dy that position (y, x) of the input had a part in, and their places in the filter; returns how many. */
function findTaps(job: DepthwiseJob, dy: usize, y: i32, x: i32, pixel: i32, taps: usize): i32 {
  let count = 0;
  for (let i = 0; i < job.tapsY; i++) {
    const fromTop = y + job.padTop - i * job.dilationY;
    const row = fromTop / job.strideY;
    if (fromTop < 0 || row >= job.outHeight || row * job.strideY !== fromTop) continue;
    for (let j = 0; j < job.tapsX; j++) {
      const fromLeft = x + job.padLeft - j * job.dilationX;
      const column = fromLeft / job.strideX;
      if (fromLeft < 0 || column >= job.outWidth || column * job.strideX !== fromLeft) continue;
      store<usize>(taps + count * TAP_BYTES, dy + (row * job.outWidth + column) * pixel);
      store<usize>(taps + count * TAP_BYTES + 4, job.filter + (i * job.tapsX + j) * pixel);
      count++;
    }
  }
  return count;
}

/** Writes, per channel, the sum of its `multiplier` values. */
function addGroups(from: usize, channels: i32, multiplier: i32, to: usize): void {
  for (let c = 0; c < channels; c++) {
    let sum: f32 = 0;
    for (let m = 0; m < multiplier; m++, from += 4) sum += load<f32>(from);
    store<f32>(to + c * 4, sum);
  }
}

@unmanaged
export class DepthwiseFilterJob extends DepthwiseJob {
  images: i32;
  chunks: i32;
}

/** Makes the gradient of the filter. Units: chunks of rows of dy, each with sums of its own, which sumChunks adds up. Scratch: a row of x with repeated channels. */
export function depthwiseFilterGradient(begin: i32, end: i32, job: DepthwiseFilterJob, scratch: usize): void {
  const outChannels = job.channels * job.multiplier;
  const pixel = outChannels * 4;
  const values = job.tapsY * job.tapsX * outChannels;
  const all = job.images * job.outHeight;
  for (let chunk = begin; chunk < end; chunk++) {
    const sums = job.filter + chunk * values * 4;
    const limit = chunkStart(chunk + 1, job.chunks, all);
    clearFloats(sums, values);
    for (let row = chunkStart(chunk, job.chunks, all); row < limit; row++) {
      const image = row / job.outHeight;
      const top = (row - image * job.outHeight) * job.strideY - job.padTop;
      for (let i = 0; i < job.tapsY; i++) {
        const y = top + i * job.dilationY;
        if (y < 0 || y >= job.height) continue;
        let x = job.x + (image * job.height + y) * job.width * job.channels * 4;
        if (job.multiplier !== 1) {
          repeatChannels(x, job.width * job.channels, job.multiplier, scratch);
          x = scratch;
        }
        addRow(job, x, job.y + row * job.outWidth * pixel, outChannels, sums + i * job.tapsX * pixel);
      }
    }
  }
}

/** Adds what one row of x and one of dy give to the taps of one row of the filter. */
function addRow(job: DepthwiseJob, x: usize, dy: usize, channels: i32, sums: usize): void {
  const pixel = channels * 4;
  const step: usize = job.strideX * pixel;
  for (let j = 0; j < job.tapsX; j++, sums += pixel) {
    // Columns of dy whose tap lies in the row: first * strideX + left >= 0, and below the width.
    const left = j * job.dilationX - job.padLeft;
    const first = left < 0 ? (job.strideX - 1 - left) / job.strideX : 0;
    const limit = left >= job.width ? 0 : min(job.outWidth, (job.width - 1 - left) / job.strideX + 1);
    if (first >= limit) continue;
    addProducts(x + (first * job.strideX + left) * pixel, step, dy + first * pixel, limit - first, channels, sums);
  }
}

/** Adds to the sums, per channel, the sum over pixels of x times dy. */
function addProducts(x: usize, step: usize, dy: usize, pixels: i32, channels: i32, sums: usize): void {
  const bytes: usize = channels * 4;
  const end = dy + pixels * bytes;
  let c: usize = 0;
  for (; c + 64 <= bytes; c += 64) {
    let sum0 = v128.load(sums + c);
    let sum1 = v128.load(sums + c, 16);
    let sum2 = v128.load(sums + c, 32);
    let sum3 = v128.load(sums + c, 48);
    for (let a = x + c, b = dy + c; b < end; a += step, b += bytes) {
      sum0 = multiplyAdd(v128.load(a), v128.load(b), sum0);
      sum1 = multiplyAdd(v128.load(a, 16), v128.load(b, 16), sum1);
      sum2 = multiplyAdd(v128.load(a, 32), v128.load(b, 32), sum2);
      sum3 = multiplyAdd(v128.load(a, 48), v128.load(b, 48), sum3);
    }
    v128.store(sums + c, sum0);
    v128.store(sums + c, sum1, 16);
    v128.store(sums + c, sum2, 32);
    v128.store(sums + c, sum3, 48);
  }
  for (; c < bytes; c += 16) {
    const lanes = <i32>min<usize>(4, (bytes - c) >> 2);
    let sum = loadLanes(sums + c, lanes);
    for (let a = x + c, b = dy + c; b < end; a += step, b += bytes)
      sum = multiplyAdd(loadLanes(a, lanes), loadLanes(b, lanes), sum);
    storeLanes(sums + c, sum, lanes);
  }
}
