/**
 * A decoder of ordinary JPEG files: sequential Huffman coding, 8 bits, gray or YCbCr with luma once or twice as fine as chroma each
 * way. Its pixels are those of libjpeg-turbo to the bit. Everything else, and all damage, is refused, for a decoder that knows more.
 *
 * One file a stage: markers.ts (segments), frame.ts (sizes and planes), huffman.ts (tables), bits.ts and entropy.ts (codes to
 * coefficients), idct.ts (coefficients to samples), chroma.ts (as many samples of chroma as of luma), color.ts (samples to pixels), scan.ts
 * (the way through the blocks).
 *
 * Pointer contract: the first `reservedBytes()` of the imported memory are the decoder's, between calls too. All other memory is the
 * caller's, who says where the file, the work and the pixels lie; they must not overlap. Whatever the file holds, nothing outside of
 * them is written, and nothing but them and 16 bytes around them read.
 */
import { aimAt, beginResize, blendMissing, joinRows, missingRow } from '../bilinear';
import { floatsOfPixels } from '../pack';
import { alongPixelRow } from '../pixels';
import { SEGMENT_SPARE } from './bits';
import { PIXEL_SPARE, PIXELS, rowBytes, writeImage, writeRow } from './color';
import { componentCount, height, placePlanes, planeBytes, width } from './frame';
import { writeFactors } from './idct';
import {
  areAllScanned,
  EOI,
  hasExif,
  hasPlainColors,
  openFile,
  readScanHeader,
  readSegments,
  restartInterval,
  scanCount,
  writeZigzag,
} from './markers';
import { RESERVED_BYTES } from './memory';
import { decodeScan } from './scan';
import { writeVectors } from './vectors';

let fileEnd: usize = 0;
let firstScan: usize = 0;

export function reservedBytes(): usize {
  return RESERVED_BYTES;
}

/** Call this once, before anything else. */
export function start(): void {
  writeZigzag();
  writeFactors();
  writeVectors();
}

/** Reads a file up to its first scan. Returns the number of components, or 0 if the file is none of this decoder's. */
export function open(file: usize, length: i32): i32 {
  fileEnd = file + length;
  const first = openFile(file, fileEnd);
  firstScan = first === 0 ? 0 : readSegments(first, fileEnd);
  const isPlain = firstScan !== 0 && load<u8>(firstScan, 1) !== EOI && hasPlainColors();
  return isPlain ? componentCount : 0;
}

/** Size of the image that was opened. */
export function imageHeight(): i32 {
  return height;
}

export function imageWidth(): i32 {
  return width;
}

/** Whether its EXIF data may say that it is to be turned, which `decode` doesn't. */
export function mayBeTurned(): bool {
  return hasExif;
}

/** Bytes that `decode` needs for its work. */
export function workBytes(): usize {
  return segmentBytes() + planeBytes() + rowBytes();
}

function segmentBytes(): usize {
  return align16(fileEnd - firstScan) + SEGMENT_SPARE;
}

function align16(bytes: usize): usize {
  return (bytes + 15) & ~15;
}

/** Bytes that may be written past the image. */
export function spareBytes(): usize {
  return PIXEL_SPARE;
}

/**
 * Decodes a part of the image that was opened.
 *
 * @param work `workBytes()` of memory, aligned to 16.
 * @param image Room for `rows * columns * kind` bytes and `spareBytes()`.
 * @param kind 1 for luma, 3 for planes of blue, green and red, 4 for pixels of red, green, blue and one byte more.
 * @returns Whether all of the file is sound. If not, the image is worth nothing.
 */
export function decode(work: usize, image: usize, kind: i32, top: i32, left: i32, rows: i32, columns: i32): bool {
  const rowScratch = decodePlanes(work, top, left, rows, columns);
  if (rowScratch !== 0) writeImage(image, kind, top, left, rows, columns, rowScratch);
  return rowScratch !== 0;
}

/**
 * Decodes a part of the image that was opened and resizes it as `bilinear` does. Only rows that it looks at become pixels.
 *
 * @param image Room for `toHeight * toWidth * kind` bytes.
 * @param kind 1 or 4, as in `decode`.
 * @param scratch Room for `4 * columns` bytes and `spareBytes()`, aligned to 16, and after them for what `bilinear` needs.
 * @returns As `decode`.
 */
