import { packPanels } from './matmul';
import { StepRule, stepValues } from './optimizers';
import { TOUCH, copyFloats, finishColumns } from './simd';
import { PANEL, ROWS, rowsBy } from './tiles';

/**
 * C = transpose(A) * B with few steps and a large C: the gradient of a dense layer's kernel, steps being the images of a batch. Either
 * it is stored, or used up at once by an optimiser, which saves writing and reading it.
 */
@unmanaged
export class OuterProductJob {
  /** [steps][rows] and [steps][columns]. */
  a: usize; b: usize; steps: i32; rows: i32; columns: i32;
  /** The gradient; or 0, and the variable with the optimiser's state. All [rows][columns]. */
  c: usize; variable: usize; state0: usize; state1: usize;
  /** How the work is cut. unitColumns: as many as fit the caches when packed; stripColumns: as many as wait for the optimiser. */
  unitRows: i32; unitColumns: i32; stripColumns: i32;
  /** Follows in the block of arguments. */
  get rule(): StepRule { return changetype<StepRule>(changetype<usize>(this) + offsetof<OuterProductJob>()); }
}

/** Rows whose values of A are copied together, so that the tiles don't go through all of A for each panel of B. */
const BAND_ROWS: i32 = 48;

/** Units: bands of columns times bands of rows. Scratch: packed B, BAND_ROWS rows of A, and a strip of C. */
export function outerProduct(begin: i32, end: i32, job: OuterProductJob, scratch: usize): void {
  const down = (job.rows + job.unitRows - 1) / job.unitRows;
  let packed = -1;
  for (let unit = begin; unit < end; unit++) {
    const band = unit / down, row = (unit - band * down) * job.unitRows, column = band * job.unitColumns;
    const columns = min(job.unitColumns, job.columns - column);
    if (band != packed) packPanels(job.b + column * 4, job.columns * 4, 4, columns, job.steps, scratch);
    packed = band;
    const rows = scratch + ((columns + PANEL - 1) / PANEL) * PANEL * job.steps * 4, strip = rows + BAND_ROWS * job.steps * 4;
    const behind = min(row + job.unitRows, job.rows);
    for (let first = row; first < behind; first += BAND_ROWS) {
      const band = min(BAND_ROWS, behind - first);
      for (let s = 0; s < job.steps; s++) copyFloats(rows + s * band * 4, job.a + (s * job.rows + first) * 4, band);
      for (let r = 0; r < band; r += ROWS) {
        const a = rows + r * 4, used = min(ROWS, band - r);
        if (job.c) storeRows(job, a, band * 4, first + r, used, column, columns, scratch, strip);
        else updateRows(job, a, band * 4, first + r, used, column, columns, scratch, strip);
      }
    }
  }
}

/** Some rows of C, stored. */
function storeRows(
  job: OuterProductJob, a: usize, aStep: usize, r: i32, rows: i32, column: i32, columns: i32, packed: usize, strip: usize,
): void {
  const cRow = job.columns * 4, whole = columns / PANEL * PANEL;
  let c = job.c + r * cRow + column * 4, panel = packed;
  for (let j = 0; j < whole; j += PANEL, c += PANEL * 4, panel += job.steps * PANEL * 4) {
    rowsBy(PANEL, rows, a, 4, aStep, panel, PANEL * 4, 1, job.steps, 0, 0, c, cRow, 0, TOUCH);
  }
  if (whole < columns) {
    rowsBy(PANEL, rows, a, 4, aStep, panel, PANEL * 4, 1, job.steps, 0, 0, strip, PANEL * 4, 0, 0);
    finishColumns(strip, PANEL * 4, rows, columns - whole, c, cRow, 0, 0);
  }
}

/** Some rows of C, a strip at a time, each used up by the optimiser while it is still in the level-1 cache. */
function updateRows(
  job: OuterProductJob, a: usize, aStep: usize, r: i32, rows: i32, column: i32, columns: i32, packed: usize, strip: usize,
): void {
  const stripRow = job.stripColumns * 4;
  let panel = packed;
  for (let j = 0; j < columns; j += job.stripColumns) {
    const used = min(job.stripColumns, columns - j), at = (r * job.columns + column + j) * 4;
    for (let k = 0; k < used; k += PANEL, panel += job.steps * PANEL * 4) {
      touchRows(job, at + k * 4, rows);
      rowsBy(PANEL, rows, a, 4, aStep, panel, PANEL * 4, 1, job.steps, 0, 0, strip + k * 4, stripRow, 0, 0);
    }
    for (let i = 0; i < rows; i++) {
      const to = at + i * job.columns * 4;
      stepValues(job.rule, job.variable + to, strip + i * stripRow, job.state0 + to, job.state1 + to, used);
    }
  }
}

let touched: i32 = 0;

/** Reads what the optimiser will change under one panel, so that the cache lines arrive while its sums are made. */
function touchRows(job: OuterProductJob, at: usize, rows: i32): void {
  const row = job.columns * 4;
  for (let i = 0; i < rows; i++, at += row) {
    touched |= load<i32>(job.variable + at);
    if (job.state0) touched |= load<i32>(job.state0 + at);
    if (job.state1) touched |= load<i32>(job.state1 + at);
  }
}
