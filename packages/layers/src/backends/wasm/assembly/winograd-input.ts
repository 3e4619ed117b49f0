/** The tiles of the input of convolutions by Winograd's algorithm, transformed. */
import { copyPadded } from './copy-padded';
import { gatherBlocks, imageBytes, PixelBlocks } from './pixel-blocks';
import { clearFloats, copyFloats } from './simd';
import { kindsAcross, kindsDown, TapGroup, WinogradJob } from './winograd-job';
import { spreadOutput, transformInput } from './winograd-transforms';

/** Writes the transformed input of some rows of an image's tiles, which are some of `all`: [kind of product][tile][channel]. */
export function inputTiles(
  job: WinogradJob,
  group: TapGroup,
  image: i32,
  first: i32,
  count: i32,
  all: i32,
  to: usize,
  spare: usize,
): void {
  const tiles = group.tilesAcross;
  const pixel = job.channels * 4;
  const kinds = kindsAcross(group);
  const height = group.tileHeight;
  const rows = height * count + group.tapsY - 1;
  const gathered = spare + kinds * pixel;
  const lines = gathered + (job.inputBlocks ? job.width * pixel : 0);
  const line = tiles * pixel;
  const bytes = job.inputBlocks ? imageBytes(changetype<PixelBlocks>(job.inputBlocks)) : job.height * job.width * pixel;
  const x = job.x + image * bytes;
  for (let r = 0; r < rows; r++)
    inputLine(job, group, x, (height * first + r) * job.strideY + group.top, lines + r * kinds * line, spare);
  transformDown(group, lines, line, count, to, pixel, all, false);
}

/** Transforms the tiles of a row of an image along its width; what is outside the image counts as zero. */
function inputLine(job: WinogradJob, group: TapGroup, image: usize, row: i32, to: usize, spare: usize): void {
  const tiles = group.tilesAcross;
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

/**
 * Writes some rows of an image's adjacent tiles, which are some of `all`, each spread over all kinds of products:
 * [kind of product][tile][channel].
 */
export function adjacentTiles(
  group: TapGroup,
  image: usize,
  rows: i32,
  columns: i32,
  channels: i32,
  first: i32,
  count: i32,
  all: i32,
  to: usize,
  spare: usize,
): void {
  const height = group.tileHeight;
  const width = group.tileWidth;
  const tiles = group.tilesAcross;
  const pixel = channels * 4;
  const kinds = kindsAcross(group);
  const line = tiles * pixel;
  const lines = spare + width * tiles * pixel;
  for (let r = 0; r < height * count; r++) {
    const row = height * first + r;
    let from = image + row * columns * pixel;
    if (row >= rows || width * tiles > columns) {
      copyPadded(image, rows, columns, channels, row, 0, 1, width * tiles, spare);
      from = spare;
    }
    for (let t = 0; t < tiles; t++) {
      const at = lines + r * kinds * line + t * pixel;
      spreadOutput(kinds, from + t * width * pixel, pixel, at, line, channels >> 2);
    }
  }
  transformDown(group, lines, line, count, to, pixel, all, true);
}

/** Transforms `count` rows of tiles along their height, [row][kind across][tile][channel], to those of `all` tiles, [kind][tile][channel]. */
function transformDown(
  group: TapGroup,
  lines: usize,
  line: i32,
  count: i32,
  to: usize,
  pixel: i32,
  all: i32,
  isAdjacent: bool,
): void {
  const kinds = kindsAcross(group);
  const step = kinds * all * pixel;
  for (let q = 0; q < count; q++)
    for (let k = 0; k < kinds; k++) {
      const from = lines + (group.tileHeight * q * kinds + k) * line;
      const at = to + k * all * pixel + q * line;
      if (isAdjacent) spreadOutput(kindsDown(group), from, kinds * line, at, step, line >> 4);
      else transformInput(kindsDown(group), from, kinds * line, at, step, line >> 4);
    }
}
