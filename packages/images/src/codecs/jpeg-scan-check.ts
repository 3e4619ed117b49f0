/**
 * Walks the codes of a sequential JPEG without decoding it, to determine whether its image is complete: libvips does not notice missing
 * data in the last rows. This is only done for files without an end marker.
 */
import { isFrameMarker } from '../kind/jpeg';

/** Canonical Huffman codes by length: the first code of each length, their number, and the position of their symbols. */
interface HuffmanTable {
  first: number[];
  count: number[];
  start: number[];
  symbols: Uint8Array;
}

interface Component {
  id: number;
  across: number;
  down: number;
}

interface Frame {
  height: number;
  width: number;
  components: Component[];
}

const DHT = 0xc4;
const EOI = 0xd9;
const SOS = 0xda;
const DRI = 0xdd;
const SEQUENTIAL = [0xc0, 0xc1];

/** The file ends, or is damaged, before its image is complete. */
class NotWholeError extends Error {}

/** Returns undefined if the file is not sequential. */
export function isSequentialWhole(file: Uint8Array): boolean | undefined {
  const tables = new Map<number, HuffmanTable>();
  const scanned = new Set<number>();
  let frame: Frame | undefined;
  let interval = 0;
  try {
    for (let at = 2; at + 4 <= file.length; ) {
      const marker = file[at + 1];
      if (file[at] !== 0xff) return false;
      if (marker === EOI) break;
      if (marker === 0xff) {
        at++;
        continue;
      }
      const next = at + 2 + u16(file, at + 2);
      const segment = file.subarray(at + 4, next);
      if (isFrameMarker(marker) && !SEQUENTIAL.includes(marker)) return undefined;
      if (isFrameMarker(marker)) frame = readFrame(segment);
      if (marker === DHT) readTables(segment, tables);
      if (marker === DRI) interval = u16(segment, 0);
      at = next;
      if (marker !== SOS) continue;
      if (!frame) return false;
      at = walkScan(file, at, segment, frame, tables, interval, scanned);
    }
  } catch (error) {
    if (error instanceof NotWholeError) return false;
    throw error;
  }
  return frame !== undefined && scanned.size === frame.components.length;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0);
}

function readFrame(segment: Uint8Array): Frame {
  const components = Array.from({ length: segment[5] ?? 0 }, (_, i) => {
    const factors = segment[7 + 3 * i] ?? 0;
    return { id: segment[6 + 3 * i] ?? 0, across: factors >> 4 || 1, down: factors & 15 || 1 };
  });
  return { height: u16(segment, 1), width: u16(segment, 3), components };
}

function readTables(segment: Uint8Array, tables: Map<number, HuffmanTable>): void {
  for (let at = 0; at + 17 <= segment.length; ) {
    const count = [0, ...segment.subarray(at + 1, at + 17)];
    const [first, start]: [number[], number[]] = [[], []];
    let [code, total] = [0, 0];
    for (const [length, codes] of count.entries()) {
      first[length] = code;
      start[length] = total;
      code = (code + codes) << 1;
      total += codes;
    }
    tables.set(segment[at], { first, count, start, symbols: segment.subarray(at + 17, at + 17 + total) });
    at += 17 + total;
  }
}

/** Walks a scan. Returns the position after its codes. @throws NotWholeError */
function walkScan(
  file: Uint8Array,
  from: number,
  header: Uint8Array,
  { height, width, components }: Frame,
  tables: Map<number, HuffmanTable>,
  interval: number,
  scanned: Set<number>,
): number {
  const most = (of: 'across' | 'down') => Math.max(...components.map((component) => component[of]));
  const [mostAcross, mostDown] = [most('across'), most('down')];
  const count = header[0] ?? 0;
  const blocks: [dc: HuffmanTable, ac: HuffmanTable][] = [];
  let [columns, rows] = [Math.ceil(width / (8 * mostAcross)), Math.ceil(height / (8 * mostDown))];
  for (let i = 0; i < count; i++) {
    const component = components.find(({ id }) => id === header[1 + 2 * i]);
    const kinds = header[2 + 2 * i] ?? 0;
    const [dc, ac] = [tables.get(kinds >> 4), tables.get(16 + (kinds & 15))];
    if (!component || !dc || !ac) throw new NotWholeError();
    scanned.add(component.id);
    // A scan of a single component has only the blocks that its samples need.
    if (count === 1) columns = Math.ceil(Math.ceil((width * component.across) / mostAcross) / 8);
    if (count === 1) rows = Math.ceil(Math.ceil((height * component.down) / mostDown) / 8);
    for (let k = count === 1 ? 1 : component.across * component.down; k > 0; k--) blocks.push([dc, ac]);
  }
  const codes = new Codes(file, from);
  for (let mcu = 0; mcu < columns * rows; mcu++) {
    if (interval > 0 && mcu > 0 && mcu % interval === 0) codes.restart();
    for (const [dc, ac] of blocks) codes.skipBlock(dc, ac);
  }
  return codes.end();
}

class Codes {
  #bits = 0;
  #left = 0;

  readonly #file: Uint8Array;
  #at: number;

  constructor(file: Uint8Array, at: number) {
    this.#file = file;
    this.#at = at;
  }

  skipBlock(dc: HuffmanTable, ac: HuffmanTable): void {
    this.#skip(this.#symbol(dc) & 15);
    for (let k = 1; k < 64; k++) {
      const symbol = this.#symbol(ac);
      if (symbol === 0) return;
      k += symbol >> 4;
      this.#skip(symbol & 15);
    }
  }

  /** Reads past a restart marker. */
  restart(): void {
    this.#left = 0;
    while (this.#file[this.#at] === 0xff && this.#file[this.#at + 1] === 0xff) this.#at++;
    const marker = this.#file[this.#at + 1] ?? 0;
    if (this.#file[this.#at] !== 0xff || marker < 0xd0 || marker > 0xd7) throw new NotWholeError();
    this.#at += 2;
  }

  end(): number {
    return this.#at;
  }

  #symbol({ first, count, start, symbols }: HuffmanTable): number {
    let code = 0;
    for (let length = 1; length <= 16; length++) {
      code = code * 2 + this.#bit();
      const number = code - first[length];
      if (number < count[length]) return symbols[start[length] + number] ?? 0;
    }
    throw new NotWholeError();
  }

  #skip(bits: number): void {
    for (let i = 0; i < bits; i++) this.#bit();
  }

  #bit(): number {
    if (this.#left === 0) {
      const byte = this.#file[this.#at];
      if (byte === undefined || (byte === 0xff && this.#file[this.#at + 1] !== 0)) throw new NotWholeError();
      this.#at += byte === 0xff ? 2 : 1;
      this.#bits = byte;
      this.#left = 8;
    }
    this.#left--;
    return (this.#bits >> this.#left) & 1;
  }
}
