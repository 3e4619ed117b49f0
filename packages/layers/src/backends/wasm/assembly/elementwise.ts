/** What goes through values one by one: ReLU's gradient, the loss, sums, and the steps of the optimizers. Units: blocks of BLOCK_VALUES. */
import { BLOCK_VALUES, multiplyAdd } from './simd';

@unmanaged
export class ReluGradJob {
  dy: usize;
  y: usize;
  dx: usize;
  count: i32;
}

/** Writes dx = dy where y > 0, else 0. */
export function reluGrad(begin: i32, end: i32, job: ReluGradJob, _scratch: usize): void {
  const dy = job.dy;
  const y = job.y;
  const dx = job.dx;
  const limit: usize = min(end * BLOCK_VALUES, job.count) << 2;
  let i: usize = (begin * BLOCK_VALUES) << 2;
  for (; i + 16 <= limit; i += 16)
    v128.store(dx + i, v128.and(v128.load(dy + i), f32x4.gt(v128.load(y + i), f32x4.splat(0))));
  for (; i < limit; i += 4) store<f32>(dx + i, load<f32>(y + i) > 0 ? load<f32>(dy + i) : 0);
}

@unmanaged
export class PreluJob {
  x: usize;
  alpha: usize;
  y: usize;
  period: i32;
}

/** Writes y = x where x is not negative, else alpha * x. Units: stretches of `period` values, as many as alpha has. */
export function prelu(begin: i32, end: i32, job: PreluJob, _scratch: usize): void {
  const period: usize = job.period << 2;
  const alpha = job.alpha;
  for (let unit = begin; unit < end; unit++) {
    const x = job.x + unit * period;
    const y = job.y + unit * period;
    let i: usize = 0;
    for (; i + 16 <= period; i += 16) {
      const value = v128.load(x + i);
      v128.store(y + i, v128.bitselect(f32x4.mul(value, v128.load(alpha + i)), value, f32x4.lt(value, f32x4.splat(0))));
    }
    for (; i < period; i += 4) {
      const value = load<f32>(x + i);
      store<f32>(y + i, value < 0 ? value * load<f32>(alpha + i) : value);
    }
  }
}

@unmanaged
export class SquaredErrorsJob {
  target: usize;
  prediction: usize;
  count: i32;
  sums: usize;
}

/** Writes sums[unit] = the sum of the block's squared differences, in double precision. */
export function squaredErrors(begin: i32, end: i32, job: SquaredErrorsJob, _scratch: usize): void {
  const target = job.target;
  const prediction = job.prediction;
  for (let unit = begin; unit < end; unit++) {
    const limit: usize = min((unit + 1) * BLOCK_VALUES, job.count) << 2;
    let i: usize = (unit * BLOCK_VALUES) << 2;
    let sums = f32x4.splat(0);
    for (; i + 16 <= limit; i += 16) {
      const difference = f32x4.sub(v128.load(prediction + i), v128.load(target + i));
      sums = multiplyAdd(difference, difference, sums);
    }
    let sum: f64 =
      <f64>f32x4.extract_lane(sums, 0) +
      f32x4.extract_lane(sums, 1) +
      f32x4.extract_lane(sums, 2) +
      f32x4.extract_lane(sums, 3);
    for (; i < limit; i += 4) {
      const difference = load<f32>(prediction + i) - load<f32>(target + i);
      sum += difference * difference;
    }
    store<f64>(job.sums + unit * 8, sum);
  }
}

@unmanaged
export class SquaredErrorGradJob {
  target: usize;
  prediction: usize;
  count: i32;
  gradient: usize;
  scale: f32;
}

