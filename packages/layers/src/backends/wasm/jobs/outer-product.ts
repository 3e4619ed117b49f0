/** Divides outer products into jobs for the side module (assembly/outer-product.ts). */
import { BAND_ROWS, SGD, type StepRule } from '../assembly/dist/jobs';
import type { Engine } from '../runtime/engine';

/** transpose(a) * b in pointers: a is [steps, rows], b is [steps, columns]. */
export interface OuterProductSizes {
  a: number;
  b: number;
  steps: number;
  rows: number;
  columns: number;
}

/** The data that an optimizer changes, and its rule. */
export interface Update {
  variable: number;
  state0: number;
  state1: number;
  rule: StepRule;
}

/** A rule that changes nothing: the parameters that a kind of rule does not use. */
export const emptyRule: StepRule = {
  kind: SGD,
  learningRate: 0,
  momentum: 0,
  gradientWeight: 0,
  nesterov: 0,
  weightDecay: 0,
  beta1: 0,
  rest1: 0,
  beta2: 0,
  rest2: 0,
  epsilon: 0,
  l2: 0,
  keep: 0,
  stepSize: 0,
  inverseRootCorrection2: 0,
};

/** Size in bytes of packed B: well inside a level-2 cache. */
const packedBytes = 384 << 10;

/** Panels of sums that are passed to the optimizer together. */
const stripPanels = 16;

/** Units of work per thread. */
const unitsPerThread = 4;

/** Writes the product. */
export function storeOuterProduct(engine: Engine, sizes: OuterProductSizes, to: number): void {
  run(engine, sizes, to, { variable: 0, state0: 0, state1: 0, rule: emptyRule });
}

/** Lets an optimizer use the product as the gradient of its variable, without storing it. */
export function updateByOuterProduct(engine: Engine, sizes: OuterProductSizes, update: Update): void {
  run(engine, sizes, 0, update);
}

function run(engine: Engine, sizes: OuterProductSizes, to: number, { rule, ...places }: Update): void {
  const { steps, rows, columns } = sizes;
  const panels = Math.ceil(columns / engine.panel);
  const unitPanels = Math.max(1, Math.min(panels, Math.floor(packedBytes / (Math.max(steps, 1) * engine.panel * 4))));
  const across = Math.ceil(panels / unitPanels);
  const down = Math.max(1, Math.ceil((unitsPerThread * engine.threads) / across));
  const unitRows = Math.ceil(Math.ceil(rows / down) / BAND_ROWS) * BAND_ROWS;
  const unitColumns = unitPanels * engine.panel;
  const stripColumns = stripPanels * engine.panel;
  const units = across * Math.ceil(rows / unitRows);
  const scratchBytes = (unitColumns * steps + BAND_ROWS * steps + engine.panel * stripColumns) * 4;
  engine.run(
    'outerProduct',
    { units, scratchBytes },
    { ...rule, ...sizes, c: to, ...places, unitRows, unitColumns, stripColumns },
  );
}
