/** Cosine transforms of blocks of images, plane by plane, and back. */
import { clearFloats } from './simd';

/** What two rows become: first = a * first + b * second, second = c * first + d * second. */
@unmanaged
export class RowStep {
  first: i32;
  second: i32;
  a: f32;
  b: f32;
  c: f32;
  d: f32;
}

@unmanaged
export class BlockTransformJob {
  /** NHWC, made of whole blocks. */
  images: usize;
  /** [N][rows][columns][count]. */
  coefficients: usize;
  /** [channels][channels], each column a direction; with one channel it is not read. */
  colors: usize;
  channels: i32;
  /** Of a block: powers of two from 4. */
  height: i32;
  width: i32;
  /** Blocks of an image. */
  rows: i32;
  columns: i32;
  count: i32;
  /** Steps of the transform along the height, and the row that each frequency ends up in. */
  downSteps: usize;
  downStepCount: i32;
  downRows: usize;
  acrossSteps: usize;
  acrossStepCount: i32;
  /** For each coefficient that is kept: bytes to it in the transformed planes, bytes to it among those that are kept, and its scale. */
  places: usize;
  indices: usize;
  scales: usize;
  keptCount: i32;
}

/** Writes the coefficients of blocks. Units: blocks. Scratch: the planes of a block twice. */
export function analyzeBlocks(begin: i32, end: i32, job: BlockTransformJob, scratch: usize): void {
  const planeBytes: usize = (job.height * job.width) << 2;
  const turned = scratch + job.channels * planeBytes;
  for (let block = begin; block < end; block++) {
    mixColors(job, blockOf(job, block), scratch);
    for (let c = 0; c < job.channels; c++) {
      const plane = scratch + c * planeBytes;
      const to = turned + c * planeBytes;
      stepRows(plane, job.width << 2, job.downSteps, job.downStepCount);
      turn(plane, job.downRows, job.height, job.width, to);
      stepRows(to, job.height << 2, job.acrossSteps, job.acrossStepCount);
    }
    const coefficients = job.coefficients + block * (job.count << 2);
    clearFloats(coefficients, job.count);
    for (let i = 0; i < job.keptCount << 2; i += 4) {
      const to = coefficients + load<i32>(job.indices + i);
      store<f32>(to, load<f32>(to) + load<f32>(turned + load<i32>(job.places + i)) * load<f32>(job.scales + i));
    }
  }
}

/** Writes blocks from their coefficients: the adjoint. Units: blocks. Scratch: the planes of a block twice. */
export function synthesizeBlocks(begin: i32, end: i32, job: BlockTransformJob, scratch: usize): void {
  const planeBytes: usize = (job.height * job.width) << 2;
  const turned = scratch + job.channels * planeBytes;
  for (let block = begin; block < end; block++) {
    const coefficients = job.coefficients + block * (job.count << 2);
    clearFloats(turned, job.channels * job.height * job.width);
    for (let i = 0; i < job.keptCount << 2; i += 4) {
      const to = turned + load<i32>(job.places + i);
      const value = load<f32>(coefficients + load<i32>(job.indices + i));
      store<f32>(to, load<f32>(to) + value * load<f32>(job.scales + i));
    }
    for (let c = 0; c < job.channels; c++) {
      const plane = scratch + c * planeBytes;
      const from = turned + c * planeBytes;
      stepRowsBack(from, job.height << 2, job.acrossSteps, job.acrossStepCount);
      turnBack(from, job.downRows, job.height, job.width, plane);
      stepRowsBack(plane, job.width << 2, job.downSteps, job.downStepCount);
    }
    unmixColors(job, scratch, blockOf(job, block));
  }
}

/** Returns where a block begins in the images. */
function blockOf(job: BlockTransformJob, block: i32): usize {
  const line = block / job.columns;
  const column = block - line * job.columns;
  const pixel = job.channels << 2;
  return job.images + (line * job.height * job.columns + column) * job.width * pixel;
}

