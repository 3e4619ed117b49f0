/**
 * One page of an LMDB B+tree, checked when it is created: after that, all of its keys and nodes are inside its bytes.
 *
 * Layout (little-endian; v1 is stock LMDB 0.9, v2 is npm `lmdb` 3.x and LMDB 1.0):
 *
 *     header   v1: number u64, pad u16, flags u16, lower u16, upper u16                   (16 bytes)
 *              v2: number u64, txnid u64, pad u16, flags u16, lower u16, upper u16        (24 bytes)
 *              an overflow page has `pages u32` in place of lower and upper
 *     pointers u16 each, up to `lower`; offsets of nodes from the page's start (v1) or the header's end (v2)
 *     nodes    from `upper` to the page's end: lo u16, hi u16, flags u16, keySize u16, key, then
 *              in a leaf: the value of (hi << 16 | lo) bytes, or a reference to overflow pages
 *              in a branch: nothing; the child's page number is flags:hi:lo
 */
import { CorruptDatabaseError } from '../errors/errors';

/** The differences between the two data formats. */
export interface PageLayout {
  format: 1 | 2;
  headerBytes: 16 | 24;
  /** What lower, upper and node pointers are relative to. */
  base: 0 | 24;
  /** Size of the reference from a leaf to an overflow value. */
  overflowRefBytes: 8 | 24;
}

export const LAYOUT_V1: PageLayout = { format: 1, headerBytes: 16, base: 0, overflowRefBytes: 8 };
export const LAYOUT_V2: PageLayout = { format: 2, headerBytes: 24, base: 24, overflowRefBytes: 24 };

export const PAGE_BRANCH = 1;
export const PAGE_LEAF = 2;
export const PAGE_OVERFLOW = 4;
export const PAGE_META = 8;

const NODE_BIG = 1;
const NODE_SUBTREE = 2;
const NODE_HEADER_BYTES = 8;

/** Size of the record that describes a tree (MDB_db). */
export const treeRecordBytes = 48;

/** Maximum size that a value may claim, which is also the limit of Node.js buffers. */
const maxValueBytes = 0x7fffffff - 64;

/** Reads a u64 that must be a safe integer. Returns -1 if it is not. */
export function readU64(bytes: Buffer, offset: number): number {
  const high = bytes.readUInt32LE(offset + 4);
  return high > 0x1fffff ? -1 : high * 0x1_0000_0000 + bytes.readUInt32LE(offset);
}

/** Where a leaf's value is. */
export interface ValueRef {
  /** First overflow page, or 0 if the value is in the leaf itself. */
  page: number;
  /** Number of overflow pages that a value of this size needs. The run in the file may be longer, but never shorter. */
  pages: number;
  /** Bytes of the value. */
  size: number;
  /** Offset in the leaf's bytes if the value is in the leaf. */
  offset: number;
}

export interface PageOptions {
  /** Collect damaged nodes instead of throwing. A damaged header always throws. */
  lenient?: boolean;
  /** Keys are u64 numbers: the list of free pages. */
  integerKeys?: boolean;
}

/** A branch or leaf page. */
export class Page {
  readonly isLeaf: boolean;
  /** Number of keys. A branch's first key is empty and counts as less than all others. */
  readonly count: number;

  /** Nodes that are damaged, and how. Always empty unless the page was created with `lenient`; do not use those nodes. */
  readonly damagedNodes = new Map<number, string>();
  /** What is wrong with the page as a whole, although all of its nodes can be read. Never set unless it was created with `lenient`. */
  damage?: string;

  /**
   * @param bytes The complete page.
   * @param number The page number it was read from.
   * @throws CorruptDatabaseError if the header, a node's extent or the order of the keys is wrong.
   */
  constructor(
    readonly bytes: Buffer,
    readonly number: number,
    readonly layout: PageLayout,
    readonly path: string,
    options: PageOptions = {},
  ) {
    const { headerBytes, base } = layout;
    const saysNumber = readU64(bytes, 0);
    if (saysNumber !== number) this.#fail('a page that carries its own number', `number ${saysNumber}`);
    const flags = bytes.readUInt16LE(headerBytes - 6);
    if (flags !== PAGE_BRANCH && flags !== PAGE_LEAF) {
      this.#fail('a branch or leaf page', `flags 0x${flags.toString(16)}`);
    }
    this.isLeaf = flags === PAGE_LEAF;
    const lower = bytes.readUInt16LE(headerBytes - 4) + base;
    const upper = bytes.readUInt16LE(headerBytes - 2) + base;
    if (lower < headerBytes || lower > upper || upper > bytes.length || (lower - headerBytes) % 2 !== 0) {
      this.#fail('room for nodes inside the page', `lower ${lower} and upper ${upper}`);
    }
    this.count = (lower - headerBytes) >> 1;
    if (this.count < (this.isLeaf ? 1 : 2)) this.#fail('keys', `${this.count}`);
    this.#checkNodes(upper, options);
  }

