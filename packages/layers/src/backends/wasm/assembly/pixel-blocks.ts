/**
 * Images as images of blocks of pixels: a convolution whose stride is the size of a block is a convolution of the blocks without a stride, in
 * which the pixels of a block are channels. The same goes for filters, which are images whose pixels are taps.
 */
import { ACCUMULATE, BIAS, clearFloats, copyFloats, RELU } from './simd';

/** How the pixels of an image, [height][width][channels], make up blocks, [blockHeight][blockWidth][channels]. */
@unmanaged
export class PixelBlocks {
  height: i32;
  width: i32;
  channels: i32;
  blockHeight: i32;
  blockWidth: i32;
  /** The first block begins this many rows and columns before the image; outside the image, blocks are zero. */
  padTop: i32;
  padLeft: i32;
}

/** Where the pixels of images of 1 to 4 channels go that are made as blocks. */
@unmanaged
export class PixelTarget extends PixelBlocks {
  /** [images][height][width][channels]. */
  pixels: usize;
  /** 0, or values of the same shape that are added. */
  residual: usize;
}

/** Returns the size of an image in bytes. @inline */
export function imageBytes(blocks: PixelBlocks): i32 {
  return blocks.height * blocks.width * blocks.channels * 4;
}

/** Writes a row of so many blocks of an image. */
export function gatherBlocks(blocks: PixelBlocks, image: usize, row: i32, columns: i32, to: usize): void {
  const pixel = blocks.channels * 4;
  const piece = blocks.blockWidth * pixel;
  const line = blocks.width * pixel;
  const step = blocks.blockHeight * piece;
  const top = row * blocks.blockHeight - blocks.padTop;
  // Blocks before and after those that are inside the image as a whole.
  const before = min(columns, (blocks.padLeft + blocks.blockWidth - 1) / blocks.blockWidth);
  const inside = max(before, min(columns, (blocks.width + blocks.padLeft) / blocks.blockWidth));
  for (let r = 0; r < blocks.blockHeight; r++, to += piece) {
    const from = image + (top + r) * line;
    if (<u32>(top + r) >= <u32>blocks.height) {
      for (let q = 0; q < columns; q++) clearFloats(to + q * step, piece >> 2);
      continue;
    }
    for (let q = 0; q < before; q++) gatherEdge(blocks, from, q, to + q * step);
    let at = from + before * piece - blocks.padLeft * pixel;
    for (let q = before; q < inside; q++, at += piece) copyPiece(to + q * step, at, piece);
    for (let q = inside; q < columns; q++) gatherEdge(blocks, from, q, to + q * step);
  }
}

/** Writes the part of a block that a row of the image has, and zeros beside it. */
function gatherEdge(blocks: PixelBlocks, row: usize, column: i32, to: usize): void {
  const channels = blocks.channels;
  const left = column * blocks.blockWidth - blocks.padLeft;
  const start = min(blocks.blockWidth, max(0, -left));
  const end = max(start, min(blocks.blockWidth, blocks.width - left));
  clearFloats(to, start * channels);
  copyFloats(to + start * channels * 4, row + (left + start) * channels * 4, (end - start) * channels);
  clearFloats(to + end * channels * 4, (blocks.blockWidth - end) * channels);
}

/** Copies 4-byte values, of which there are few. @inline */
function copyPiece(to: usize, from: usize, bytes: i32): void {
  let i = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  if (bytes & 8) {
    store<i64>(to + i, load<i64>(from + i));
    i += 8;
  }
  if (bytes & 4) store<i32>(to + i, load<i32>(from + i));
}

/** Values of a stretch of pixels of 1 to 4 channels that begins and ends with whole vectors. */
export const STRETCH: i32 = 12;

