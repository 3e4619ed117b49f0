/** Cosine transforms of blocks of images, plane by plane, and back. */
import { mixColors, unmixColors } from './block-colors';
import { BlockTransformJob, RowStep } from './block-job';
import { clearFloats } from './simd';

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
