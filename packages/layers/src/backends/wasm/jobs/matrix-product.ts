/** Divides matrix products into jobs for the side module (assembly/matmul.ts). */
import { DOT_SUM_BYTES, part } from '../assembly/dist/jobs';
import type { Engine } from '../runtime/engine';
import { flagsOf } from './convolution-job';
import { storeOuterProduct } from './outer-product';

/** C = A * B for pairs of matrices, all stored row by row. */
export interface MatrixProduct {
  pairs: number;
  /** Rows and columns of C, and the length of the sums. */
  rows: number;
  columns: number;
  steps: number;
  /** `transposed`: stored as [steps, rows]. */
  a: Operand;
  /** `transposed`: stored as [columns, steps]. */
  b: Operand;
  c: number;
  /** Distance in bytes between rows of C, if there are gaps. */
  cRow?: number;
  /** Where the bias is, one value per column. */
  bias?: number;
  relu?: boolean;
}

/** One of the matrices of a product. */
interface Operand {
  at: number;
  transposed: boolean;
  /** Distance in bytes to the next pair's matrix, 0 if all pairs share it. */
  matrix: number;
  /** Distance in bytes between stored rows, if there are gaps. */
  row?: number;
}

/** Runs a matrix product on all threads. */
export function runMatMul(engine: Engine, product: MatrixProduct): void {
  const { pairs, rows, columns, steps, a, b, c } = product;
  const hasGaps = (a.row ?? b.row ?? product.cRow) !== undefined;
  if (steps === 0) engine.floats(c, pairs * rows * columns).fill(0);
  else if (
    !hasGaps &&
    a.transposed &&
    !b.transposed &&
    steps <= fewSteps &&
    pairs === 1 &&
    !product.bias &&
    !product.relu
  ) {
    storeOuterProduct(engine, { a: a.at, b: b.at, steps, rows, columns }, c);
  } else if (streams(product)) runInParts(engine, product);
  else run(engine, product, c, cutByColumns(engine, product));
}

/** Sums of up to this many products are better computed as outer products. */
const fewSteps = 512;

/** Units of work per thread: enough that one that is late costs little. */
const unitsPerThread = 4;

/** How a product is divided: fields of MatMulJob in assembly/matmul.ts. */
interface Cut {
  unitRows: number;
  unitColumns: number;
  unitSteps: number;
  packedSteps: number;
  partBytes: number;
}

function run(engine: Engine, product: MatrixProduct, to: number, cut: Cut): void {
  const { pairs, rows, columns, steps, a, b, bias = 0, cRow = columns * 4 } = product;
  const aRow = a.row ?? (a.transposed ? rows : steps) * 4;
  const bRow = b.row ?? (b.transposed ? steps : columns) * 4;
  const units =
    Math.ceil(rows / cut.unitRows) * Math.ceil(columns / cut.unitColumns) * Math.ceil(steps / cut.unitSteps);
  const panels = Math.ceil(cut.unitColumns / engine.panel) * engine.panel;
  const packed = (cut.packedSteps * panels + cut.unitRows * engine.panel) * 4;
  engine.run(
    'matMul',
    { units: pairs * units, scratchBytes: part.bytes + DOT_SUM_BYTES + packed },
    {
      a: a.at,
      aRow: a.transposed ? 4 : aRow,
      aStep: a.transposed ? aRow : 4,
      aMatrix: a.matrix,
      b: b.at,
      bStep: b.transposed ? 4 : bRow,
      bColumn: b.transposed ? bRow : 4,
      bMatrix: b.matrix,
      c: to,
      cRow,
      cMatrix: rows * columns * 4,
      bias,
      flags: flagsOf(product),
      rows,
      columns,
      steps,
      unitRows: cut.unitRows,
      unitColumns: cut.unitColumns,
      unitSteps: cut.unitSteps,
      packedSteps: cut.packedSteps,
      partBytes: cut.partBytes,
    },
  );
}

/** Steps of a packed panel of B: as many as fill half of a level-1 cache. */
const panelSteps = 400;

/** Bytes of packed panels: half of a level-2 cache. */
const packedPanelBytes = 512 << 10;

/** Minimum number of rows for a separate unit. */
const unitRowsWorthwhile = 48;

/** Units consist of columns in whole panels that fit the cache; of rows only if there are not enough columns. */
function cutByColumns(engine: Engine, { pairs, rows, columns, steps }: MatrixProduct): Cut {
  const units = engine.threads === 1 ? 1 : Math.ceil((unitsPerThread * engine.threads) / Math.max(pairs, 1));
  const packedSteps = Math.min(steps, panelSteps);
  const most = Math.max(1, Math.floor(packedPanelBytes / (packedSteps * engine.panel * 4)));
  const panels = Math.ceil(columns / engine.panel);
  const across = Math.max(Math.ceil(panels / most), Math.min(units, panels));
  const down = Math.min(Math.ceil(units / across), Math.ceil(rows / unitRowsWorthwhile));
  const unitColumns = Math.ceil(panels / across) * engine.panel;
  return { unitRows: Math.ceil(rows / down), unitColumns, unitSteps: steps, packedSteps, partBytes: 0 };
}

/** From this size on, B does not stay in a level-2 cache. */
const largeBytes = 2 << 20;

/** Up to this many rows of A, reading B takes as long as computing. */
const rowsBesideLarge = 512;

/**
 * Tells whether reading B takes most of the time: then its rows are best read completely, one after the other, as suits memory, and threads
 * share the steps instead of the columns.
 */
function streams({ pairs, rows, columns, steps, a, b }: MatrixProduct): boolean {
  const packs = !b.transposed && rows > 2 && !a.transposed;
  return pairs === 1 && packs && rows <= rowsBesideLarge && steps * columns * 4 >= largeBytes;
}

/** Parts of the steps with their own sums. The number is fixed, so that the result does not depend on the number of threads. */
const partCount = 8;

/** Size in bytes of packed whole rows of B that suits the caches, the minimum number of steps packed at a time, and their maximum size. */
const packedRowsBytes = 1 << 20;
const leastSteps = 96;
const mostSteps = 160;
const mostPackedBytes = 4 << 20;

function runInParts(engine: Engine, product: MatrixProduct): void {
  const { rows, columns, steps } = product;
  const unitSteps = Math.ceil(steps / partCount);
  const parts = Math.ceil(steps / unitSteps);
  const bands = Math.ceil((leastSteps * columns * 4) / mostPackedBytes);
  const unitColumns = Math.ceil(columns / bands / engine.panel) * engine.panel;
  const suitable = Math.min(mostSteps, Math.max(leastSteps, packedRowsBytes / (unitColumns * 4)));
  const packedSteps = Math.ceil(unitSteps / Math.max(1, Math.round(unitSteps / suitable)));
  const partBytes = rows * columns * 4;
  engine.withMemory(parts * partBytes, (sums) => {
    const unfinished = { ...product, bias: 0, relu: false, cRow: undefined };
    run(engine, unfinished, sums, { unitRows: rows, unitColumns, unitSteps, packedSteps, partBytes });
    engine.run(
      'sumChunks',
      { units: rows, chunk: Math.ceil(rows / (2 * unitsPerThread * engine.threads)) },
      {
        from: sums,
        chunkBytes: partBytes,
        chunks: parts,
        fromColumns: columns,
        to: product.c,
        toColumns: columns,
        toRow: product.cRow ?? columns * 4,
        bias: product.bias ?? 0,
        flags: flagsOf(product),
      },
    );
  });
}
