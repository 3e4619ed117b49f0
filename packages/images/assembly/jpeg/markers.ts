/** Reads the marker segments of a file: tables, frame and scan headers. What isn't plain and sound is refused. */
import { clearFrame, componentAt, componentCount, readFrameHeader } from './frame';
import { defineHuffmanTable, huffmanTable } from './huffman';
import { QUANTIZATION, QUANTIZATION_BYTES, SCAN_COMPONENTS, ZIGZAG } from './memory';

const SOF0: i32 = 0xc0;
const SOF1: i32 = 0xc1;
const DHT: i32 = 0xc4;
const SOI: i32 = 0xd8;
export const EOI: i32 = 0xd9;
const SOS: i32 = 0xda;
const DQT: i32 = 0xdb;
const DRI: i32 = 0xdd;
const APP0: i32 = 0xe0;
const APP1: i32 = 0xe1;
const APP14: i32 = 0xee;
const APP15: i32 = 0xef;
const COM: i32 = 0xfe;

/** MCUs between restart markers; 0 for none. */
export let restartInterval: i32 = 0;
/** Components in the scan whose header was read last. */
export let scanCount: i32 = 0;

/** Which tables this file has defined, a bit each: Huffman tables for DC, then for AC. */
let quantizationTables: i32 = 0;
let huffmanTables: i32 = 0;
let hasJfif = false;
/** True if the file has EXIF data, which may say that the image is to be turned. */
export let hasExif = false;
/** What Adobe's marker says of the colors; -1 without it. */
let adobeTransform: i32 = -1;

function readU16(at: usize): i32 {
  return ((<i32>load<u8>(at)) << 8) | load<u8>(at, 1);
}

/** Begins a file. Returns the address of the first marker after SOI, or 0. */
export function openFile(at: usize, end: usize): usize {
  clearFrame();
  restartInterval = 0;
  quantizationTables = 0;
  huffmanTables = 0;
  hasJfif = false;
  hasExif = false;
  adobeTransform = -1;
  return at + 4 <= end && readU16(at) === (0xff00 | SOI) ? at + 2 : 0;
}

/** Reads segments up to the next SOS or EOI marker and returns its address, or 0 if one isn't plain and sound. */
export function readSegments(at: usize, end: usize): usize {
  while (at + 2 <= end) {
    if (load<u8>(at) !== 0xff) return 0;
    const marker: i32 = load<u8>(at, 1);
    if (marker === EOI) return at;
    // Bytes of ones may stand before a marker.
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (at + 4 > end) return 0;
    const length = readU16(at + 2) - 2;
    if (length < 0 || at + 4 + length > end) return 0;
    if (marker === SOS) return at;
    if (!readSegment(marker, at + 4, length)) return 0;
    at += 4 + length;
  }
  return 0;
}

function readSegment(marker: i32, at: usize, length: i32): bool {
  if (marker === SOF0 || marker === SOF1) return readFrameHeader(at, length);
  if (marker === DHT) return readHuffmanTables(at, length);
  if (marker === DQT) return readQuantizationTables(at, length);
  if (marker === DRI) {
    if (length !== 2) return false;
    restartInterval = readU16(at);
    return true;
  }
  if (marker === APP0 && length >= 14 && load<u32>(at) === 0x4649464a && load<u8>(at, 4) === 0) hasJfif = true;
  if (marker === APP1 && length >= 4 && load<u32>(at) === 0x66697845) hasExif = true;
  if (marker === APP14 && length >= 12 && load<u32>(at) === 0x626f6441 && load<u8>(at, 4) === 0x65) {
    adobeTransform = load<u8>(at, 11);
  }
  // Progressive, lossless and arithmetic frames, and whatever else there may be, are refused.
  return (marker >= APP0 && marker <= APP15) || marker === COM;
}

function readHuffmanTables(at: usize, length: i32): bool {
  while (length > 0) {
    const kind: i32 = load<u8>(at);
    const number = kind & 15;
    if (kind >> 4 > 1 || number > 3) return false;
    const isAc = kind >> 4 === 1;
    const used = defineHuffmanTable(huffmanTable(isAc, number), isAc, at + 1, length - 1);
    if (used === 0) return false;
    huffmanTables |= 1 << (number + (isAc ? 4 : 0));
    at += 1 + used;
    length -= 1 + used;
  }
  return true;
}

