import { ACCUMULATE, BIAS, clearFloats, finishColumns, multiplyAdd, RELU } from './simd';
import { dot1x1, dot1x3, dot2x1, dot2x3, dot3x1, dot3x3, keepDotSumsAt, PANEL, rowsBy } from './tiles';

/**
 * C = A * B of one or more pairs of matrices.
 *
 * A's value in row r at step s is at a + r * aRow + s * aStep, B's at step s in column j at b + s * bStep + j * bColumn. The values of
 * a row of C follow each other. The matrices of the pairs are aMatrix, bMatrix and cMatrix bytes apart.
 */
@unmanaged
export class MatMulJob {
  a: usize;
  aRow: usize;
  aStep: usize;
  aMatrix: usize;
  b: usize;
  bStep: usize;
  bColumn: usize;
  bMatrix: usize;
  c: usize;
  cRow: usize;
  cMatrix: usize;
  bias: usize;
  flags: i32;
  rows: i32;
  columns: i32;
  steps: i32;
  /** How the work is cut: rows, columns and steps of one unit, and the steps that are packed at a time. */
  unitRows: i32;
  unitColumns: i32;
  unitSteps: i32;
  packedSteps: i32;
  /** Where units have only some of the steps: bytes from the sums of the first steps to those of the next, in place of C. */
  partBytes: usize;
}

/** Steps of a dot product taken at a time: three columns of B stay in the level-1 cache for all rows of A. */
const DOT_STEPS: i32 = 1024;

/** Up to this many rows of A, packing B costs more than it saves. */
const FEW_ROWS: i32 = 2;

/** The part of a product that one unit makes. */
@unmanaged
export class Part {
  a: usize;
  b: usize;
  c: usize;
  bias: usize;
  flags: i32;
  rows: i32;
  columns: i32;
  steps: i32;
}

/**
 * Multiplies. Units: pairs of matrices, times bands of rows, times bands of columns, times bands of steps. Scratch: the part, packedSteps steps of
 * unitColumns, and a panel of sums.
 */
export function matMul(begin: i32, end: i32, job: MatMulJob, scratch: usize): void {
  const down = (job.rows + job.unitRows - 1) / job.unitRows;
  const across = (job.columns + job.unitColumns - 1) / job.unitColumns;
  const deep = (job.steps + job.unitSteps - 1) / job.unitSteps;
  const part = changetype<Part>(scratch);
  keepDotSumsAt(scratch + offsetof<Part>());
  for (let unit = begin; unit < end; unit++) {
    const band = unit / deep;
    const pair = band / (down * across);
    const place = band - pair * down * across;
    const row = (place / across) * job.unitRows;
    const column = (place % across) * job.unitColumns;
    const depth = unit - band * deep;
    const step = depth * job.unitSteps;
    part.rows = min(job.unitRows, job.rows - row);
    part.columns = min(job.unitColumns, job.columns - column);
    part.steps = min(job.unitSteps, job.steps - step);
    part.a = job.a + pair * job.aMatrix + row * job.aRow + step * job.aStep;
    part.b = job.b + pair * job.bMatrix + column * job.bColumn + step * job.bStep;
    part.c = job.c + pair * job.cMatrix + row * job.cRow + column * 4 + depth * job.partBytes;
    part.bias = job.bias + column * 4;
    part.flags = job.flags;
    if (job.aStep === 4 && job.bStep === 4) dots(job, part);
    else if (part.rows <= FEW_ROWS && job.bColumn === 4) combineRows(job, part);
    else panels(job, part, scratch + offsetof<Part>());
  }
}

/** Multiplies in the general way: columns of B are copied into panels, so that the tiles read them one vector after the other. */
function panels(job: MatMulJob, part: Part, packed: usize): void {
  const aRow = job.aRow;
  const aStep = job.aStep;
  const cRow = job.cRow;
  const rows = part.rows;
  const columns = part.columns;
  const whole = (columns / PANEL) * PANEL;
  for (let from = 0; from < part.steps; from += job.packedSteps) {
    const steps = min(job.packedSteps, part.steps - from);
    const flags = passFlags(part, from, steps);
    const a = part.a + from * aStep;
    packPanels(part.b + from * job.bStep, job.bStep, job.bColumn, columns, steps, packed);
    let panel = packed;
    for (let j = 0; j < whole; j += PANEL, panel += steps * PANEL * 4) {
      rowsBy(
        PANEL,
        rows,
        a,
        aRow,
        aStep,
        panel,
        PANEL * 4,
        1,
        steps,
        0,
        0,
        part.c + j * 4,
        cRow,
        part.bias + j * 4,
        flags,
      );
    }
    if (whole < columns) {
      const sums = panel + steps * PANEL * 4;
      rowsBy(PANEL, rows, a, aRow, aStep, panel, PANEL * 4, 1, steps, 0, 0, sums, PANEL * 4, 0, 0);
      finishColumns(sums, PANEL * 4, rows, columns - whole, part.c + whole * 4, cRow, part.bias + whole * 4, flags);
    }
  }
}

/** Says what to do with the sums of some of the steps: add to earlier ones, and finish after the last. */
function passFlags(part: Part, from: i32, steps: i32): i32 {
  return (
    (from > 0 ? ACCUMULATE : part.flags & ACCUMULATE) | (from + steps === part.steps ? part.flags & (BIAS | RELU) : 0)
  );
}

