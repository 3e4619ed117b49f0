/** Cuts matrix products into jobs for the side module (assembly/matmul.ts). */
import { FLAGS } from './convolution';
import type { Engine } from './engine';

/** C = A * B for some pairs of matrices, all stored row by row without gaps. */
export interface MatrixProduct {
  pairs: number;
  /** Rows and columns of C, and the length of the sums. */
  rows: number;
  columns: number;
  steps: number;
  /** `transposed`: stored as [steps, rows]. `matrix`: bytes to the next pair's, 0 where all pairs share it. */
  a: { at: number; transposed: boolean; matrix: number };
  /** `transposed`: stored as [columns, steps]. */
  b: { at: number; transposed: boolean; matrix: number };
  c: number;
  /** Where the bias is, one value a column. */
  bias?: number;
  relu?: boolean;
}

/** Steps of a packed panel of B; assembly/matmul.ts packs that many at a time. */
const PANEL_STEPS = 400;

/** Bytes of packed panels: half of a level-2 cache. */
const PACKED_BYTES = 512 << 10;

/** Units of work for each thread: enough that one which comes late costs little. */
const UNITS_PER_THREAD = 4;

/** Runs a matrix product on all threads. */
export function runMatMul(
  engine: Engine,
  { pairs, rows, columns, steps, a, b, c, bias, relu = false }: MatrixProduct,
): void {
  if (steps === 0) {
    engine.floats(c, pairs * rows * columns).fill(0);
    return;
  }
  const [unitRows, unitColumns] = cut(engine, pairs, rows, columns, Math.min(steps, PANEL_STEPS));
  const panels = Math.ceil(unitColumns / engine.panel) * engine.panel;
  engine.run(
    'matMul',
    pairs * Math.ceil(rows / unitRows) * Math.ceil(columns / unitColumns),
    [
      ...[a.at, ...(a.transposed ? [4, rows * 4] : [steps * 4, 4]), a.matrix],
      ...[b.at, ...(b.transposed ? [4, steps * 4] : [columns * 4, 4]), b.matrix],
      ...[c, columns * 4, rows * columns * 4],
      ...[bias ?? 0, (bias ? FLAGS.BIAS : 0) | (relu ? FLAGS.RELU : 0), rows, columns, steps, unitRows, unitColumns],
    ],
    { scratchBytes: (Math.min(steps, PANEL_STEPS) * panels + unitRows * engine.panel) * 4 },
  );
}

/** Rows and columns of a unit: columns in whole panels as far as they fit the cache, rows only where there are not enough columns. */
function cut(engine: Engine, pairs: number, rows: number, columns: number, packedSteps: number): [number, number] {
  const units = engine.threads === 1 ? 1 : Math.ceil((UNITS_PER_THREAD * engine.threads) / Math.max(pairs, 1));
  const most = Math.max(1, Math.floor(PACKED_BYTES / (packedSteps * engine.panel * 4)));
  const panels = Math.ceil(columns / engine.panel);
  const across = Math.max(Math.ceil(panels / most), Math.min(units, panels));
  const down = Math.min(Math.ceil(units / across), Math.ceil(rows / 48));
  return [Math.ceil(rows / down), Math.ceil(panels / across) * engine.panel];
}
