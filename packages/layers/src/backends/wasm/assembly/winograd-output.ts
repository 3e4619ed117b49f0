/** The output of convolutions by Winograd's algorithm: made of the products of their tiles, finished and stored. */
import { addFloats, PixelTarget, scatterBlocks } from './pixel-blocks';
import { ACCUMULATE, BIAS, copyFloats, finish, RELU } from './simd';
import { panelWidth } from './tiles';
import { kindsAcross, kindsDown, TapGroup, WinogradConvJob } from './winograd-job';
import { gatherInput, transformOutput } from './winograd-transforms';

/** Counts the columns of all panels together. */
export function panelColumns(columns: i32): i32 {
  let o = 0;
  while (o < columns) o += panelWidth(columns - o);
  return o;
}

/** Writes the rows of output that `count` rows of tiles of some images stand for. */
export function outputTiles(
  job: WinogradConvJob,
  group: TapGroup,
  image: i32,
  images: i32,
  first: i32,
  count: i32,
  from: usize,
  spare: usize,
): void {
  const tiles = group.tilesAcross;
  const kinds = kindsAcross(group);
  const pixel = panelColumns(job.outChannels) * 4;
  const kind = images * count * tiles * pixel;
  const height = group.tileHeight;
  const row = spare + height * kinds * kind;
  transformOutput(kindsDown(group), from, kinds * kind, spare, kinds * kind, (kinds * kind) >> 4);
  for (let i = 0; i < images; i++)
    for (let q = 0; q < count; q++)
      for (let r = 0, top = (first + q) * height; r < min(height, group.outHeight - top); r++) {
        const line = spare + r * kinds * kind + (i * count + q) * tiles * pixel;
        for (let t = 0; t < tiles; t++)
          transformOutput(kinds, line + t * pixel, kind, row + t * group.tileWidth * pixel, pixel, pixel >> 4);
        outputRow(job, group, image + i, top + r, row, pixel, row + tiles * group.tileWidth * pixel);
      }
}

/** Writes the output of `count` rows of tiles of some images, after `above` rows of which only the rest counts that their taps reach beyond. */
export function addOverlaps(
  job: WinogradConvJob,
  group: TapGroup,
  image: i32,
  images: i32,
  first: i32,
  above: i32,
  count: i32,
  from: usize,
  spare: usize,
): void {
  const kinds = kindsAcross(group);
  const pixel = panelColumns(job.outChannels) * 4;
  const line = group.tilesAcross * pixel;
  const kind = images * (above + count) * line;
  const height = group.tileHeight;
  const row = spare + kindsDown(group) * kinds * kind;
  const end = first + count === group.tilesDown ? group.outHeight : (first + count) * height;
  gatherInput(kindsDown(group), from, kinds * kind, spare, kinds * kind, (kinds * kind) >> 4);
  for (let i = 0; i < images; i++, spare += (above + count) * line)
    for (let y = first * height; y < end; y++) {
      const q = min(y / height, first + count - 1);
      const r = y - q * height;
      const at = spare + r * kinds * kind + (above + q - first) * line;
      if (q > 0 && r < group.tapsY - 1)
        for (let k = 0, before = at + height * kinds * kind - line; k < kinds; k++)
          addFloats(at + k * kind, before + k * kind, line);
      outputRow(job, group, image + i, y, row, pixel, addRowOverlaps(group, at, kind, pixel, row));
    }
}

/** Writes a row of the output of overlapping tiles from its sums, [kind of product, `kind` apart][tile]; returns where spare memory begins. */
function addRowOverlaps(group: TapGroup, from: usize, kind: i32, pixel: i32, row: usize): usize {
  const tiles = group.tilesAcross;
  const kinds = kindsAcross(group);
  const step = group.tileWidth * pixel;
  const shared = (group.tapsX - 1) * pixel;
  const spare = row + tiles * step + shared;
  for (let t = 0; t < tiles; t++, from += pixel, row += step) {
    if (t > 0) copyFloats(spare, row, shared >> 2);
    gatherInput(kinds, from, kind, row, pixel, pixel >> 4);
    if (t > 0) addFloats(row, spare, shared);
  }
  return spare;
}

/** Finishes the sums of a row of output and stores them. Spare: a stretch. */
function outputRow(
  job: WinogradConvJob,
  group: TapGroup,
  image: i32,
  row: i32,
  from: usize,
  step: i32,
  spare: usize,
): void {
  if (job.outputBlocks) blocksRow(job, group, image, row, from, step, spare);
  else finishRow(job, group, from, step, group.y + image * job.yImage + row * job.yRow);
}

/** Finishes the sums of a row of blocks and stores them as pixels. */
function blocksRow(
  job: WinogradConvJob,
  group: TapGroup,
  image: i32,
  row: i32,
  from: usize,
  step: i32,
  spare: usize,
): void {
  const target = changetype<PixelTarget>(job.outputBlocks);
  const residual = changetype<usize>(group) === job.groups ? target.residual : 0; // later groups add to what the first one has made
  scatterBlocks(target, image, row, group.outWidth, from, step, residual, job.bias, group.flags, group.mask, spare);
}

/** Finishes the sums of a row of pixels and stores them, two vectors of channels at a time: V8 may join those. */
function finishRow(job: WinogradConvJob, group: TapGroup, from: usize, fromPixel: i32, y: usize): void {
  const bytes = job.outChannels * 4;
  let c = 0;
  for (; c + 32 <= bytes; c += 32) finishPairs(job, group, from + c, fromPixel, y + c, job.bias + c);
  if (c === bytes) return;
  for (let q = 0; q < group.outWidth; q++, from += fromPixel, y += job.yPixel) {
    finish(y + c, v128.load(from + c), job.bias + c, group.flags, 4);
    if (group.mask) v128.store(y + c, masked(y + c, group.mask + (y + c - group.y)));
  }
}

function finishPairs(job: WinogradConvJob, group: TapGroup, from: usize, fromPixel: i32, y: usize, bias: usize): void {
  const end = from + group.outWidth * fromPixel;
  const yPixel = job.yPixel;
  if (group.flags & ACCUMULATE) {
    for (let at = from, to = y; at < end; at += fromPixel, to += yPixel) {
      const first = f32x4.add(v128.load(at), v128.load(to));
      const second = f32x4.add(v128.load(at, 16), v128.load(to, 16));
      v128.store(at, first);
      v128.store(at, second, 16);
    }
  }
  let bias0 = f32x4.splat(0);
  let bias1 = bias0;
  if (group.flags & BIAS) {
    bias0 = v128.load(bias);
    bias1 = v128.load(bias, 16);
  }
  const least = f32x4.splat(group.flags & RELU ? 0 : -Infinity);
  for (let at = from, to = y; at < end; at += fromPixel, to += yPixel) {
    const first = f32x4.pmax(f32x4.add(v128.load(at), bias0), least);
    const second = f32x4.pmax(f32x4.add(v128.load(at, 16), bias1), least);
    v128.store(to, first);
    v128.store(to, second, 16);
  }
  if (!group.mask) return;
  for (
    let at = y, mask = group.mask + (y - group.y), last = y + group.outWidth * yPixel;
    at < last;
    at += yPixel, mask += yPixel
  ) {
    const first = masked(at, mask);
    const second = masked(at + 16, mask + 16);
    v128.store(at, first);
    v128.store(at, second, 16);
  }
}

/** Returns values, with 0 where the mask is not positive. @inline */
function masked(at: usize, mask: usize): v128 {
  return v128.and(v128.load(at), f32x4.gt(v128.load(mask), f32x4.splat(0)));
}