  #checkNodes(upper: number, { lenient = false, integerKeys = false }: PageOptions): void {
    const { bytes, isLeaf } = this;
    let usedBytes = 0;
    let last = -1;
    for (let i = 0; i < this.count; i++) {
      const node = this.#node(i);
      const problem = this.#nodeProblem(node, upper) ?? this.#orderProblem(i, last, integerKeys);
      if (problem === undefined) {
        const keyEnd = node + NODE_HEADER_BYTES + bytes.readUInt16LE(node + 6);
        const end = isLeaf ? keyEnd + this.#payloadBytes(node) : keyEnd;
        usedBytes += (end - node + 1) & ~1;
        if (isLeaf || i > 0) last = i;
      } else if (lenient) {
        this.damagedNodes.set(i, problem);
      } else {
        this.#fail(`node ${i} to be sound`, problem);
      }
    }
    if (usedBytes === bytes.length - upper) return;
    if (!lenient) this.#fail(`nodes of ${bytes.length - upper} bytes together`, `${usedBytes}`);
    // Nodes that are damaged themselves do not count.
    if (this.damagedNodes.size === 0) this.damage = `nodes of ${usedBytes} bytes in a space of ${bytes.length - upper}`;
  }

  #nodeProblem(node: number, upper: number): string | undefined {
    const { bytes, isLeaf } = this;
    if (node < upper || node + NODE_HEADER_BYTES > bytes.length || node % 2 !== 0) return `offset ${node}`;
    const keyBytes = bytes.readUInt16LE(node + 6);
    const keyEnd = node + NODE_HEADER_BYTES + keyBytes;
    if (keyEnd > bytes.length) return `a key of ${keyBytes} bytes`;
    if (!isLeaf) return undefined;
    const flags = bytes.readUInt16LE(node + 4);
    if (flags & ~(NODE_BIG | NODE_SUBTREE)) return `flags 0x${flags.toString(16)}`;
    if (keyBytes === 0) return 'an empty key';
    const size = bytes.readUInt32LE(node);
    if (flags & NODE_SUBTREE && size !== treeRecordBytes) return `a tree record of ${size} bytes`;
    if (flags & NODE_BIG && size > maxValueBytes) return `a value of ${size} bytes`;
    return keyEnd + this.#payloadBytes(node) > bytes.length ? `a value of ${size} bytes` : undefined;
  }

  #orderProblem(i: number, last: number, integerKeys: boolean): string | undefined {
    const { bytes } = this;
    const node = this.#node(i);
    const key = node + NODE_HEADER_BYTES;
    const keyBytes = bytes.readUInt16LE(node + 6);
    if (integerKeys && keyBytes !== 8 && (this.isLeaf || i > 0)) return `a key of ${keyBytes} bytes`;
    if (last < 0) return undefined;
    const lastNode = this.#node(last);
    const lastKey = lastNode + NODE_HEADER_BYTES;
    const order = integerKeys
      ? readU64(bytes, lastKey) - readU64(bytes, key)
      : bytes.compare(bytes, key, key + keyBytes, lastKey, lastKey + bytes.readUInt16LE(lastNode + 6));
    return order < 0 ? undefined : `a key that is not above key ${last}`;
  }

  /** Returns the number of bytes after the key of a leaf's node. */
  #payloadBytes(node: number): number {
    const isBig = this.bytes.readUInt16LE(node + 4) & NODE_BIG;
    return isBig ? this.layout.overflowRefBytes : this.bytes.readUInt32LE(node);
  }

  #node(i: number): number {
    return this.bytes.readUInt16LE(this.layout.headerBytes + 2 * i) + this.layout.base;
  }

  /** Returns key `i`, as a view of the page. */
  key(i: number): Buffer {
    const node = this.#node(i);
    const start = node + NODE_HEADER_BYTES;
    return this.bytes.subarray(start, start + this.bytes.readUInt16LE(node + 6));
  }

  /** Compares key `i` with `key` in the tree's order (bytes, then length). */
  compareKey(i: number, key: Uint8Array): number {
    const node = this.#node(i);
    const start = node + NODE_HEADER_BYTES;
    return this.bytes.compare(key, 0, key.length, start, start + this.bytes.readUInt16LE(node + 6));
  }

  /**
   * Tells whether all keys are at least `low` and less than `high`, which the pages above determine. A branch's first key is ignored,
   * because it is empty.
   */
  isWithin(low: Uint8Array | undefined, high: Uint8Array | undefined): boolean {
    const first = this.isLeaf ? 0 : 1;
    return !(low && this.compareKey(first, low) < 0) && !(high && this.compareKey(this.count - 1, high) >= 0);
  }

  /** Page number of a branch's child `i`. */
  child(i: number): number {
    const node = this.#node(i);
    return this.bytes.readUInt32LE(node) + this.bytes.readUInt16LE(node + 4) * 0x1_0000_0000;
  }

  /** True if the value of a leaf's key `i` describes a named database. */
  isSubtree(i: number): boolean {
    return (this.bytes.readUInt16LE(this.#node(i) + 4) & NODE_SUBTREE) !== 0;
  }

  /** Returns where the value of a leaf's key `i` is. Overflow page numbers have not been checked against the file yet. */
  value(i: number): ValueRef {
    const node = this.#node(i);
    const size = this.bytes.readUInt32LE(node);
    const offset = node + NODE_HEADER_BYTES + this.bytes.readUInt16LE(node + 6);
    if (!(this.bytes.readUInt16LE(node + 4) & NODE_BIG)) return { page: 0, pages: 0, size, offset };
    const pages = Math.ceil((this.layout.headerBytes + size) / this.bytes.length);
    return { page: readU64(this.bytes, offset), pages, size, offset: 0 };
  }

  /** Index of the first key that is not less than `key`; in a branch, of the child that may contain it. */
  search(key: Uint8Array): number {
    let low = this.isLeaf ? 0 : 1;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = this.compareKey(middle, key);
      if (this.isLeaf ? order < 0 : order <= 0) low = middle + 1;
      else high = middle;
    }
    return this.isLeaf ? low : low - 1;
  }

  #fail(expected: string, received: string): never {
    throw new CorruptDatabaseError(
      {
        where: `${this.path}: page ${this.number}`,
        expected,
        received,
        todo: 'the file is damaged; verify it to see what can still be read',
      },
      { path: this.path, page: this.number },
    );
  }
}
