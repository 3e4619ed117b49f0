/** Draws images in rows, into one image. */
import { refused } from '../errors';
import { checkKeys, checkPixels } from './checks';
import type { PlanarImage, RgbImage } from './pixels';

/** Options for the layout of a grid. */
export interface GridOptions {
  /** Pixels of the grid per pixel of an image and side, without smoothing; fewer if images are too large. Default 2. */
  readonly scale?: number;
  /** Pixels between images. Default 4. */
  readonly gap?: number;
  /** Pixels between groups of rows. Default 12. */
  readonly groupGap?: number;
  /** Pixels around the grid. Default: the same as `gap`. */
  readonly margin?: number;
  /** Gray level of the background, 0 to 255. Default 255. */
  readonly ground?: number;
}

/** Approximate maximum number of pixels in a grid: 200 MB. */
const maxGridPixels = 2 ** 26;

/**
 * Draws images in groups of rows (such as inputs above reconstructions), each image centered in a cell with the size of the largest one, or
 * in a smaller cell if the grid would be too large, to which images are shrunk. Alpha is ignored; of images without colors, the first
 * channel is drawn in gray.
 *
 * @throws InvalidOptionError INVALID_OPTION
 */
export function drawGrid(
  groups: readonly (readonly (readonly PlanarImage[])[])[],
  options: GridOptions = {},
): RgbImage {
  const rows = checkRows(groups);
  checkKeys('drawGrid', options, ['scale', 'gap', 'groupGap', 'margin', 'ground']);
  const { scale = 2, gap = 4, groupGap = 12, margin = gap, ground = 255 } = options;
  const columns = Math.max(...rows.map((row) => row.length));
  const maxSide = Math.floor(Math.sqrt(maxGridPixels / (rows.length * columns)));
  const drawn = rows.flat().map((image) => drawnSize(image, scale, maxSide));
  const cellWidth = Math.max(...drawn.map((size) => size.width));
  const cellHeight = Math.max(...drawn.map((size) => size.height));
  const width = columns * (cellWidth + gap) - gap + 2 * margin;
  const height = rows.length * (cellHeight + gap) - gap + 2 * margin + (groups.length - 1) * (groupGap - gap);
  // Rounds values that are not bytes, and clamps them.
  const grid = { width, height, data: new Uint8ClampedArray(width * height * 3).fill(ground) };
  let top = margin;
  for (const group of groups) {
    for (const row of group) {
      row.forEach((image, column) => {
        const size = drawnSize(image, scale, maxSide);
        const left = margin + column * (cellWidth + gap) + ((cellWidth - size.width) >> 1);
        drawImage(grid, image, left, top + ((cellHeight - size.height) >> 1), size);
      });
      top += cellHeight + gap;
    }
    top += groupGap - gap;
  }
  return { width, height, data: new Uint8Array(grid.data.buffer) };
}

/** Returns the rows of all groups. @throws InvalidOptionError INVALID_OPTION */
function checkRows(groups: Parameters<typeof drawGrid>[0]): readonly (readonly PlanarImage[])[] {
  const areLists = Array.isArray(groups) && groups.every(Array.isArray) && groups.flat().every(Array.isArray);
  if (!areLists || groups.flat(2).length === 0) {
    throw refused('drawGrid', 'groups of rows of images, such as [[[image, image]]]', groups);
  }
  const rows = groups.flat();
  for (const image of rows.flat()) checkPixels('drawGrid', image);
  return rows;
}

/**
 * Converts planar pixels to interleaved RGB without alpha, rounded and clamped to bytes; of images without colors, the first channel in
 * gray.
 */
export function toRgbImage(image: PlanarImage): RgbImage {
  return drawGrid([[[image]]], { scale: 1, margin: 0 });
}

/** Returns the size of an image in the grid: enlarged, but with no side longer than `maxSide`. */
function drawnSize({ width, height }: PlanarImage, scale: number, maxSide: number): { width: number; height: number } {
  const factor = Math.min(scale, maxSide / Math.max(width, height));
  return { width: Math.max(1, Math.floor(width * factor)), height: Math.max(1, Math.floor(height * factor)) };
}

function drawImage(
  grid: { readonly width: number; readonly data: Uint8ClampedArray },
  image: PlanarImage,
  left: number,
  top: number,
  size: { width: number; height: number },
): void {
  const { width, height, channels, data } = image;
  const area = width * height;
  const [red, green, blue] = channels === 3 || channels === 4 ? [2 * area, area, 0] : [0, 0, 0];
  for (let y = 0; y < size.height; y++) {
    const line = Math.floor((y * height) / size.height) * width;
    let out = ((top + y) * grid.width + left) * 3;
    for (let x = 0; x < size.width; x++) {
      const pixel = line + Math.floor((x * width) / size.width);
      grid.data[out++] = data[red + pixel];
      grid.data[out++] = data[green + pixel];
      grid.data[out++] = data[blue + pixel];
    }
  }
}
