import { symmetricEigenSteps } from './symmetric-eigen';

/**
 * Returns the `count` largest eigenvalues of a symmetric matrix `[n, n]`, which is overwritten, in descending order, and their eigenvectors
 * as columns `[n, count]`, each with the sign that makes its largest value positive. `pause` yields to the event loop.
 */
export async function eigenvectors(
  matrix: Float64Array,
  n: number,
  count: number,
  pause: () => Promise<void>,
): Promise<{ values: Float64Array; vectors: Float64Array }> {
  const steps = symmetricEigenSteps(matrix, n, count);
  let step = steps.next();
  while (!step.done) {
    await pause();
    step = steps.next();
  }
  const { values, vectors } = step.value;
  const columns = new Float64Array(n * count);
  for (let j = 0; j < count; j++) {
    const row = vectors.subarray(j * n, (j + 1) * n);
    let largest = 0;
    for (const value of row) if (Math.abs(value) > Math.abs(largest) + 1e-9) largest = value;
    const sign = largest < 0 ? -1 : 1;
    for (let i = 0; i < n; i++) columns[i * count + j] = sign * row[i];
  }
  return { values: values.subarray(0, count), vectors: columns };
}
