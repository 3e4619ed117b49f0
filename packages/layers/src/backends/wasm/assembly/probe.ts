import { rowsBy } from './tiles';

/**
 * Multiplies [rows, steps] values at `at` with [steps, width] values after them, `repeats` times, and writes [rows, width] values
 * after those. For finding out what an engine makes of the tiles.
 */
export function probe(rows: i32, width: i32, steps: i32, at: usize, repeats: i32): void {
  const b = at + rows * steps * 4;
  const c = b + steps * width * 4;
  for (; repeats > 0; repeats--)
    rowsBy(width, rows, at, steps * 4, 4, b, width * 4, 1, steps, 0, 0, c, width * 4, 0, 0);
}
