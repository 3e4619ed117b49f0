/** Cuts outer products into jobs for the side module (assembly/outer-product.ts). */
import type { Argument, Engine } from '../runtime/engine';

/** transpose(a) * b in pointers: a is [steps, rows], b is [steps, columns]. */
export interface OuterProductSizes {
  a: number;
  b: number;
  steps: number;
  rows: number;
  columns: number;
}

/** Where an optimiser finds what it changes, and its rule as kernels/optimizers.ts writes it. */
export interface Update {
  variable: number;
  state: readonly [number, number];
  rule: readonly Argument[];
}

/** Bytes of packed B: well inside a level-2 cache. */
const PACKED_BYTES = 384 << 10;

/** Rows that assembly/outer-product.ts copies together. */
const BAND_ROWS = 48;

/** Panels of sums that wait for the optimiser together. */
const STRIP_PANELS = 16;

/** Units of work for each thread. */
const UNITS_PER_THREAD = 4;

/** Writes the product. */
export function storeOuterProduct(engine: Engine, sizes: OuterProductSizes, to: number): void {
  run(engine, sizes, [to, 0, 0, 0], []);
}

/** Lets an optimiser take the product as the gradient of its variable, without storing it. */
export function updateByOuterProduct(
  engine: Engine,
  sizes: OuterProductSizes,
  { variable, state, rule }: Update,
): void {
  run(engine, sizes, [0, variable, ...state], rule);
}

function run(
  engine: Engine,
  { a, b, steps, rows, columns }: OuterProductSizes,
  to: number[],
  rule: readonly Argument[],
): void {
  const panels = Math.ceil(columns / engine.panel);
  const unitPanels = Math.max(1, Math.min(panels, Math.floor(PACKED_BYTES / (Math.max(steps, 1) * engine.panel * 4))));
  const across = Math.ceil(panels / unitPanels);
  const down = Math.max(1, Math.ceil((UNITS_PER_THREAD * engine.threads) / across));
  const unitRows = Math.ceil(Math.ceil(rows / down) / BAND_ROWS) * BAND_ROWS;
  const stripColumns = STRIP_PANELS * engine.panel;
  engine.run(
    'outerProduct',
    across * Math.ceil(rows / unitRows),
    [a, b, steps, rows, columns, ...to, unitRows, unitPanels * engine.panel, stripColumns, ...rule],
    { scratchBytes: (unitPanels * engine.panel * steps + BAND_ROWS * steps + engine.panel * stripColumns) * 4 },
  );
}
