/** Encodes blocks in double precision. */
import type { BlockTable, Pause } from './block-statistics';
import type { Basis } from './eigen-code';
import type { Ranking } from './ranking';

/** Encodes a block of coefficients. */
export function codeBlock(
  block: Float32Array,
  { positions, means }: Ranking,
  { first, width, matrix }: Basis,
  code: Float64Array,
): void {
  const numbers = code.length;
  const deviation = (i: number) => (i < first + width ? block[positions[i]] - means[i] : 0);
  code.fill(0, first);
  for (let i = 0; i < first; i++) code[i] = deviation(i);
  for (let i = first; i < first + width; i += 2) {
    const [a, b] = [deviation(i), deviation(i + 1)];
    const at = i * numbers;
    // If there is no second row, it is past the end.
    const next = i + 1 < first + width ? at + numbers : at;
    for (let j = first; j < numbers; j++) code[j] += a * matrix[at + j] + b * matrix[next + j];
  }
}

/** Number of blocks from which the variation of a code's numbers is measured. */
const mostBlocks = 4096;

/** Measures the standard deviation of each number of a code. */
export async function deviationsOf(
  { count, values, data }: BlockTable,
  numbers: number,
  ranking: Ranking,
  basis: Basis,
  pause: Pause,
): Promise<Float64Array> {
  const squares = new Float64Array(numbers);
  const code = new Float64Array(numbers);
  const blocks = Math.min(count, mostBlocks);
  for (let b = 0; b < blocks; b++) {
    codeBlock(data.subarray(b * values, (b + 1) * values), ranking, basis, code);
    for (let j = 0; j < numbers; j++) squares[j] += code[j] ** 2;
    await pause();
  }
  return squares.map((sum) => Math.sqrt(sum / blocks));
}
