/**
 * A depthwise convolution, whose every input channel has filters of its own, `multiplier` output channels each, and what its gradients share with it.
 *
 * All work on output channels, which lie side by side in the filter [tapsY][tapsX][channels * multiplier] as in the output. Where the
 * multiplier is not 1, input channels are repeated, or sums of them added up, on the way.
 */
import { loadLanes, multiplyAdd, storeLanes } from './simd';

@unmanaged
export class DepthwiseJob {
  /** The input, or its gradient. */
  x: usize;
  height: i32;
  width: i32;
  channels: i32;
  multiplier: i32;
  /** The output, or its gradient. */
  y: usize;
  outHeight: i32;
  outWidth: i32;
  /** The filter, or sums of its gradient, one after the other for each chunk. */
  filter: usize;
  tapsY: i32;
  tapsX: i32;
  strideY: i32;
  strideX: i32;
  dilationY: i32;
  dilationX: i32;
  padTop: i32;
  padLeft: i32;
}

/** Bytes of a tap in the lists below: where it is in the image, and where in the filter. */
export const TAP_BYTES: i32 = 8;

@unmanaged
export class DepthwiseForwardJob extends DepthwiseJob {
  /** What sums begin with, or 0; whether negative ones become 0. */
  bias: usize;
  relu: i32;
}

/** Convolves. Units: rows of output, of all images. Scratch: the taps of a pixel, and the rows that it sees with repeated channels. */
export function depthwise(begin: i32, end: i32, job: DepthwiseForwardJob, scratch: usize): void {
  const channels = job.channels * job.multiplier;
  const pixel = channels * 4;
  const rows = scratch + job.tapsY * job.tapsX * TAP_BYTES;
  const row = job.width * pixel;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / job.outHeight;
    const top = (unit - image * job.outHeight) * job.strideY - job.padTop;
    let x = job.x + image * job.height * row;
    let step = job.dilationY * row;
    if (job.multiplier !== 1) {
      for (let i = 0; i < job.tapsY; i++) {
        const y = top + i * job.dilationY;
        const from = job.x + (image * job.height + y) * job.width * job.channels * 4;
        if (y >= 0 && y < job.height) repeatChannels(from, job.width * job.channels, job.multiplier, rows + i * row);
      }
      x = rows;
      step = row;
    } else x += top * row;
    let to = job.y + unit * job.outWidth * pixel;
    for (let column = 0; column < job.outWidth; column++, to += pixel) {
      const count = listTaps(job, x, step, top, column * job.strideX - job.padLeft, pixel, scratch);
      sumTaps(scratch, count, channels, to, job.bias, job.relu);
    }
  }
}

/** Lists the pixels of x that a position of the output is made of, and their places in the filter; returns how many. */
function listTaps(job: DepthwiseJob, x: usize, step: i32, top: i32, left: i32, pixel: i32, taps: usize): i32 {
  let count = 0;
  for (let i = 0; i < job.tapsY; i++) {
    const y = top + i * job.dilationY;
    if (y < 0 || y >= job.height) continue;
    for (let j = 0; j < job.tapsX; j++) {
      const column = left + j * job.dilationX;
      if (column < 0 || column >= job.width) continue;
      store<usize>(taps + count * TAP_BYTES, x + i * step + column * pixel);
      store<usize>(taps + count * TAP_BYTES + 4, job.filter + (i * job.tapsX + j) * pixel);
      count++;
    }
  }
  return count;
}

/** Writes, per channel, the bias, if there is one, and the sum over the taps of a pixel times the filter. */
export function sumTaps(taps: usize, count: i32, channels: i32, to: usize, bias: usize, relu: i32): void {
  const end = taps + count * TAP_BYTES;
  const bytes: usize = channels * 4;
  let c: usize = 0;
  for (; c + 64 <= bytes; c += 64) {
    let sum0 = f32x4.splat(0);
    let sum1 = sum0;
    let sum2 = sum0;
    let sum3 = sum0;
    if (bias) {
      sum0 = v128.load(bias + c);
      sum1 = v128.load(bias + c, 16);
      sum2 = v128.load(bias + c, 32);
      sum3 = v128.load(bias + c, 48);
    }
    for (let tap = taps; tap < end; tap += TAP_BYTES) {
      const a = load<usize>(tap) + c;
      const b = load<usize>(tap, 4) + c;
      sum0 = multiplyAdd(v128.load(a), v128.load(b), sum0);
      sum1 = multiplyAdd(v128.load(a, 16), v128.load(b, 16), sum1);
      sum2 = multiplyAdd(v128.load(a, 32), v128.load(b, 32), sum2);
      sum3 = multiplyAdd(v128.load(a, 48), v128.load(b, 48), sum3);
    }
    if (relu) {
      const zero = f32x4.splat(0);
      sum0 = f32x4.pmax(sum0, zero);
      sum1 = f32x4.pmax(sum1, zero);
      sum2 = f32x4.pmax(sum2, zero);
      sum3 = f32x4.pmax(sum3, zero);
    }
    v128.store(to + c, sum0);
    v128.store(to + c, sum1, 16);
    v128.store(to + c, sum2, 32);
    v128.store(to + c, sum3, 48);
  }
  for (; c < bytes; c += 16) {
    const lanes = <i32>min<usize>(4, (bytes - c) >> 2);
    let sum = bias ? loadLanes(bias + c, lanes) : f32x4.splat(0);
    for (let tap = taps; tap < end; tap += TAP_BYTES) {
      sum = multiplyAdd(loadLanes(load<usize>(tap) + c, lanes), loadLanes(load<usize>(tap, 4) + c, lanes), sum);
    }
    if (relu) sum = f32x4.pmax(sum, f32x4.splat(0));
    storeLanes(to + c, sum, lanes);
  }
}

/** Writes each value `multiplier` times. */
export function repeatChannels(from: usize, values: i32, multiplier: i32, to: usize): void {
  for (let i = 0; i < values; i++, from += 4) {
    const value = load<f32>(from);
    for (let m = 0; m < multiplier; m++, to += 4) store<f32>(to, value);
  }
}
