import type { Tridiagonal } from './tridiagonal';

/** Returns the eigenvalues in descending order. */
export function eigenvaluesOf({ diagonal, offDiagonal }: Tridiagonal): Float64Array {
  const values = diagonal.slice();
  diagonalize(values.length, values, offDiagonal.slice());
  return values.sort().reverse();
}

/**
 * QL with implicit shifts on the tridiagonal matrix with diagonal d and off-diagonal e (EISPACK's tql2 as in JAMA, which is in the public
 * domain, without vectors): leaves the eigenvalues in d.
 */
function diagonalize(n: number, d: Float64Array, e: Float64Array): void {
  let shift = 0;
  let largest = 0;
  for (let l = 0; l < n; l++) {
    largest = Math.max(largest, Math.abs(d[l]) + Math.abs(e[l]));
    let m = l;
    while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * largest) m++;
    while (m > l && Math.abs(e[l]) > Number.EPSILON * largest) {
      shift += shiftBlock(l, n, d, e);
      sweep(l, m, d, e);
    }
    d[l] += shift;
    e[l] = 0;
  }
}

/** Subtracts Wilkinson's shift from the rest of the diagonal and returns it. */
function shiftBlock(l: number, n: number, d: Float64Array, e: Float64Array): number {
  const g = d[l];
  const p = (d[l + 1] - g) / (2 * e[l]);
  const r = p < 0 ? -Math.hypot(p, 1) : Math.hypot(p, 1);
  d[l] = e[l] / (p + r);
  d[l + 1] = e[l] * (p + r);
  const h = g - d[l];
  for (let i = l + 2; i < n; i++) d[i] -= h;
  return h;
}

/** One QL sweep over rows l to m. */
function sweep(l: number, m: number, d: Float64Array, e: Float64Array): void {
  const diagonalNext = d[l + 1];
  const offNext = e[l + 1];
  let [c, c2, c3] = [1, 1, 1];
  let [s, s2] = [0, 0];
  let p = d[m];
  for (let i = m - 1; i >= l; i--) {
    c3 = c2;
    c2 = c;
    s2 = s;
    const g = c * e[i];
    const h = c * p;
    const r = Math.hypot(p, e[i]);
    e[i + 1] = s * r;
    s = e[i] / r;
    c = p / r;
    p = c * d[i] - s * g;
    d[i + 1] = h + s * (c * g + s * d[i]);
  }
  p = (-s * s2 * c3 * offNext * e[l]) / diagonalNext;
  e[l] = s * p;
  d[l] = c * p;
}