/** Makes the steps of a transform, each on whole rows. */
function stepRows(rows: usize, rowBytes: i32, steps: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const step = changetype<RowStep>(steps + i * offsetof<RowStep>());
    combine(rows + step.first * rowBytes, rows + step.second * rowBytes, rowBytes, step.a, step.b, step.c, step.d);
  }
}

/** Makes the transposed steps in the opposite order. */
function stepRowsBack(rows: usize, rowBytes: i32, steps: usize, count: i32): void {
  for (let i = count - 1; i >= 0; i--) {
    const step = changetype<RowStep>(steps + i * offsetof<RowStep>());
    combine(rows + step.first * rowBytes, rows + step.second * rowBytes, rowBytes, step.a, step.c, step.b, step.d);
  }
}

function combine(first: usize, second: usize, bytes: i32, a: f32, b: f32, c: f32, d: f32): void {
  const end = first + bytes;
  if (a === 1 && b === 1 && c === 1 && d === -1) {
    for (; first < end; first += 16, second += 16) {
      const x = v128.load(first);
      const y = v128.load(second);
      v128.store(first, f32x4.add(x, y));
      v128.store(second, f32x4.sub(x, y));
    }
    return;
  }
  const va = f32x4.splat(a);
  const vb = f32x4.splat(b);
  const vc = f32x4.splat(c);
  const vd = f32x4.splat(d);
  for (; first < end; first += 16, second += 16) {
    const x = v128.load(first);
    const y = v128.load(second);
    v128.store(first, f32x4.add(f32x4.mul(va, x), f32x4.mul(vb, y)));
    v128.store(second, f32x4.add(f32x4.mul(vc, x), f32x4.mul(vd, y)));
  }
}

/** Writes [width][height] from [height][width], whose rows lie in the order of `order`. */
function turn(plane: usize, order: usize, height: i32, width: i32, to: usize): void {
  const row = width << 2;
  const column = height << 2;
  for (let v = 0; v < height; v += 4) {
    const at = order + (v << 2);
    const p0 = plane + load<i32>(at) * row;
    const p1 = plane + load<i32>(at, 4) * row;
    const p2 = plane + load<i32>(at, 8) * row;
    const p3 = plane + load<i32>(at, 12) * row;
    for (let x = 0; x < row; x += 16) {
      const line = to + (x >> 2) * column + (v << 2);
      turn4(p0 + x, p1 + x, p2 + x, p3 + x, line, line + column, line + 2 * column, line + 3 * column);
    }
  }
}

/** Transposes 4 x 4 values. @inline */
function turn4(a0: usize, a1: usize, a2: usize, a3: usize, b0: usize, b1: usize, b2: usize, b3: usize): void {
  const a = v128.load(a0);
  const b = v128.load(a1);
  const c = v128.load(a2);
  const d = v128.load(a3);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(b0, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
  v128.store(b1, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7));
  v128.store(b2, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5));
  v128.store(b3, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7));
}

/** Writes the rows of [height][width], in the order of `order`, from [width][height]. */
function turnBack(turned: usize, order: usize, height: i32, width: i32, to: usize): void {
  const row = width << 2;
  const column = height << 2;
  for (let v = 0; v < height; v += 4) {
    const at = order + (v << 2);
    const p0 = to + load<i32>(at) * row;
    const p1 = to + load<i32>(at, 4) * row;
    const p2 = to + load<i32>(at, 8) * row;
    const p3 = to + load<i32>(at, 12) * row;
    for (let x = 0; x < row; x += 16) {
      const from = turned + (x >> 2) * column + (v << 2);
      turn4(from, from + column, from + 2 * column, from + 3 * column, p0 + x, p1 + x, p2 + x, p3 + x);
    }
  }
}

/** Writes the planes of a block, each the sum of its channels by a column of colors. */
function mixColors(job: BlockTransformJob, block: usize, planes: usize): void {
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
function unmixColors(job: BlockTransformJob, planes: usize, block: usize): void {
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
