/**
 * The header of a BMP file. All numbers are little-endian:
 *
 *     0 "BM"            10 u32 start of the rows   14 u32 bytes of the header from here on, followed by the palette
 *     18 i32 width      22 i32 height, negative if the top row is the first
 *     28 u16 bits per pixel   30 u32 compression   46 u32 colors of the palette, 0 for all   54 u32 masks of red, green and blue
 *
 * The oldest header has 12 bytes: 18 u16 width, 20 u16 height, 24 u16 bits per pixel, and a palette of three bytes per color.
 */
import { oldHeaderBytes, readBmpSize } from '../kind/bmp';

const UNCOMPRESSED = 0;
const RUNS_OF_8_BITS = 1;
const RUNS_OF_4_BITS = 2;
const BY_MASKS = 3;
const usualHeaderBytes = 40;
/** By bits per pixel. */
const usualMasks: Record<number, readonly number[]> = { 16: [0x7c00, 0x3e0, 0x1f], 32: [0xff0000, 0xff00, 0xff] };

/** What is known about a BMP file before its pixels are read. */
export interface BmpHeader {
  /** Rows, top row first: the first byte of row y is at `start + y * step`. Runs begin at `first`. */
  readonly start: number;
  readonly step: number;
  readonly first: number;
  readonly height: number;
  readonly width: number;
  readonly bits: number;
  readonly hasRuns: boolean;
  /** Four bytes per color: blue, green, red and an unused one. */
  readonly palette: Uint8Array;
  /** The bits of red, green and blue in a pixel of 16 or 32 bits; undefined if a pixel has a byte of each, blue first. */
  readonly masks?: readonly number[];
}

/** Reads the header; returns a string that says why the file cannot be decoded. */
export function readBmpHeader(file: Uint8Array): BmpHeader | string {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < 14 + oldHeaderBytes) return 'a truncated BMP file';
  const headerBytes = view.getUint32(14, true);
  const isOld = headerBytes === oldHeaderBytes;
  if (!isOld && headerBytes < usualHeaderBytes) return `a BMP file with a header of ${headerBytes} bytes`;
  if (!isOld && file.length < 14 + usualHeaderBytes) return 'a truncated BMP file';
  const bits = view.getUint16(isOld ? 24 : 28, true);
  const compression = isOld ? UNCOMPRESSED : view.getUint32(30, true);
  const hasRuns = (compression === RUNS_OF_8_BITS && bits === 8) || (compression === RUNS_OF_4_BITS && bits === 4);
  const hasMasks = compression === BY_MASKS && (bits === 16 || bits === 32);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) return `a BMP file of ${bits} bits per pixel`;
  if (compression !== UNCOMPRESSED && !hasRuns && !hasMasks) return 'a BMP file with an unsupported compression';
  const masks = masksOf(view, bits, hasMasks);
  if (typeof masks === 'string') return masks;
  const [height, width] = readBmpSize(view);
  const isTopFirst = !isOld && view.getInt32(22, true) < 0;
  if (width < 1 || height < 1) return `a BMP file of ${width}x${height} pixels`;
  const first = view.getUint32(10, true);
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (!hasRuns && first + height * rowBytes > file.length) return 'a truncated BMP file';
  const [start, step] = isTopFirst ? [first, rowBytes] : [first + (height - 1) * rowBytes, -rowBytes];
  const colors = bits > 8 ? 0 : Math.min((isOld ? 0 : view.getUint32(46, true)) || 256, 2 ** bits);
  const palette = paletteOf(file.subarray(14 + headerBytes), colors, isOld ? 3 : 4);
  return { start, step, first, height, width, bits, hasRuns, palette, ...(masks && { masks }) };
}

/** Undefined if a pixel has a byte of each color in the usual order. */
function masksOf(view: DataView, bits: number, hasMasks: boolean): readonly number[] | string | undefined {
  if (!hasMasks) return bits === 16 ? usualMasks[16] : undefined;
  if (view.byteLength < 66) return 'a truncated BMP file';
  const masks = [54, 58, 62].map((at) => view.getUint32(at, true));
  if (bits === 32 && masks.every((mask, i) => mask === usualMasks[32][i])) return undefined;
  return masks.every(isWide) ? masks : 'a BMP file with unusual bits of colors';
}

/** Tells whether a mask is one group of at least five bits. */
function isWide(mask: number): boolean {
  return /^1{5,}0*$/.test(mask.toString(2));
}

function paletteOf(bytes: Uint8Array, colors: number, bytesPerColor: number): Uint8Array {
  if (bytesPerColor === 4) return bytes.subarray(0, 4 * colors);
  const count = Math.min(colors, Math.floor(bytes.length / bytesPerColor));
  const palette = new Uint8Array(4 * count);
  for (let i = 0; i < count; i++) palette.set(bytes.subarray(3 * i, 3 * i + 3), 4 * i);
  return palette;
}
