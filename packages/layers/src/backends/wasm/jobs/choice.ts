/**
 * Products with a selection matrix: each of its first rows has at most one nonzero value, each in a different column, and the rest is
 * within a block of the last rows. The linear code of preset `transform` is like this: it keeps some coefficients unchanged, and mixes
 * others. Selecting takes a thousandth of the multiplications, and only the block is read of the matrix.
 */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Engine } from '../runtime/engine';
import { flagsOf } from './convolution-job';
import { type MatrixProduct, runMatMul } from './matrix-product';

/** For each column, the row of its value and the value, or 0 and 0; and for each row. */
interface Choice {
  readonly ofColumns: Chosen;
  readonly ofRows: Chosen;
  /** The part that does more than select, if any: values of the matrix from this row and column on. */
  readonly block?: Block;
}

interface Chosen {
  readonly from: Int32Array;
  readonly factors: Float32Array;
}

interface Block {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

/** Minimum number of values for which a matrix is examined. */
const leastValues = 1 << 16;

/** A block larger than this fraction of the matrix is not worth the selection. */
const largestBlock = 0.75;

/** Computes C = A * B, using the structure of B; `matrix` is the tensor of B. */
export function runMatMulBy(engine: Engine, product: MatrixProduct, matrix: TensorInfo): void {
  const { pairs, columns, steps, a, b } = product;
  const isLooked = pairs === 1 && !a.transposed && steps * columns >= leastValues;
  const choice = isLooked ? engine.finding(matrix, 'choice', () => findChoice(engine, matrix)) : undefined;
  if (!choice) {
    runMatMul(engine, product);
    return;
  }
  choose(engine, product, b.transposed ? choice.ofRows : choice.ofColumns);
  if (choice.block) runMatMul(engine, productOf(product, choice.block));
}

function choose(engine: Engine, product: MatrixProduct, { from, factors }: Chosen): void {
  const { rows, columns, steps } = product;
  engine.withMemory(8 * columns, (at) => {
    engine.fill(at, from);
    engine.fill(at + 4 * columns, factors);
    const { a, c: y, bias = 0 } = product;
    const job = { x: a.at, y, from: at, factors: at + 4 * columns, bias, flags: flagsOf(product), columns, steps };
    engine.run('choose', { units: rows }, job);
  });
}

/** Describes the product with only the block of B, which computes some columns of C from some of A. */
function productOf(product: MatrixProduct, block: Block): MatrixProduct {
  const { columns, steps, a, b, c, bias } = product;
  const rowOfB = (b.transposed ? steps : columns) * 4;
  const [firstStep, firstColumn] = b.transposed ? [block.column, block.row] : [block.row, block.column];
  const [ofSteps, ofColumns] = b.transposed ? [block.columns, block.rows] : [block.rows, block.columns];
  return {
    ...product,
    ...{ steps: ofSteps, columns: ofColumns },
    a: { ...a, at: a.at + firstStep * 4, row: steps * 4 },
    b: { ...b, at: b.at + block.row * rowOfB + block.column * 4, row: rowOfB },
    c: c + firstColumn * 4,
    cRow: columns * 4,
    bias: bias && bias + firstColumn * 4,
  };
}

/** Examines the values; for most matrices only the first two. */
function findChoice(engine: Engine, matrix: TensorInfo): Choice | undefined {
  const [rows, columns] = matrix.shape.slice(-2) as [number, number];
  const values = engine.floats(engine.pointer(matrix), util.sizeFromShape(matrix.shape));
  const ofColumns = { from: new Int32Array(columns), factors: new Float32Array(columns) };
  const ofRows = { from: new Int32Array(rows), factors: new Float32Array(rows) };
  for (let row = 0; row < rows; row++) {
    const place = onlyPlace(values, row * columns, columns);
    if (place === undefined) continue;
    const value = values[row * columns + place];
    if (place < 0 || ofColumns.factors[place] !== 0) {
      const block = row > 0 ? blockFrom(values, row, [rows, columns], ofColumns.factors) : undefined;
      return block && { ofColumns, ofRows, block };
    }
    [ofRows.from[row], ofRows.factors[row]] = [place, value];
    [ofColumns.from[place], ofColumns.factors[place]] = [row, value];
  }
  return { ofColumns, ofRows };
}

/** Returns the position of the only nonzero value of a row; -1 if there are several, undefined if there are none. */
function onlyPlace(values: Float32Array, start: number, columns: number): number | undefined {
  let place: number | undefined;
  for (let column = 0; column < columns; column++) {
    if (values[start + column] === 0) continue;
    if (place !== undefined) return -1;
    place = column;
  }
  return place;
}

/**
 * Finds the columns of what lies in the rows from one on; undefined if it is too much, or if some of them have already been selected from.
 */
function blockFrom(
  values: Float32Array,
  row: number,
  [rows, columns]: readonly [number, number],
  chosen: Float32Array,
): Block | undefined {
  let [first, last] = [columns, -1];
  for (let start = row * columns; start < values.length; start += columns) {
    for (let column = 0; column < first; column++) if (values[start + column] !== 0) first = column;
    for (let column = columns - 1; column > last; column--) if (values[start + column] !== 0) last = column;
  }
  const block = { row, column: first, rows: rows - row, columns: last + 1 - first };
  if (block.rows * block.columns > largestBlock * values.length) return undefined;
  return chosen.subarray(first, last + 1).every((factor) => factor === 0) ? block : undefined;
}