/** Writes gradient = (prediction - target) * scale. */
export function squaredErrorGrad(begin: i32, end: i32, job: SquaredErrorGradJob, _scratch: usize): void {
  const target = job.target;
  const prediction = job.prediction;
  const gradient = job.gradient;
  const limit: usize = min(end * BLOCK_VALUES, job.count) << 2;
  const scale = f32x4.splat(job.scale);
  let i: usize = (begin * BLOCK_VALUES) << 2;
  for (; i + 16 <= limit; i += 16)
    v128.store(gradient + i, f32x4.mul(f32x4.sub(v128.load(prediction + i), v128.load(target + i)), scale));
  for (; i < limit; i += 4) store<f32>(gradient + i, (load<f32>(prediction + i) - load<f32>(target + i)) * job.scale);
}

@unmanaged
export class ColumnSumsJob {
  x: usize;
  rows: i32;
  columns: i32;
  chunks: i32;
  sums: usize;
}

/** Writes sums[unit][column] = the sum of the chunk's rows. Units: chunks of rows. */
export function columnSums(begin: i32, end: i32, job: ColumnSumsJob, _scratch: usize): void {
  for (let chunk = begin; chunk < end; chunk++) {
    const first = <i32>((<i64>chunk * job.rows) / job.chunks);
    const limit = <i32>((<i64>(chunk + 1) * job.rows) / job.chunks);
    addColumns(job.x + first * job.columns * 4, limit - first, job.columns, job.sums + chunk * job.columns * 4, false);
  }
}

/** Writes to[column] = the sum of the rows of x, or adds it with `more`, for a multiple of 4 columns. */
export function addColumns(x: usize, rows: i32, columns: i32, to: usize, more: bool): void {
  const bytes = columns * 4;
  let column = 0;
  if (columns < 4) {
    addFewColumns(x, rows, columns, to);
    return;
  }
  for (; column < columns; column += 4) {
    if (column + 4 > columns) column = columns - 4; // again over some columns: the same sums once more
    let sum0 = f32x4.splat(0);
    let sum1 = sum0;
    let from = x + column * 4;
    let row = 0;
    for (; row + 2 <= rows; row += 2, from += 2 * bytes) {
      sum0 = f32x4.add(sum0, v128.load(from));
      sum1 = f32x4.add(sum1, v128.load(from + bytes));
    }
    if (row < rows) sum0 = f32x4.add(sum0, v128.load(from));
    if (more) sum0 = f32x4.add(sum0, v128.load(to + column * 4));
    v128.store(to + column * 4, f32x4.add(sum0, sum1));
  }
}

/** Sums up one to three columns: 12 values hold whole rows of each; three vectors of sums, taken apart at the end. */
function addFewColumns(x: usize, rows: i32, columns: i32, to: usize): void {
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let from = x;
  const count = rows * columns;
  const whole = (count / 12) * 12;
  const end = x + whole * 4;
  for (; from < end; from += 48) {
    sum0 = f32x4.add(sum0, v128.load(from));
    sum1 = f32x4.add(sum1, v128.load(from, 16));
    sum2 = f32x4.add(sum2, v128.load(from, 32));
  }
  let total0: f32 = 0;
  let total1: f32 = 0;
  let total2: f32 = 0;
  for (let i = 0; i < 12; i++) {
    const part = i < 4 ? sum0 : i < 8 ? sum1 : sum2;
    const lane = i & 3;
    const value =
      lane === 0
        ? f32x4.extract_lane(part, 0)
        : lane === 1
          ? f32x4.extract_lane(part, 1)
          : lane === 2
            ? f32x4.extract_lane(part, 2)
            : f32x4.extract_lane(part, 3);
    const column = i % columns;
    if (column === 0) total0 += value;
    else if (column === 1) total1 += value;
    else total2 += value;
  }
  for (let i = whole; i < count; i++) {
    const value = load<f32>(x + i * 4);
    const column = i % columns;
    if (column === 0) total0 += value;
    else if (column === 1) total1 += value;
    else total2 += value;
  }
  store<f32>(to, total0);
  if (columns > 1) store<f32>(to + 4, total1);
  if (columns > 2) store<f32>(to + 8, total2);
}
