/** Names the kernels of linear algebra in double precision: a backend may register them, none is required. */

/** `{}` -> `[]`: makes a symmetric matrix tridiagonal, in arrays outside of the backend. */
export const ReduceToTridiagonal = 'ReduceToTridiagonal';

/** A symmetric matrix as reflections and a tridiagonal matrix: the attributes of {@link ReduceToTridiagonal}, which fills them. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entry i stands between entries i and i + 1 of the diagonal; the last is 0. */
  readonly offDiagonal: Float64Array;
  /** First the matrix; then vector i in the first i entries of row i, of which entries from i on are something else. */
  readonly reflections: Float64Array;
  /** Half of the squared length of each vector; 0: no reflection. */
  readonly scales: Float64Array;
}
