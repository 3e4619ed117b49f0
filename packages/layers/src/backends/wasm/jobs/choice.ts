/**
 * Products with a matrix that only chooses: no row and no column of it has more than one value other than 0, as the linear code of preset
 * `transform` that keeps some coefficients. Choosing takes a thousandth of the multiplications, and does not read the matrix.
 */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Engine } from '../runtime/engine';
import { flagsOf } from './convolution-job';
import type { MatrixProduct } from './matrix-product';

/** For each column the row of its value and the value, or 0 and 0; and for each row. */
interface Choice {
  readonly ofColumns: Chosen;
  readonly ofRows: Chosen;
}

interface Chosen {
  readonly from: Int32Array;
  readonly factors: Float32Array;
}

/** From so many values on, a matrix is looked at. */
const leastValues = 1 << 16;

/** Makes C = A * B by choosing, where B is such a matrix; returns false where it is not. */
export function choose(engine: Engine, product: MatrixProduct, matrix: TensorInfo): boolean {
  const { pairs, rows, columns, steps, a, b } = product;
  if (pairs !== 1 || a.transposed || steps * columns < leastValues) return false;
  const choice = choiceOf(engine, matrix);
  if (!choice) return false;
  const { from, factors } = b.transposed ? choice.ofRows : choice.ofColumns;
  engine.withMemory(8 * columns, (at) => {
    engine.bytes(at, 4 * columns).set(new Uint8Array(from.buffer));
    engine.floats(at + 4 * columns, columns).set(factors);
    const lists = { from: at, factors: at + 4 * columns };
    engine.run(
      'choose',
      { units: rows },
      { x: a.at, y: product.c, ...lists, bias: product.bias ?? 0, flags: flagsOf(product), columns, steps },
    );
  });
  return true;
}

function choiceOf(engine: Engine, matrix: TensorInfo): Choice | undefined {
  return engine.finding(matrix, 'choice', () => findChoice(engine, matrix));
}

/** Looks at the values until a row or a column has two. */
function findChoice(engine: Engine, matrix: TensorInfo): Choice | undefined {
  const [rows, columns] = matrix.shape.slice(-2) as [number, number];
  const values = engine.floats(engine.pointer(matrix), util.sizeFromShape(matrix.shape));
  const ofColumns = { from: new Int32Array(columns), factors: new Float32Array(columns) };
  const ofRows = { from: new Int32Array(rows), factors: new Float32Array(rows) };
  for (let r = 0, at = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, at++) {
      if (values[at] === 0) continue;
      if (ofRows.factors[r] !== 0 || ofColumns.factors[c] !== 0) return undefined;
      ofRows.from[r] = c;
      ofColumns.from[c] = r;
      ofRows.factors[r] = ofColumns.factors[c] = values[at];
    }
  }
  return { ofColumns, ofRows };
}
