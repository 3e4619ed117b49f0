/** Sums over the rows of a matrix, such as the gradient of a bias. */

import type { Engine } from '../runtime/engine';
import { addChunks } from './convolution-job';

/** Values in one unit of the kernels of assembly/elementwise.ts. */
const BLOCK = 4096;

/** Chunks of rows with sums of their own. A fixed number, so that the result does not depend on the threads. */
const CHUNKS = 16;

/** Sums up the rows of a matrix. */
export function columnSums(engine: Engine, x: number, rows: number, columns: number, sums: number): void {
  if (rows === 0) {
    engine.floats(sums, columns).fill(0);
    return;
  }
  const chunks = Math.min(CHUNKS, Math.ceil((rows * columns) / BLOCK), rows);
  engine.withMemory(chunks * columns * 4, (parts) => {
    engine.run('columnSums', chunks, [x, rows, columns, chunks, parts]);
    addChunks(engine, { at: parts, bytes: columns * 4, chunks }, 1, columns, sums, columns);
  });
}