/** Lays columns of B out as panels [step][PANEL], one after the other; the last one is filled up with zeros. */
export function packPanels(b: usize, bStep: usize, bColumn: usize, columns: i32, steps: i32, to: usize): void {
  const whole = bColumn === 4 ? columns / PANEL : 0;
  const panelBytes = steps * PANEL * 4;
  for (let step = 0; step < steps; step++, b += bStep, to += PANEL * 4) {
    let from = b;
    let at = to;
    for (let panel = 0; panel < whole; panel++, from += PANEL * 4, at += panelBytes) {
      for (let j = 0; j < PANEL; j += 4) v128.store(at + j * 4, v128.load(from + j * 4));
    }
    for (let j = whole * PANEL; j < columns; j += PANEL, at += panelBytes) {
      for (let k = 0; k < PANEL; k++, from += bColumn) store<f32>(at + k * 4, j + k < columns ? load<f32>(from) : 0);
    }
  }
}

/** Makes dot products, without packing anything, where the steps of both A and B follow each other (B is transposed). */
function dots(job: MatMulJob, part: Part): void {
  const aRow = job.aRow;
  const bRow = job.bColumn;
  const cRow = job.cRow;
  const columns = part.columns;
  const bias = part.bias;
  const whole = part.rows / 3;
  const rest = part.rows - whole * 3;
  for (let from = 0; from < part.steps; from += DOT_STEPS) {
    const steps = min(DOT_STEPS, part.steps - from);
    const flags = passFlags(part, from, steps);
    const a0 = part.a + from * 4;
    const aRest = a0 + whole * 3 * aRow;
    let b0 = part.b + from * 4;
    let c0 = part.c;
    let j = 0;
    for (; j + 3 <= columns; j += 3, b0 += 3 * bRow, c0 += 12) {
      const cRest = c0 + whole * 3 * cRow;
      const d = bias + j * 4;
      dot3x3(a0, aRow, b0, bRow, 1, steps, 0, 0, c0, cRow, d, flags, whole, 3 * aRow, 0, 3 * cRow);
      if (rest === 2) dot2x3(aRest, aRow, b0, bRow, 1, steps, 0, 0, cRest, cRow, d, flags, 1, 0, 0, 0);
      if (rest === 1) dot1x3(aRest, aRow, b0, bRow, 1, steps, 0, 0, cRest, cRow, d, flags, 1, 0, 0, 0);
    }
    for (; j < columns; j++, b0 += bRow, c0 += 4) {
      const cRest = c0 + whole * 3 * cRow;
      const d = bias + j * 4;
      dot3x1(a0, aRow, b0, bRow, 1, steps, 0, 0, c0, cRow, d, flags, whole, 3 * aRow, 0, 3 * cRow);
      if (rest === 2) dot2x1(aRest, aRow, b0, bRow, 1, steps, 0, 0, cRest, cRow, d, flags, 1, 0, 0, 0);
      if (rest === 1) dot1x1(aRest, aRow, b0, bRow, 1, steps, 0, 0, cRest, cRow, d, flags, 1, 0, 0, 0);
    }
  }
}

/** Adds, for one or two rows of A, rows of B, four at a time, so that B streams through once. */
function combineRows(job: MatMulJob, part: Part): void {
  const bRow = job.bStep;
  const aStep = job.aStep;
  const columns = part.columns;
  const b = part.b;
  let a = part.a;
  let c = part.c;
  const vectors: usize = (columns >> 2) << 4;
  const end: usize = columns << 2;
  for (let row = 0; row < part.rows; row++, a += job.aRow, c += job.cRow) {
    if (!(part.flags & ACCUMULATE)) clearFloats(c, columns);
    let s = 0;
    let from = b;
    let value = a;
    for (; s + 4 <= part.steps; s += 4, from += 4 * bRow, value += 4 * aStep) {
      const a0 = load<f32>(value);
      const a1 = load<f32>(value + aStep);
      const a2 = load<f32>(value + 2 * aStep);
      const a3 = load<f32>(value + 3 * aStep);
      const v0 = f32x4.splat(a0);
      const v1 = f32x4.splat(a1);
      const v2 = f32x4.splat(a2);
      const v3 = f32x4.splat(a3);
      const r1 = from + bRow;
      const r2 = r1 + bRow;
      const r3 = r2 + bRow;
      let j: usize = 0;
      for (; j < vectors; j += 16) {
        let sum = multiplyAdd(v0, v128.load(from + j), v128.load(c + j));
        sum = multiplyAdd(v1, v128.load(r1 + j), sum);
        sum = multiplyAdd(v2, v128.load(r2 + j), sum);
        v128.store(c + j, multiplyAdd(v3, v128.load(r3 + j), sum));
      }
      for (; j < end; j += 4) {
        store<f32>(
          c + j,
          load<f32>(c + j) +
            a0 * load<f32>(from + j) +
            a1 * load<f32>(r1 + j) +
            a2 * load<f32>(r2 + j) +
            a3 * load<f32>(r3 + j),
        );
      }
    }
    for (; s < part.steps; s++, from += bRow, value += aStep) {
      const a0 = load<f32>(value);
      for (let j: usize = 0; j < end; j += 4) store<f32>(c + j, load<f32>(c + j) + a0 * load<f32>(from + j));
    }
    finishColumns(c, 0, 1, columns, c, 0, part.bias, part.flags & (BIAS | RELU));
  }
}
