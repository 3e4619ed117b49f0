/**
 * Returns the lower triangular L of a symmetric positive definite `[n, n]` matrix L L'; pivots that are not positive are replaced by almost
 * nothing.
 */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= lower[i * n + k] * lower[j * n + k];
      lower[i * n + j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE ** 0.25)) : sum / lower[j * n + j];
    }
  }
  return lower;
}

/** Solves L y = x in place. */
export function solveLower(lower: Float64Array, x: Float64Array): void {
  const n = x.length;
  for (let i = 0; i < n; i++) {
    let sum = x[i];
    for (let k = 0; k < i; k++) sum -= lower[i * n + k] * x[k];
    x[i] = sum / lower[i * n + i];
  }
}
