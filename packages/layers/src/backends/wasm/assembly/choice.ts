/** Products with a matrix that only chooses. */
import { BIAS, RELU } from './simd';

/** Each row of y is made of values of a row of x, each times a factor. */
@unmanaged
export class ChoiceJob {
  /** [rows][steps]. */
  x: usize;
  /** [rows][columns]. */
  y: usize;
  /** For each column which value of x it takes, and the factor; a column of nothing but zeros has the factor 0. */
  from: usize;
  factors: usize;
  bias: usize;
  flags: i32;
  columns: i32;
  steps: i32;
}

/** Chooses. Units: rows. */
export function choose(begin: i32, end: i32, job: ChoiceJob, _scratch: usize): void {
  const bytes = job.columns << 2;
  const flags = job.flags;
  for (let row = begin; row < end; row++) {
    const x = job.x + ((row * job.steps) << 2);
    const y = job.y + row * bytes;
    for (let i = 0; i < bytes; i += 4) {
      const factor = load<f32>(job.factors + i);
      // Infinities and NaN where nothing is taken stay out of it.
      let value: f32 = factor === 0 ? 0 : load<f32>(x + (load<i32>(job.from + i) << 2)) * factor;
      if (flags & BIAS) value += load<f32>(job.bias + i);
      if (flags & RELU && value < 0) value = 0;
      store<f32>(y + i, value);
    }
  }
}
