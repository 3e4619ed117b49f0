import { packPanels } from './matmul';
import { isPlainDescent, StepRule, stepValues } from './optimizers';
import { ACCUMULATE, finishColumns, TOUCH, touch } from './simd';
import { PANEL, panelsOfRows, ROWS } from './tiles';

/**
 * C = transpose(A) * B with few steps and a large C: the gradient of a dense layer's kernel, steps being the images of a batch. Either
 * it is stored, or used up at once by an optimizer, which saves writing and reading it.
 */
@unmanaged
export class OuterProductJob extends StepRule {
  /** [steps][rows] and [steps][columns]. */
  a: usize;
  b: usize;
  steps: i32;
  rows: i32;
  columns: i32;
  /** The gradient; or 0, and the variable with the optimizer's state. All [rows][columns]. */
  c: usize;
  variable: usize;
  state0: usize;
  state1: usize;
  /** How the work is cut. unitColumns: as many as fit the caches when packed; stripColumns: as many as wait for the optimizer. */
  unitRows: i32;
  unitColumns: i32;
  stripColumns: i32;
}

/** Rows whose values of A are copied together, so that the tiles don't go through all of A for each panel of B. */
export const BAND_ROWS: i32 = 48;

/** Multiplies. Units: bands of columns times bands of rows. Scratch: packed B, BAND_ROWS rows of A, and a strip of C. */
export function outerProduct(begin: i32, end: i32, job: OuterProductJob, scratch: usize): void {
  const down = (job.rows + job.unitRows - 1) / job.unitRows;
  const descends = !job.c && isPlainDescent(job);
  const scale: f32 = descends ? -job.learningRate : 1;
  let packed = -1;
  for (let unit = begin; unit < end; unit++) {
    const band = unit / down;
    const row = (unit - band * down) * job.unitRows;
    const column = band * job.unitColumns;
    const columns = min(job.unitColumns, job.columns - column);
    if (band !== packed) packPanels(job.b + column * 4, job.columns * 4, 4, columns, job.steps, scratch);
    packed = band;
    const rows = scratch + ((columns + PANEL - 1) / PANEL) * PANEL * job.steps * 4;
    const strip = rows + BAND_ROWS * job.steps * 4;
    const limit = min(row + job.unitRows, job.rows);
    for (let first = row; first < limit; first += BAND_ROWS) {
      const band = min(BAND_ROWS, limit - first);
      for (let s = 0; s < job.steps; s++)
        copyScaled(rows + s * band * 4, job.a + (s * job.rows + first) * 4, band, scale);
      for (let r = 0; r < band; r += ROWS) {
        const a = rows + r * 4;
        const used = min(ROWS, band - r);
        const at = ((first + r) * job.columns + column) * 4;
        if (job.c) addRows(job, a, band * 4, job.c + at, used, columns, scratch, strip, TOUCH);
        else if (descends)
          addRows(job, a, band * 4, job.variable + at, used, columns, scratch, strip, TOUCH | ACCUMULATE);
        else updateRows(job, a, band * 4, at, used, columns, scratch, strip);
      }
    }
  }
}

/** Copies values, each multiplied by a number. */
function copyScaled(to: usize, from: usize, count: i32, scale: f32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + i * 4, f32x4.mul(v128.load(from + i * 4), f32x4.splat(scale)));
  for (; i < count; i++) store<f32>(to + i * 4, load<f32>(from + i * 4) * scale);
}

/** Makes some rows of C: stored, or added to what is there. */
function addRows(
  job: OuterProductJob,
  a: usize,
  aStep: usize,
  c: usize,
  rows: i32,
  columns: i32,
  packed: usize,
  strip: usize,
  flags: i32,
): void {
  const cRow = job.columns * 4;
  const panels = columns / PANEL;
  const whole = panels * PANEL;
  const panelBytes = job.steps * PANEL * 4;
  panelsOfRows(rows, panels, a, 4, aStep, packed, PANEL * 4, panelBytes, job.steps, c, cRow, PANEL * 4, flags);
  if (whole === columns) return;
  panelsOfRows(rows, 1, a, 4, aStep, packed + panels * panelBytes, PANEL * 4, 0, job.steps, strip, PANEL * 4, 0, 0);
  finishColumns(strip, PANEL * 4, rows, columns - whole, c + whole * 4, cRow, 0, flags & ACCUMULATE);
}

/** Makes some rows of C, a strip at a time, each used up by the optimizer while it is still in the level-1 cache. */
function updateRows(
  job: OuterProductJob,
  a: usize,
  aStep: usize,
  at: usize,
  rows: i32,
  columns: i32,
  packed: usize,
  strip: usize,
): void {
  const stripRow = job.stripColumns * 4;
  const panelBytes = job.steps * PANEL * 4;
  const row = job.columns * 4;
  for (let j = 0; j < columns; j += job.stripColumns, at += stripRow) {
    const used = min(job.stripColumns, columns - j);
    const panels = (used + PANEL - 1) / PANEL;
    const b = packed + (j / PANEL) * panelBytes;
    touchRows(job, at, rows, used * 4);
    panelsOfRows(rows, panels, a, 4, aStep, b, PANEL * 4, panelBytes, job.steps, strip, stripRow, PANEL * 4, 0);
    for (let i = 0; i < rows; i++) {
      const to = at + i * row;
      stepValues(job, job.variable + to, strip + i * stripRow, job.state0 + to, job.state1 + to, used);
    }
  }
}

/** Reads a value of every cache line that the optimizer will change, so that they arrive while the sums are made. */
function touchRows(job: OuterProductJob, at: usize, rows: i32, bytes: i32): void {
  for (let i = 0; i < rows; i++, at += job.columns * 4) {
    for (let k = 0; k < bytes; k += 64) {
      touch(job.variable + at + k, 0);
      if (job.state0) touch(job.state0 + at + k, 0);
      if (job.state1) touch(job.state1 + at + k, 0);
    }
  }
}
