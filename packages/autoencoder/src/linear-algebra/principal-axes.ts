/** More directions than requested are iterated, so that the requested ones converge quickly (Halko et al., 2011). */
const spare = 8;
const rounds = 6;

/**
 * Returns the leading principal axes of centered rows `[count, size]`, orthonormal, as rows `[axes, size]`; by subspace iteration in double
 * precision from random directions that `normals` draws: that many standard normal numbers.
 */
export function principalAxes(
  rows: Float32Array,
  { count, size, axes }: { count: number; size: number; axes: number },
  normals: (count: number) => ArrayLike<number>,
): Float64Array {
  const width = Math.min(size, axes + spare);
  let basis = Float64Array.from(normals(width * size));
  for (let round = 0; round < rounds; round++) {
    orthonormalize(basis, width, size);
    const next = new Float64Array(width * size);
    for (let i = 0; i < count; i++) addImage(rows.subarray(i * size, (i + 1) * size), basis, next, width);
    basis = next;
  }
  orthonormalize(basis, width, size);
  return basis.slice(0, axes * size);
}

/** Adds a row's contribution to each direction to `next`: the direction multiplied by the product of the row with itself. */
function addImage(row: Float32Array, basis: Float64Array, next: Float64Array, width: number): void {
  const size = row.length;
  for (let a = 0; a < width; a++) {
    const at = a * size;
    let product = 0;
    for (let j = 0; j < size; j++) product += row[j] * basis[at + j];
    for (let j = 0; j < size; j++) next[at + j] += product * row[j];
  }
}

/** Gram-Schmidt, done twice for accuracy; the first row keeps its direction. */
function orthonormalize(basis: Float64Array, width: number, size: number): void {
  for (let a = 0; a < width; a++) {
    const row = basis.subarray(a * size, (a + 1) * size);
    for (let pass = 0; pass < 2; pass++) {
      for (let b = 0; b < a; b++) subtractProjection(row, basis.subarray(b * size, (b + 1) * size));
    }
    let norm = 0;
    for (const value of row) norm += value * value;
    const scale = norm > 0 ? 1 / Math.sqrt(norm) : 0;
    for (let j = 0; j < size; j++) row[j] *= scale;
  }
}

/** Removes the component of a row along a unit vector. */
export function subtractProjection(row: Float64Array, unit: Float64Array): void {
  let product = 0;
  for (let j = 0; j < row.length; j++) product += row[j] * unit[j];
  for (let j = 0; j < row.length; j++) row[j] -= product * unit[j];
}
