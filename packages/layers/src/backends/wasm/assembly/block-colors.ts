/** Channels of the pixels of a block to its planes, and back. */
import { BlockTransformJob } from './block-job';

/** Writes the planes of a block, each the sum of its channels by a column of colors. */
export function mixColors(job: BlockTransformJob, block: usize, planes: usize): void {
  const channels = job.channels;
  const planeBytes: usize = (job.height * job.width) << 2;
  const line = (job.columns * job.width * channels) << 2;
  for (let y = 0; y < job.height; y++, block += line, planes += job.width << 2) {
    if (channels === 3) mixThree(job.colors, block, job.width, planes, planeBytes);
    else {
      for (let x = 0; x < job.width; x++) {
        const pixel = block + ((x * channels) << 2);
        for (let p = 0; p < channels; p++) {
          store<f32>(
            planes + p * planeBytes + (x << 2),
            channels === 1 ? load<f32>(pixel) : mixed(job, pixel, 4, p, channels),
          );
        }
      }
    }
  }
}

/** Sums up channels, `stride` bytes apart, by column p of colors. */
function mixed(job: BlockTransformJob, from: usize, stride: usize, p: i32, channels: i32): f32 {
  let sum: f32 = 0;
  for (let c = 0; c < channels; c++)
    sum += load<f32>(from + c * stride) * load<f32>(job.colors + ((c * channels + p) << 2));
  return sum;
}

/** Mixes a row of three channels, four pixels at a time. */
function mixThree(colors: usize, from: usize, width: i32, to: usize, planeBytes: usize): void {
  for (let x = 0; x < width; x += 4, from += 48, to += 16) {
    const v0 = v128.load(from);
    const v1 = v128.load(from, 16);
    const v2 = v128.load(from, 32);
    const r = v128.shuffle<f32>(v128.shuffle<f32>(v0, v1, 0, 3, 6, 6), v2, 0, 1, 2, 5);
    const g = v128.shuffle<f32>(v128.shuffle<f32>(v0, v1, 1, 4, 7, 7), v2, 0, 1, 2, 6);
    const b = v128.shuffle<f32>(v128.shuffle<f32>(v0, v1, 2, 5, 5, 5), v2, 0, 1, 4, 7);
    v128.store(to, weigh(colors, 12, r, g, b));
    v128.store(to + planeBytes, weigh(colors + 4, 12, r, g, b));
    v128.store(to + 2 * planeBytes, weigh(colors + 8, 12, r, g, b));
  }
}

/** Sums up three vectors by weights that are `stride` bytes apart. @inline */
function weigh(weights: usize, stride: usize, x: v128, y: v128, z: v128): v128 {
  const sum = f32x4.add(f32x4.mul(x, v128.load32_splat(weights)), f32x4.mul(y, v128.load32_splat(weights + stride)));
  return f32x4.add(sum, f32x4.mul(z, v128.load32_splat(weights + 2 * stride)));
}

/** Writes the pixels of a block from its planes: the adjoint of mixColors. */
export function unmixColors(job: BlockTransformJob, planes: usize, block: usize): void {
  const channels = job.channels;
  const planeBytes: usize = (job.height * job.width) << 2;
  const line = (job.columns * job.width * channels) << 2;
  for (let y = 0; y < job.height; y++, block += line, planes += job.width << 2) {
    if (channels === 3) unmixThree(job.colors, planes, planeBytes, job.width, block);
    else {
      for (let x = 0; x < job.width; x++) {
        const from = planes + (x << 2);
        const pixel = block + ((x * channels) << 2);
        for (let c = 0; c < channels; c++) {
          store<f32>(pixel + (c << 2), channels === 1 ? load<f32>(from) : unmixed(job, from, planeBytes, c, channels));
        }
      }
    }
  }
}

/** Sums up planes by row c of colors. */
function unmixed(job: BlockTransformJob, from: usize, planeBytes: usize, c: i32, channels: i32): f32 {
  let sum: f32 = 0;
  for (let p = 0; p < channels; p++) {
    sum += load<f32>(from + p * planeBytes) * load<f32>(job.colors + ((c * channels + p) << 2));
  }
  return sum;
}

function unmixThree(colors: usize, from: usize, planeBytes: usize, width: i32, to: usize): void {
  for (let x = 0; x < width; x += 4, from += 16, to += 48) {
    const p0 = v128.load(from);
    const p1 = v128.load(from + planeBytes);
    const p2 = v128.load(from + 2 * planeBytes);
    const r = weigh(colors, 4, p0, p1, p2);
    const g = weigh(colors + 12, 4, p0, p1, p2);
    const b = weigh(colors + 24, 4, p0, p1, p2);
    v128.store(to, v128.shuffle<f32>(v128.shuffle<f32>(r, g, 0, 4, 1, 5), b, 0, 1, 4, 2));
    v128.store(to, v128.shuffle<f32>(v128.shuffle<f32>(g, b, 1, 5, 2, 6), r, 0, 1, 6, 2), 16);
    v128.store(to, v128.shuffle<f32>(b, v128.shuffle<f32>(r, g, 3, 7, 3, 7), 2, 4, 5, 3), 32);
  }
}
