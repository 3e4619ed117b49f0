/** Splits images of whole blocks into tiles that are computed one after the other, so that memory does not grow with the image. */

/** A range of blocks, and the pixels needed to compute them. */
export interface Span {
  /** The blocks, along one axis. */
  readonly from: number;
  readonly to: number;
  /** The pixels that are computed: those of the blocks, and as many around them as convolutions reach. */
  readonly begin: number;
  readonly end: number;
}

export interface TileRules {
  /** Height and width of a block. */
  readonly blockSize: readonly [number, number];
  /** Rows and columns of blocks. */
  readonly grid: readonly [number, number];
  /** The distance in pixels over which a pixel may depend on others. */
  readonly reach: number;
  /** Tiles start and end at multiples of this, as strides do. */
  readonly align: number;
  /** Approximate number of pixels in a tile, without those around it. */
  readonly pixels: number;
}

/** Plans the tiles of an image: rows of tiles, and the columns of each row. */
export function planTiles({ blockSize, grid, reach, align, pixels }: TileRules): { rows: Span[]; columns: Span[] } {
  const widest = Math.max(1, Math.floor((2 * Math.sqrt(pixels)) / blockSize[1]));
  const columns = Math.min(grid[1], widest);
  const rows = Math.max(1, Math.floor(pixels / (columns * blockSize[1] * blockSize[0])));
  const spans = (axis: 0 | 1, most: number) => spansOf(grid[axis], blockSize[axis], most, reach, align);
  return { rows: spans(0, rows), columns: spans(1, columns) };
}

function spansOf(blocks: number, size: number, most: number, reach: number, align: number): Span[] {
  const count = Math.ceil(blocks / most);
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [Math.floor((i * blocks) / count), Math.floor(((i + 1) * blocks) / count)];
    const begin = Math.max(0, Math.floor((from * size - reach) / align) * align);
    const end = Math.min(blocks * size, Math.ceil((to * size + reach) / align) * align);
    return { from, to, begin, end };
  });
}
