/**
 * Finds record number i without walking the tree: one pass over the leaves notes where each value is.
 * 8 bytes a record and 8 bytes a leaf page in memory; values aren't read.
 */
import type { CorruptDatabaseError } from './errors.js';
import type { TreeRecord } from './meta.js';
import type { ValueRef } from './page.js';
import type { PageFile } from './page-file.js';
import { PageSet } from './page-set.js';
import { TreeCursor } from './tree-cursor.js';

/** In `sizes`: the value is in the leaf, and `pages` holds the leaf. */
const IN_LEAF = 0xffffffff;

export type PageNumbers = Uint32Array | Float64Array;

export class KeyIndex {
  /**
   * @param valuePages Per record: first overflow page, or the leaf if the value is in it.
   * @param valueSizes Per record: bytes of the value, or `IN_LEAF`.
   * @param leafPages Page numbers of the leaves, in key order.
   * @param leafStarts Number of the first record of each leaf.
   */
  constructor(
    readonly valuePages: PageNumbers,
    readonly valueSizes: Uint32Array,
    readonly leafPages: PageNumbers,
    readonly leafStarts: Float64Array,
  ) {}

  get length(): number {
    return this.valueSizes.length;
  }

  /** Where the value of record `i` is, or undefined if it is in its leaf. */
  overflow(i: number, file: PageFile): ValueRef | undefined {
    const size = this.valueSizes[i] as number;
    if (size === IN_LEAF) return undefined;
    const pages = Math.ceil((file.layout.headerBytes + size) / file.pageSizeBytes);
    return { page: this.valuePages[i] as number, pages, size, offset: 0 };
  }

  /** The leaf of record `i` and the record's index in it. */
  leaf(i: number): { page: number; index: number } {
    let low = 0;
    let high = this.leafStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.leafStarts[middle] as number) <= i) low = middle;
      else high = middle;
    }
    return { page: this.leafPages[low] as number, index: i - (this.leafStarts[low] as number) };
  }
}

/**
 * Builds the index by one walk over the leaves.
 *
 * @throws CorruptDatabaseError if the tree holds another number of records than its header says, or if two values share a page.
 */
export function buildKeyIndex(file: PageFile, tree: TreeRecord): KeyIndex {
  if (tree.entries * 10 > file.fileBytes || tree.leafPages * file.pageSizeBytes > file.fileBytes) {
    throw wrongCount(file, tree, 'fewer than would fit into the file');
  }
  const pageNumbers = (length: number): PageNumbers =>
    file.meta.lastPage > 0xffffffff ? new Float64Array(length) : new Uint32Array(length);
  const valuePages = pageNumbers(tree.entries);
  const valueSizes = new Uint32Array(tree.entries);
  const leafPages = pageNumbers(tree.leafPages);
  const leafStarts = new Float64Array(tree.leafPages);
  const used = new PageSet(file);
  const cursor = new TreeCursor(file, tree);
  let records = 0;
  let leaves = 0;
  for (let more = cursor.first(); more; more = cursor.nextLeaf()) {
    const { leaf } = cursor;
    if (leaves === tree.leafPages || records + leaf.count > tree.entries) throw wrongCount(file, tree, 'more');
    used.add(leaf.number, 1);
    leafPages[leaves] = leaf.number;
    leafStarts[leaves++] = records;
    for (let i = 0; i < leaf.count; i++) {
      const value = leaf.value(i);
      if (value.page !== 0) {
        file.assertInside(value.page, value.pages);
        used.add(value.page, value.pages);
      }
      valuePages[records] = value.page === 0 ? leaf.number : value.page;
      valueSizes[records++] = value.page === 0 ? IN_LEAF : value.size;
    }
  }
  file.assertUnchanged();
  if (records !== tree.entries || leaves !== tree.leafPages) throw wrongCount(file, tree, `${records}`);
  return new KeyIndex(valuePages, valueSizes, leafPages, leafStarts);
}

function wrongCount(file: PageFile, tree: TreeRecord, received: string): CorruptDatabaseError {
  return file.corrupt(
    file.meta.page,
    `${tree.entries} records on ${tree.leafPages} leaf pages, as the header says`,
    received,
  );
}
