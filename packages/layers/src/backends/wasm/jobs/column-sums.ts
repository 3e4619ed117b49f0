/** Sums over the rows of a matrix, such as the gradient of a bias. */

import { BLOCK_VALUES } from '../assembly/dist/jobs';
import type { Engine } from '../runtime/engine';
import { addChunks, mostChunks } from './convolution-job';

/** Sums up the rows of a matrix. */
export function columnSums(engine: Engine, x: number, rows: number, columns: number, sums: number): void {
  if (rows === 0) {
    engine.floats(sums, columns).fill(0);
    return;
  }
  const chunks = Math.min(mostChunks, Math.ceil((rows * columns) / BLOCK_VALUES), rows);
  engine.withMemory(chunks * columns * 4, (parts) => {
    engine.run('columnSums', { units: chunks }, { x, rows, columns, chunks, sums: parts });
    addChunks(engine, { at: parts, bytes: columns * 4, chunks }, 1, columns, sums, columns);
  });
}
