/** Names of the kernels for linear algebra in double precision: a backend may register them; none is required. */

/** `{}` -> `[]`: makes a symmetric matrix tridiagonal, in arrays outside the backend. */
export const ReduceToTridiagonal = 'ReduceToTridiagonal';

/** A symmetric matrix as reflections and a tridiagonal matrix: the attributes of {@link ReduceToTridiagonal}, which fills them. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entry i is between entries i and i + 1 of the diagonal; the last one is 0. */
  readonly offDiagonal: Float64Array;
  /** Initially the matrix; then vector i in the first i entries of row i, whose entries from i on are something else. */
  readonly reflections: Float64Array;
  /** Half of the squared length of each vector; 0: no reflection. */
  readonly scales: Float64Array;
}
