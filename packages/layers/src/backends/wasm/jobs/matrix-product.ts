/** Cuts matrix products into jobs for the side module (assembly/matmul.ts). */

import { type Engine, TILE_BYTES } from '../runtime/engine';
import { finishing } from './convolution-job';
import { storeOuterProduct } from './outer-product';

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

/** Runs a matrix product on all threads. */
export function runMatMul(engine: Engine, product: MatrixProduct): void {
  const { pairs, rows, columns, steps, a, b, c } = product;
  if (steps === 0) engine.floats(c, pairs * rows * columns).fill(0);
  else if (a.transposed && !b.transposed && steps <= FEW_STEPS && pairs === 1 && !product.bias && !product.relu) {
    storeOuterProduct(engine, { a: a.at, b: b.at, steps, rows, columns }, c);
  } else if (streams(product)) runInParts(engine, product);
  else run(engine, product, c, cutByColumns(engine, product), finishing(product));
}

/** Sums of up to this many products are rather an outer product. */
const FEW_STEPS = 512;

/** Units of work for each thread: enough that one which comes late costs little. */
const UNITS_PER_THREAD = 4;

/** How a product is cut, in the order of the fields of MatMulJob in assembly/matmul.ts. */
interface Cut {
  unitRows: number;
  unitColumns: number;
  unitSteps: number;
  packedSteps: number;
  partBytes: number;
}

function run(
  engine: Engine,
  { pairs, rows, columns, steps, a, b }: MatrixProduct,
  to: number,
  cut: Cut,
  finish: [bias: number, flags: number],
): void {
  const units =
    Math.ceil(rows / cut.unitRows) * Math.ceil(columns / cut.unitColumns) * Math.ceil(steps / cut.unitSteps);
  const panels = Math.ceil(cut.unitColumns / engine.panel) * engine.panel;
  engine.run(
    'matMul',
    pairs * units,
    [
      ...[a.at, ...(a.transposed ? [4, rows * 4] : [steps * 4, 4]), a.matrix],
      ...[b.at, ...(b.transposed ? [4, steps * 4] : [columns * 4, 4]), b.matrix],
      ...[to, columns * 4, rows * columns * 4, ...finish, rows, columns, steps],
      ...[cut.unitRows, cut.unitColumns, cut.unitSteps, cut.packedSteps, cut.partBytes],
    ],
    { scratchBytes: PART_BYTES + TILE_BYTES + (cut.packedSteps * panels + cut.unitRows * engine.panel) * 4 },
  );
}

/** Bytes of the Part in assembly/matmul.ts. */
const PART_BYTES = 64;

/** Steps of a packed panel of B: so many that it fills half of a level-1 cache. */
const PANEL_STEPS = 400;

/** Bytes of packed panels: half of a level-2 cache. */
const PACKED_BYTES = 512 << 10;

/** Rows are worth a unit of their own from this many on. */
const UNIT_ROWS = 48;

/** Units of columns in whole panels as far as they fit the cache; of rows only where there are not enough columns. */
function cutByColumns(engine: Engine, { pairs, rows, columns, steps }: MatrixProduct): Cut {
  const units = engine.threads === 1 ? 1 : Math.ceil((UNITS_PER_THREAD * engine.threads) / Math.max(pairs, 1));
  const packedSteps = Math.min(steps, PANEL_STEPS);
  const most = Math.max(1, Math.floor(PACKED_BYTES / (packedSteps * engine.panel * 4)));
  const panels = Math.ceil(columns / engine.panel);
  const across = Math.max(Math.ceil(panels / most), Math.min(units, panels));
  const down = Math.min(Math.ceil(units / across), Math.ceil(rows / UNIT_ROWS));
  const unitColumns = Math.ceil(panels / across) * engine.panel;
  return { unitRows: Math.ceil(rows / down), unitColumns, unitSteps: steps, packedSteps, partBytes: 0 };
}

/** From this size on B does not stay in a level-2 cache. */
const LARGE_BYTES = 2 << 20;

/** Up to this many rows of A, reading B takes as long as computing. */
const ROWS_BESIDE_LARGE = 512;

/**
 * Whether reading B is what takes the time: then its rows are best read whole, one behind the other, as memory likes it, and threads
 * share the steps instead of the columns.
 */
function streams({ pairs, rows, columns, steps, a, b }: MatrixProduct): boolean {
  const packs = !b.transposed && rows > 2 && !a.transposed;
  return pairs === 1 && packs && rows <= ROWS_BESIDE_LARGE && steps * columns * 4 >= LARGE_BYTES;
}

/** Parts of the steps with sums of their own. A fixed number, so that the result does not depend on the threads. */
const PARTS = 8;

/** Bytes of packed whole rows of B that suit the caches, the steps that are packed at a time in any case, and most bytes of them. */
const PACKED_ROWS_BYTES = 1 << 20;
const LEAST_STEPS = 96;
const MOST_STEPS = 160;
const MOST_PACKED_BYTES = 4 << 20;

function runInParts(engine: Engine, product: MatrixProduct): void {
  const { rows, columns, steps } = product;
  const unitSteps = Math.ceil(steps / PARTS);
  const parts = Math.ceil(steps / unitSteps);
  const bands = Math.ceil((LEAST_STEPS * columns * 4) / MOST_PACKED_BYTES);
  const unitColumns = Math.ceil(columns / bands / engine.panel) * engine.panel;
  const suitable = Math.min(MOST_STEPS, Math.max(LEAST_STEPS, PACKED_ROWS_BYTES / (unitColumns * 4)));
  const packedSteps = Math.ceil(unitSteps / Math.max(1, Math.round(unitSteps / suitable)));
  const partBytes = rows * columns * 4;
  engine.withMemory(parts * partBytes, (sums) => {
    run(engine, product, sums, { unitRows: rows, unitColumns, unitSteps, packedSteps, partBytes }, [0, 0]);
    const args = [sums, partBytes, parts, columns, product.c, columns, ...finishing(product)];
    engine.run('sumChunks', rows, args, { chunk: Math.ceil(rows / (2 * UNITS_PER_THREAD * engine.threads)) });
  });
}