function readQuantizationTables(at: usize, length: i32): bool {
  while (length > 0) {
    const number = load<u8>(at) & 15;
    const isWide = load<u8>(at) >> 4;
    const used = 1 + (64 << isWide);
    if (isWide > 1 || number > 3 || used > length) return false;
    const table = quantizationTable(number);
    for (let k = 0; k < 64; k++) {
      const step = isWide ? readU16(at + 1 + 2 * k) : load<u8>(at + 1 + k);
      store<u16>(table + load<u8>(ZIGZAG + k), step);
    }
    quantizationTables |= 1 << number;
    at += used;
    length -= used;
  }
  return true;
}

function quantizationTable(number: i32): usize {
  return QUANTIZATION + <usize>number * QUANTIZATION_BYTES;
}

/** Lays out what no file changes: the order of coefficients, and what lies past the last one. */
export function writeZigzag(): void {
  let row = 0;
  let column = 0;
  for (let k = 0; k < 64; k++) {
    // Columns 1 and 2 have changed places, and 5 and 6, as the inverse DCT pairs them.
    const lane = (column & 4) | ((column & 1) << 1) | ((column >> 1) & 1);
    store<u8>(ZIGZAG + k, 16 * row + 2 * lane);
    const isUpward = ((row + column) & 1) === 0;
    if (isUpward) {
      if (column === 7) row++;
      else {
        column++;
        if (row > 0) row--;
      }
    } else if (row === 7) column++;
    else {
      row++;
      if (column > 0) column--;
    }
  }
  // Behind the block.
  for (let k = 64; k < 208; k++) store<u8>(ZIGZAG + k, 128);
}

/** True if the frame's colors are gray or YCbCr, by the rules of the JFIF and Adobe markers, as libjpeg takes them. */
export function hasPlainColors(): bool {
  if (componentCount !== 3 || hasJfif) return true;
  if (adobeTransform >= 0) return adobeTransform === 1;
  return !(componentAt(0).id === 0x52 && componentAt(1).id === 0x47 && componentAt(2).id === 0x42);
}

/** Reads a scan header at its marker, and puts its components in `SCAN_COMPONENTS`. Returns the address past it, or 0. */
export function readScanHeader(marker: usize): usize {
  const length = readU16(marker + 2) - 2;
  const at = marker + 4;
  const count: i32 = length > 0 ? load<u8>(at) : 0;
  if (count < 1 || count > componentCount || length !== 4 + 2 * count) return 0;
  for (let i = 0; i < count; i++) {
    if (!addToScan(i, load<u8>(at + 1 + 2 * i), load<u8>(at + 2 + 2 * i))) return 0;
  }
  // All coefficients, with all their bits: the only kind there is in a sequential frame.
  const spectrum = at + 1 + 2 * count;
  if (load<u8>(spectrum) !== 0 || load<u8>(spectrum, 1) !== 63 || load<u8>(spectrum, 2) !== 0) return 0;
  scanCount = count;
  return at + length;
}

function addToScan(i: i32, id: i32, tables: i32): bool {
  for (let c = 0; c < componentCount; c++) {
    const component = componentAt(c);
    if (component.id !== id || component.isScanned) continue;
    const dc = tables >> 4;
    const ac = tables & 15;
    if (dc > 3 || ac > 3 || !(huffmanTables & (1 << dc)) || !(huffmanTables & (16 << ac))) return false;
    if (!(quantizationTables & (1 << component.quantization))) return false;
    component.isScanned = true;
    component.dcTable = huffmanTable(false, dc);
    component.acTable = huffmanTable(true, ac);
    component.steps = quantizationTable(component.quantization);
    store<usize>(SCAN_COMPONENTS + 4 * i, changetype<usize>(component));
    return true;
  }
  return false;
}

export function areAllScanned(): bool {
  for (let c = 0; c < componentCount; c++) if (!componentAt(c).isScanned) return false;
  return true;
}
