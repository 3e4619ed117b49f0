/**
 * The inner loops of linear algebra in double precision, and the memory that they use. Positions are indices of `values`. WebAssembly and
 * plain JavaScript produce the same bits.
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
   * Updates the first `count` rows and columns of a symmetric matrix `[n, n]`, stored as its upper triangle: subtracts `vector changeᵀ +
   * change vectorᵀ`, and adds the product of the result and `factor` to `product`. `state` contains these four vectors, `[4, n]`.
   */
  passOver(matrix: number, n: number, count: number, state: number): void;
  /**
   * Applies four reflections in turn to the first `length` entries of vectors. Vectors come in pairs, `[pairs, n, 2]`, and the four
   * reflections side by side, `[length, 4]`. `sizes` contains the inverses of half of their squared lengths, and six products: of the
   * second with the first, of the third with the first and the second, and of the fourth with each before it.
   */
  reflectPairs(vectors: number, pairs: number, n: number, four: number, length: number, sizes: number): void;
}
