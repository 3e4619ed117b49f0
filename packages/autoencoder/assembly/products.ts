/** Values of a tile. */
const TILE = 4;
const TILE_BYTES: usize = TILE * 8;

/**
 * Adds to `sums`, `[., side]`, the products of the columns of `a` with those of `b`, added up over `length` rows. Columns come in tiles of four,
 * `[tiles, panel, 4]` each, of which the first `length` rows of a panel are read; where `isSymmetric`, those of `b` from the tile of `a` on alone.
 */
export function addProducts(
  a: usize,
  tilesA: i32,
  b: usize,
  tilesB: i32,
  panel: i32,
  length: i32,
  sums: usize,
  side: i32,
  isSymmetric: i32,
): void {
  const panelBytes = <usize>panel * TILE_BYTES;
  const bytes = <usize>length * TILE_BYTES;
  const rowBytes = (<usize>side) << 3;
  for (let i = 0; i < tilesA; i++) {
    const row = sums + <usize>i * TILE * rowBytes;
    for (let j = isSymmetric ? i : 0; j < tilesB; j++) {
      addTile(a + <usize>i * panelBytes, b + <usize>j * panelBytes, bytes, row + <usize>j * TILE_BYTES, rowBytes);
    }
  }
}

/** Adds the products of four columns with four others. */
function addTile(a: usize, b: usize, bytes: usize, sums: usize, rowBytes: usize): void {
  let s00 = f64x2.splat(0);
  let s01 = f64x2.splat(0);
  let s10 = f64x2.splat(0);
  let s11 = f64x2.splat(0);
  let s20 = f64x2.splat(0);
  let s21 = f64x2.splat(0);
  let s30 = f64x2.splat(0);
  let s31 = f64x2.splat(0);
  for (const end = a + bytes; a < end; a += TILE_BYTES, b += TILE_BYTES) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load64_splat(a);
    s00 = f64x2.add(s00, f64x2.mul(a0, b0));
    s01 = f64x2.add(s01, f64x2.mul(a0, b1));
    const a1 = v128.load64_splat(a, 8);
    s10 = f64x2.add(s10, f64x2.mul(a1, b0));
    s11 = f64x2.add(s11, f64x2.mul(a1, b1));
    const a2 = v128.load64_splat(a, 16);
    s20 = f64x2.add(s20, f64x2.mul(a2, b0));
    s21 = f64x2.add(s21, f64x2.mul(a2, b1));
    const a3 = v128.load64_splat(a, 24);
    s30 = f64x2.add(s30, f64x2.mul(a3, b0));
    s31 = f64x2.add(s31, f64x2.mul(a3, b1));
  }
  addFour(sums, s00, s01);
  addFour(sums + rowBytes, s10, s11);
  addFour(sums + 2 * rowBytes, s20, s21);
  addFour(sums + 3 * rowBytes, s30, s31);
}

/** @inline */
function addFour(sums: usize, left: v128, right: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), left));
  v128.store(sums, f64x2.add(v128.load(sums, 16), right), 16);
}
