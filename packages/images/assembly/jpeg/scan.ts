/** Decodes the blocks of a scan, MCU by MCU, into the components' planes. */
import { isAtEnd, isOverrun, openSegment } from './bits';
import { DAMAGED, decodeBlock } from './entropy';
import { ceilDivide, mcuColumns, mcuRows, scanComponent } from './frame';
import { addPairs } from './huffman';
import { clearBlock, inverseDct } from './idct';

const RST0: i32 = 0xd0;
/** Bytes of a segment. */
const LONG: usize = 4096;

/**
 * Decodes a scan of the `count` components whose scan header was read.
 *
 * @param at Its entropy-coded data, which ends before `end`.
 * @param bufferEnd End of room for them and `SEGMENT_SPARE` bytes.
 * @param interval MCUs between restart markers; 0 for none.
 * @returns Address of the marker after the scan, or 0 if its data aren't sound.
 */
export function decodeScan(at: usize, end: usize, bufferEnd: usize, count: i32, interval: i32): usize {
  const first = scanComponent(0);
  // A scan of one component has just the blocks that its samples need, in rows.
  const columns = count === 1 ? ceilDivide(first.width, 8) : mcuColumns();
  const rows = count === 1 ? ceilDivide(first.height, 8) : mcuRows();
  const total = columns * rows;
  let row = 0;
  let column = 0;
  let restarts = 0;
  clearBlock();
  let mcu = 0;
  let marker = openSegment(at, end, bufferEnd);
  // Long scans are worth it, and have most of their symbols in luma.
  if (marker > at + LONG) addPairs(first.acTable);
  while (marker !== 0) {
    for (let i = 0; i < count; i++) scanComponent(i).prediction = 0;
    const stop = interval === 0 ? total : min(mcu + interval, total);
    for (; mcu < stop; mcu++) {
      if (!decodeMcu(row, column, count) || isOverrun()) return 0;
      column++;
      if (column === columns) {
        column = 0;
        row++;
      }
    }
    if (!isAtEnd()) return 0;
    if (mcu === total) return marker;
    if (load<u8>(marker, 1) !== RST0 + (restarts & 7)) return 0;
    restarts++;
    marker = openSegment(marker + 2, end, bufferEnd);
  }
  return 0;
}

function decodeMcu(row: i32, column: i32, count: i32): bool {
  for (let i = 0; i < count; i++) {
    const component = scanComponent(i);
    const across = count === 1 ? 1 : component.horizontal;
    const down = count === 1 ? 1 : component.vertical;
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++) {
        const seen = decodeBlock(i);
        if (seen === DAMAGED) return false;
        placeBlock(i, row * down + y, column * across + x, seen);
      }
    }
  }
  return true;
}

/** Blocks that no wanted pixel depends on are only read past. */
function placeBlock(i: i32, row: i32, column: i32, seen: i32): void {
  const component = scanComponent(i);
  const isWanted =
    row >= component.firstRow &&
    row < component.endRow &&
    column >= component.firstColumn &&
    column < component.endColumn;
  const plane = component.plane + <usize>(row * component.stride + column) * 8;
  if (isWanted) inverseDct(seen, component.steps, plane, component.stride);
  else if (seen !== 0) clearBlock();
}