/** Finishes a row of blocks, `step` bytes apart, and stores what is inside an image as its pixels. Spare: a stretch. */
export function scatterBlocks(
  target: PixelTarget,
  image: i32,
  row: i32,
  columns: i32,
  from: usize,
  step: i32,
  residual: usize,
  bias: usize,
  flags: i32,
  mask: usize,
  spare: usize,
): void {
  const bytes = target.width * target.channels * 4;
  const piece = target.blockWidth * target.channels * 4;
  const top = row * target.blockHeight - target.padTop;
  for (let r = 0; r < target.blockHeight; r++, from += piece) {
    if (<u32>(top + r) >= <u32>target.height) continue;
    const offset = (image * target.height + top + r) * bytes;
    const to = target.pixels + offset;
    startPixels(to, bytes, target.channels, residual && residual + offset, bias, flags, spare);
    addPieces(target, from, step, columns, to);
    finishValues(to, bytes, flags, mask && mask + offset);
  }
}

/** Adds the parts of blocks that are in a row of an image to it. */
function addPieces(blocks: PixelBlocks, from: usize, step: i32, columns: i32, to: usize): void {
  const pixel = blocks.channels * 4;
  for (let q = 0, left = -blocks.padLeft; q < columns; q++, left += blocks.blockWidth, from += step) {
    const start = max(0, -left);
    const count = min(blocks.blockWidth, blocks.width - left) - start;
    if (count > 0) addFloats(to + (left + start) * pixel, from + start * pixel, count * pixel);
  }
}

/** Writes a residual, or 0 where there is none, or keeps what is there, and adds the bias of pixels of up to 4 channels. Spare: a stretch. */
export function startPixels(
  to: usize,
  bytes: i32,
  channels: i32,
  residual: usize,
  bias: usize,
  flags: i32,
  spare: usize,
): void {
  if (flags & ACCUMULATE) {
    if (residual) copyFloats(to, residual, bytes >> 2);
  } else clearFloats(to, bytes >> 2);
  if (!(flags & BIAS)) return;
  for (let i = 0, c = 0; i < STRETCH; i++) {
    store<f32>(spare + i * 4, load<f32>(bias + c * 4));
    if (++c === channels) c = 0;
  }
  let i = 0;
  for (; i + STRETCH * 4 <= bytes; i += STRETCH * 4) addFloats(to + i, spare, STRETCH * 4);
  addFloats(to + i, spare, bytes - i);
}

/** Adds 4-byte values. @inline */
export function addFloats(to: usize, from: usize, bytes: i32): void {
  let i = 0;
  for (; i + 48 <= bytes; i += 48) {
    v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
    v128.store(to + i, f32x4.add(v128.load(to + i, 16), v128.load(from + i, 16)), 16);
    v128.store(to + i, f32x4.add(v128.load(to + i, 32), v128.load(from + i, 32)), 32);
  }
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(to + i) + load<f32>(from + i));
}

/** Applies ReLU, and a mask if there is one. */
export function finishValues(y: usize, bytes: i32, flags: i32, mask: usize): void {
  if (flags & RELU) {
    for (let i = 0; i < bytes; i += 4) if (load<f32>(y + i) < 0) store<f32>(y + i, 0);
  }
  if (!mask) return;
  for (let i = 0; i < bytes; i += 4) if (!(load<f32>(mask + i) > 0)) store<f32>(y + i, 0);
}

/** A filter, or its gradient, [height][width][channels], as blocks of taps: [rows][columns][blockHeight][blockWidth][channels]. */
@unmanaged
export class TapBlocksJob extends PixelBlocks {
  taps: usize;
  blocks: usize;
  rows: i32;
  columns: i32;
}

/** Writes the blocks of a filter. */
export function gatherTaps(job: TapBlocksJob): void {
  const line = job.columns * job.blockHeight * job.blockWidth * job.channels * 4;
  for (let row = 0; row < job.rows; row++) gatherBlocks(job, job.taps, row, job.columns, job.blocks + row * line);
}

/** Writes the filter that blocks make up. */
export function scatterTaps(job: TapBlocksJob): void {
  const bytes = job.width * job.channels * 4;
  const piece = job.blockWidth * job.channels * 4;
  const step = job.blockHeight * piece;
  for (let r = 0, to = job.taps; r < job.height; r++, to += bytes) {
    const row = r / job.blockHeight;
    clearFloats(to, bytes >> 2);
    addPieces(job, job.blocks + row * job.columns * step + (r - row * job.blockHeight) * piece, step, job.columns, to);
  }
}