export function decodeBilinear(
  work: usize,
  image: usize,
  kind: i32,
  top: i32,
  left: i32,
  rows: i32,
  columns: i32,
  toHeight: i32,
  toWidth: i32,
  scratch: usize,
): bool {
  const rowScratch = decodePlanes(work, top, left, rows, columns);
  if (rowScratch === 0) return false;
  beginResize(columns, rows, kind, toWidth, toHeight, scratch + align16(4 * columns + spareBytes()));
  for (let y = 0; y < toHeight; y++) {
    image = writeResizedRow(y, image, kind, top, left, columns, scratch, rowScratch);
  }
  return true;
}

/**
 * Decodes a part of the image that was opened, resizes it as `bilinear` does unless it has that size, and writes it as `floatsOfPixels`
 * does, row by row: while the floats are on their way to memory, the next row is made.
 *
 * @param out Room for `toHeight * toWidth` pixels of three f32.
 * @param scratch Room for rows of `4 * columns` and of `4 * toWidth` bytes and `spareBytes()` each, aligned to 16, and after them for what
 *   `bilinear` needs.
 * @returns As `decode`.
 */
export function decodeFloats(
  work: usize,
  out: usize,
  top: i32,
  left: i32,
  rows: i32,
  columns: i32,
  toHeight: i32,
  toWidth: i32,
  mirror: i32,
  mean0: f32,
  mean1: f32,
  mean2: f32,
  scale: f32,
  scratch: usize,
): bool {
  const rowScratch = decodePlanes(work, top, left, rows, columns);
  if (rowScratch === 0) return false;
  const isResized = toHeight !== rows || toWidth !== columns;
  const resized = scratch + align16(4 * columns + spareBytes());
  if (isResized) beginResize(columns, rows, PIXELS, toWidth, toHeight, resized + align16(4 * toWidth + spareBytes()));
  for (let y = 0; y < toHeight; y++) {
    if (isResized) writeResizedRow(y, resized, PIXELS, top, left, columns, scratch, rowScratch);
    else writeRow(scratch, PIXELS, top + y, left, columns, 0, rowScratch);
    floatsOfPixels(isResized ? resized : scratch, toWidth, mirror, out, mean0, mean1, mean2, scale);
    out += 12 * toWidth;
  }
  return true;
}

/** Writes row `y` of a result, for which `beginResize` was called. Returns the address past it. */
function writeResizedRow(
  y: i32,
  dst: usize,
  kind: i32,
  top: i32,
  left: i32,
  columns: i32,
  row: usize,
  rowScratch: usize,
): usize {
  aimAt(y);
  for (let missing = missingRow(); missing >= 0; missing = missingRow()) {
    writeRow(row, kind, top + missing, left, columns, 0, rowScratch);
    blendMissing(row);
  }
  return joinRows(dst);
}

/**
 * Decodes a part of the image that was opened and resizes its rows as `alongPixelRow` does.
 *
 * @param image Room for `rows * toWidth` pixels of four bytes.
 * @param scratch Room for `4 * columns` bytes and `spareBytes()`.
 * @returns As `decode`.
 */
export function decodeAlongRows(
  work: usize,
  image: usize,
  top: i32,
  left: i32,
  rows: i32,
  columns: i32,
  toWidth: i32,
  windows: usize,
  weights: usize,
  groups: i32,
  scratch: usize,
): bool {
  const rowScratch = decodePlanes(work, top, left, rows, columns);
  if (rowScratch === 0) return false;
  for (let y = 0; y < rows; y++) {
    writeRow(scratch, PIXELS, top + y, left, columns, 0, rowScratch);
    alongPixelRow(scratch, image, toWidth, windows, weights, groups);
    image += 4 * toWidth;
  }
  return true;
}

/** Decodes the blocks of a part. Returns the address of the memory past the planes, for work on rows, or 0 if the file isn't sound. */
function decodePlanes(work: usize, top: i32, left: i32, rows: i32, columns: i32): usize {
  const planes = work + segmentBytes();
  placePlanes(planes, top, left, rows, columns);
  let marker = firstScan;
  while (load<u8>(marker, 1) !== EOI) {
    const data = readScanHeader(marker);
    if (data === 0) return 0;
    const next = decodeScan(data, fileEnd, planes, scanCount, restartInterval);
    if (next === 0) return 0;
    marker = readSegments(next, fileEnd);
    if (marker === 0) return 0;
  }
  return areAllScanned() ? planes + planeBytes() : 0;
}
