/** Builds pages of data format v1, whose layout `lmdb/page.ts` describes. */
import { LAYOUT_V1, PAGE_BRANCH, PAGE_LEAF, PAGE_OVERFLOW, type Page } from '../lmdb/page';

const { headerBytes } = LAYOUT_V1;
const nodeHeaderBytes = 8;
const pointerBytes = 2;
const bigFlag = 1;
const pageNumberBytes = 8;
const noKey = Buffer.alloc(0);

/** A page below a branch, and a lower bound of its keys. */
export interface Child {
  key: Buffer;
  page: number;
}

function even(bytes: number): number {
  return (bytes + 1) & ~1;
}

/** Returns the number of pages of a value that has its own pages. */
export function overflowPages(valueBytes: number, pageBytes: number): number {
  return Math.ceil((headerBytes + valueBytes) / pageBytes);
}

/** Tells whether a value goes to its own pages, by LMDB's rule: a leaf must have space for at least two nodes. */
export function isOverflow(keyBytes: number, valueBytes: number, pageBytes: number): boolean {
  const mostNodeBytes = (((pageBytes - headerBytes) >> 1) & ~1) - pointerBytes;
  return nodeHeaderBytes + keyBytes + valueBytes > mostNodeBytes;
}

/** Returns the size of a node in a branch, including its pointer. */
export function branchNodeBytes(keyBytes: number): number {
  return even(nodeHeaderBytes + keyBytes) + pointerBytes;
}

/** Size of a branch without any nodes. */
export const emptyBranchBytes: number = headerBytes;

/** A leaf that records are appended to, in the order of their keys. */
export class LeafBuilder {
  readonly #bytes: Buffer;
  #lower: number;
  #upper: number;

  private constructor(bytes: Buffer, lower: number, upper: number) {
    this.#bytes = bytes;
    this.#lower = lower;
    this.#upper = upper;
  }

  static empty(pageBytes: number): LeafBuilder {
    return new LeafBuilder(Buffer.alloc(pageBytes), headerBytes, pageBytes);
  }

  /** Continues from a leaf that was written. */
  static from({ bytes }: Page): LeafBuilder {
    return new LeafBuilder(
      Buffer.from(bytes),
      bytes.readUInt16LE(headerBytes - 4),
      bytes.readUInt16LE(headerBytes - 2),
    );
  }

  copy(): LeafBuilder {
    return new LeafBuilder(Buffer.from(this.#bytes), this.#lower, this.#upper);
  }

  /** @param payloadBytes Size of the value itself, or 8 if that is elsewhere. */
  hasRoom(keyBytes: number, payloadBytes: number): boolean {
    return even(nodeHeaderBytes + keyBytes + payloadBytes) + pointerBytes <= this.#upper - this.#lower;
  }

  add(key: Uint8Array, value: Uint8Array): void {
    const payload = this.#addNode(key, value.length, 0, value.length);
    this.#bytes.set(value, payload);
  }

  /** Adds a record whose value starts on another page. */
  addReference(key: Uint8Array, valueBytes: number, firstPage: number): void {
    const payload = this.#addNode(key, valueBytes, bigFlag, pageNumberBytes);
    writeU64(this.#bytes, firstPage, payload);
  }

  /** Returns the position of the payload. */
  #addNode(key: Uint8Array, valueBytes: number, flags: number, payloadBytes: number): number {
    const bytes = this.#bytes;
    this.#upper -= even(nodeHeaderBytes + key.length + payloadBytes);
    writeU16(bytes, this.#upper, this.#lower);
    this.#lower += pointerBytes;
    writeU32(bytes, valueBytes, this.#upper);
    writeU16(bytes, flags, this.#upper + 4);
    writeU16(bytes, key.length, this.#upper + 6);
    bytes.set(key, this.#upper + nodeHeaderBytes);
    return this.#upper + nodeHeaderBytes + key.length;
  }

  /** Returns the page in the form in which it is written as page `number`, valid until the next change. */
  finish(number: number): Buffer {
    writeHeader(this.#bytes, number, PAGE_LEAF, this.#lower, this.#upper);
    return this.#bytes;
  }
}

/** Returns a branch page with these children. The first one's key is omitted: nothing is below it. */
export function buildBranch(number: number, children: readonly Child[], pageBytes: number): Buffer {
  const bytes = Buffer.alloc(pageBytes);
  let lower = headerBytes;
  let upper = pageBytes;
  for (const [i, { key, page }] of children.entries()) {
    const stored = i === 0 ? noKey : key;
    upper -= even(nodeHeaderBytes + stored.length);
    writeU16(bytes, upper, lower);
    lower += pointerBytes;
    bytes.writeUIntLE(page, upper, 6);
    writeU16(bytes, stored.length, upper + 6);
    bytes.set(stored, upper + nodeHeaderBytes);
  }
  writeHeader(bytes, number, PAGE_BRANCH, lower, upper);
  return bytes;
}

/** Returns the header of a value that has its own pages. */
export function buildOverflowHeader(number: number, pages: number): Buffer {
  const header = Buffer.allocUnsafe(headerBytes);
  writeU64(header, number, 0);
  writeU16(header, 0, headerBytes - 8);
  writeU16(header, PAGE_OVERFLOW, headerBytes - 6);
  writeU32(header, pages, headerBytes - 4);
  return header;
}

function writeHeader(bytes: Buffer, number: number, flags: number, lower: number, upper: number): void {
  writeU64(bytes, number, 0);
  writeU16(bytes, flags, headerBytes - 6);
  writeU16(bytes, lower, headerBytes - 4);
  writeU16(bytes, upper, headerBytes - 2);
}

/** Writes a whole number of up to 53 bits. */
export function writeU64(bytes: Uint8Array, value: number, offset: number): void {
  writeU32(bytes, value % 0x1_0000_0000, offset);
  writeU32(bytes, Math.floor(value / 0x1_0000_0000), offset + 4);
}

// Byte by byte: a Buffer's own methods check their arguments, which takes longer than all else that is done for a record.

function writeU32(bytes: Uint8Array, value: number, offset: number): void {
  writeU16(bytes, value, offset);
  writeU16(bytes, value >>> 16, offset + 2);
}

function writeU16(bytes: Uint8Array, value: number, offset: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
}
