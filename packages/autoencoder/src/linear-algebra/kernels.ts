/**
 * The inner loops of linear algebra in double precision, and the memory that they work in. Places are indices of `values`. WebAssembly and plain
 * JavaScript come to the same bits.
 */
export interface Kernels {
  readonly values: Float64Array;
  /**
   * Adds to `sums`, `[., side]`, the products of the columns of `a` with those of `b`, added up over `length` rows. Columns come in tiles of
   * four, `[tiles, panel, 4]`, of which the first `length` rows of a panel are read; where `isSymmetric`, those of `b` from the tile of `a` on.
   */
  addProducts(
    a: number,
    tilesA: number,
    b: number,
    tilesB: number,
    panel: number,
    length: number,
    sums: number,
    side: number,
    isSymmetric: boolean,
  ): void;
  /**
   * Changes the first `count` rows and columns of a symmetric matrix `[n, n]`, of which the upper triangle is kept: takes off
   * `vector changeᵀ + change vectorᵀ`, and adds the product of what is left with `factor` to `product`. In `state` are these four, `[4, n]`.
   */
  passOver(matrix: number, n: number, count: number, state: number): void;
  /**
   * Makes four reflections of vectors in turn, in the first `length` entries. Vectors come in pairs, `[pairs, n, 2]`; the four side by side,
   * `[length, 4]`. In `sizes` are the inverses of half of their squared lengths, and six products: of the second with the first, of the third
   * with the first and the second, of the fourth with each before it.
   */
  reflectPairs(vectors: number, pairs: number, n: number, four: number, length: number, sizes: number): void;
}
