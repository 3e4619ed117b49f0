/** What all convolutions by Winograd's algorithm share: groups of taps, and the tiles of the input, transformed. */
import { gatherBlocks, imageBytes, PixelBlocks } from './pixel-blocks';
import { clearFloats, copyFloats } from './simd';
import { transformInput } from './winograd-transforms';

/** Two or three taps per direction: a convolution of their own, or a part of one that adds to what the parts before it have made. */
@unmanaged
export class TapGroup {
  tapsY: i32;
  tapsX: i32;
  /** Output position (r, q) and tap (i, j) meet x at row (r + i) * strideY + top and column (q + j) * strideX + left; outside, x is zero. */
  top: i32;
  left: i32;
  outHeight: i32;
  outWidth: i32;
  /** Rows and columns of output that a tile makes. */
  tileHeight: i32;
  tileWidth: i32;
  /** Rows of tiles that are worked on together. */
  tileRows: i32;
  /** The group's first tap, in the filter or in its gradient. */
  taps: usize;
  /** The filter as packWinograd writes it; or the sums of the first chunk for its gradient, [kind of product][channel][output channel]. */
  transformed: usize;
  /** Output, or its gradient. */
  y: usize;
  flags: i32;
  /** 0, or values of y's shape: where they are not positive, y becomes 0. */
  mask: usize;
}

@unmanaged
export class WinogradJob {
  groups: usize;
  groupCount: i32;
  x: usize;
  height: i32;
  width: i32;
  /** 0, or PixelBlocks: x has pixels that make up [height][width] blocks of `channels` values. */
  inputBlocks: usize;
  /** Multiples of 4. */
  channels: i32;
  outChannels: i32;
  strideY: i32;
  strideX: i32;
  /** Bytes from tap to tap of a group, in the filter or in its gradient. */
  tapY: i32;
  tapX: i32;
  /** Bytes of the first of the two parts of the scratch memory. */
  firstPart: i32;
}

/** Returns a group of the table. @inline */
export function groupAt(job: WinogradJob, index: i32): TapGroup {
  return changetype<TapGroup>(job.groups + index * offsetof<TapGroup>());
}

/** Counts the products that a tile takes along its height, and along its width. @inline */
export function kindsDown(group: TapGroup): i32 {
  return group.tapsY + group.tileHeight - 1;
}

/** @inline */
export function kindsAcross(group: TapGroup): i32 {
  return group.tapsX + group.tileWidth - 1;
}

/** Counts the tiles that cover so many rows or columns of output. @inline */
export function tilesOf(length: i32, tile: i32): i32 {
  return (length + tile - 1) / tile;
}

/** Writes the transformed input of some rows of tiles: [kind of product][tile][channel]. */
export function inputTiles(
  job: WinogradJob,
  group: TapGroup,
  image: i32,
  first: i32,
  count: i32,
  to: usize,
  spare: usize,
): void {
  const tiles = tilesOf(group.outWidth, group.tileWidth);
  const pixel = job.channels * 4;
  const kinds = kindsAcross(group);
  const all = count * tiles;
  const height = group.tileHeight;
  const rows = height * count + group.tapsY - 1;
  const gathered = spare + kinds * pixel;
  const lines = gathered + (job.inputBlocks ? job.width * pixel : 0);
  const line = tiles * pixel;
  const bytes = job.inputBlocks ? imageBytes(changetype<PixelBlocks>(job.inputBlocks)) : job.height * job.width * pixel;
  const x = job.x + image * bytes;
  for (let r = 0; r < rows; r++)
    inputLine(job, group, x, (height * first + r) * job.strideY + group.top, lines + r * kinds * line, spare);
  for (let q = 0; q < count; q++)
    for (let k = 0; k < kinds; k++) {
      const from = lines + (height * q * kinds + k) * line;
      const at = to + (k * all + q * tiles) * pixel;
      transformInput(kindsDown(group), from, kinds * line, at, kinds * all * pixel, line >> 4);
    }
}

/** Transforms the tiles of a row of an image along its width; what is outside the image counts as zero. */
function inputLine(job: WinogradJob, group: TapGroup, image: usize, row: i32, to: usize, spare: usize): void {
  const tiles = tilesOf(group.outWidth, group.tileWidth);
  const pixel = job.channels * 4;
  const kinds = kindsAcross(group);
  const line = tiles * pixel;
  if (<u32>row >= <u32>job.height) {
    clearFloats(to, (kinds * line) >> 2);
    return;
  }
  let from = image + row * job.width * pixel;
  if (job.inputBlocks) {
    from = spare + kinds * pixel;
    gatherBlocks(changetype<PixelBlocks>(job.inputBlocks), image, row, job.width, from);
  }
  const reach = (kinds - 1) * job.strideX;
  for (let t = 0; t < tiles; t++, to += pixel) {
    const column = t * group.tileWidth * job.strideX + group.left;
    if (column >= 0 && column + reach < job.width) {
      transformInput(kinds, from + column * pixel, job.strideX * pixel, to, line, pixel >> 4);
      continue;
    }
    for (let k = 0; k < kinds; k++) {
      const at = column + k * job.strideX;
      if (<u32>at >= <u32>job.width) clearFloats(spare + k * pixel, job.channels);
      else copyFloats(spare + k * pixel, from + at * pixel, job.channels);
    }
    transformInput(kinds, spare, pixel, to, line, pixel >> 4);
  }
}
