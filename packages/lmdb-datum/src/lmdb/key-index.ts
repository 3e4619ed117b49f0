/**
 * Finds record number i without walking the tree: one pass over the leaves records where each value is. Takes 8 bytes of memory per record
 * and 20 bytes per leaf page; values are not read.
 */
import type { CorruptDatabaseError } from '../errors/errors';
import type { TreeRecord } from './meta';
import type { Page, ValueRef } from './page';
import type { PageFile } from './page-file';
import { PageSet } from './page-set';
import type { Pages } from './pages';
import { type Damage, Salvage } from './salvage';
import { TreeCursor } from './tree-cursor';

/** In `valueSizes`: the value is in the leaf. */
const inLeaf = 0xffffffff;
/** Minimum size of a record in a leaf. */
const leastRecordBytes = 10;

/** A leaf page and the index of a node in it. */
export interface LeafNode {
  page: number;
  node: number;
}

/** The arrays of an index, for sending it to another thread. See `KeyIndex`. */
export type KeyIndexArrays = Pick<KeyIndex, 'valuePages' | 'valueSizes' | 'runPages' | 'runStarts' | 'runNodes'>;

export class KeyIndex {
  /**
   * @param valuePages Per record: first overflow page of the value, or anything if the value is in the leaf.
   * @param valueSizes Per record: bytes of the value, or 2^32 - 1 if the value is in the leaf.
   * @param runPages Per run of consecutive nodes in a leaf, in key order: the leaf's page number. An intact leaf is one run.
   * @param runStarts Per run: index of its first record.
   * @param runNodes Per run: its first node.
   */
  constructor(
    readonly valuePages: Float64Array | Uint32Array,
    readonly valueSizes: Uint32Array,
    readonly runPages: Float64Array,
    readonly runStarts: Float64Array,
    readonly runNodes: Uint32Array,
  ) {}

  static of({ valuePages, valueSizes, runPages, runStarts, runNodes }: KeyIndexArrays): KeyIndex {
    return new KeyIndex(valuePages, valueSizes, runPages, runStarts, runNodes);
  }

  get length(): number {
    return this.valueSizes.length;
  }

  /** Returns where the value of record `i` is, or undefined if it is in its leaf. */
  overflow(i: number, file: Pages): ValueRef | undefined {
    const size = this.valueSizes[i];
    if (size === inLeaf) return undefined;
    const pages = Math.ceil((file.layout.headerBytes + size) / file.pageSizeBytes);
    return { page: this.valuePages[i], pages, size, offset: 0 };
  }

  /** Returns the leaf of record `i` and the record's node in it. */
  leaf(i: number): LeafNode {
    let low = 0;
    let high = this.runStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.runStarts[middle] <= i) low = middle;
      else high = middle;
    }
    const node = this.runNodes[low] + i - this.runStarts[low];
    return { page: this.runPages[low], node };
  }
}

/** Builds the index of an intact tree, leaf by leaf in key order. */
export class LeafIndexer {
  readonly #builder: IndexBuilder;
  readonly #used: PageSet;
  readonly #file: Pages;
  readonly #tree: TreeRecord;
  readonly #isWanted?: (key: Uint8Array) => boolean;
  #leaves = 0;
  #records = 0;

  /** @param isWanted Selects the records of the index. Default: all. */
  constructor(file: Pages, tree: TreeRecord, isWanted?: (key: Uint8Array) => boolean) {
    this.#file = file;
    this.#tree = tree;
    this.#isWanted = isWanted;
    this.#builder = new IndexBuilder(file, tree, true);
    this.#used = new PageSet(file);
  }

  /** @throws CorruptDatabaseError if two values, or a value and a leaf, share a page. */
  add(leaf: Page): void {
    this.#used.add(leaf.number, 1);
    this.#leaves++;
    this.#records += leaf.count;
    let next = -1;
    for (let i = 0; i < leaf.count; i++) {
      const value = leaf.value(i);
      this.#file.assertValueInside(value);
      if (value.page !== 0) this.#used.add(value.page, value.pages);
      if (this.#isWanted && !this.#isWanted(leaf.key(i))) continue;
      if (i !== next) this.#builder.startRun(leaf.number, i);
      next = i + 1;
      this.#builder.add(value);
    }
  }

  /** @throws CorruptDatabaseError if the number of records in the tree differs from its header. */
  finish(): KeyIndex {
    this.#file.assertUnchanged();
    const { entries, leafPages } = this.#tree;
    if (this.#records !== entries || this.#leaves !== leafPages)
      throw wrongCount(this.#file, this.#tree, `${this.#records} on ${this.#leaves}`);
    return this.#builder.finish();
  }
}

/** Builds the index by one walk over the leaves. @throws CorruptDatabaseError */
export function buildKeyIndex(file: Pages, tree: TreeRecord): KeyIndex {
  const indexer = new LeafIndexer(file, tree);
  const cursor = new TreeCursor(file, tree);
  for (let more = cursor.first(); more; more = cursor.nextLeaf()) indexer.add(cursor.leaf);
  return indexer.finish();
}

/** Builds an index of the records that can be reached in a damaged tree. Losses are passed to `onDamage`. */
export function salvageKeyIndex(file: PageFile, tree: TreeRecord, onDamage: (damage: Damage) => void): KeyIndex {
  const builder = new IndexBuilder(file, tree, false);
  const salvage = new Salvage(file, { onDamage });
  for (const { page, nodes } of salvage.leaves(tree)) {
    let next = -1;
    for (const node of nodes) {
      const value = page.value(node);
      if (!isSoundValue(file, page, node, value, salvage.pages, onDamage)) continue;
      if (node !== next) builder.startRun(page.number, node);
      next = node + 1;
      builder.add(value);
    }
  }
  file.assertUnchanged();
  return builder.finish();
}

function isSoundValue(
  file: Pages,
  page: Page,
  node: number,
  value: ValueRef,
  used: PageSet,
  onDamage: (damage: Damage) => void,
): boolean {
  try {
    file.assertValueInside(value);
    if (value.page !== 0) used.add(value.page, value.pages);
    return true;
  } catch (error) {
    const { message, page: at } = error as CorruptDatabaseError;
    onDamage({ page: at ?? page.number, key: page.key(node).toString(), message });
    return false;
  }
}

/** Collects the arrays of an index. Their size comes from the header, which is checked against the file's size first. */
class IndexBuilder {
  records = 0;
  #valuePages: Float64Array | Uint32Array;
  #valueSizes: Uint32Array;
  readonly #runPages: number[] = [];
  readonly #runStarts: number[] = [];
  readonly #runNodes: number[] = [];

  readonly #file: Pages;
  readonly #tree: TreeRecord;
  readonly #trustCount: boolean;

  constructor(file: Pages, tree: TreeRecord, trustCount: boolean) {
    this.#file = file;
    this.#tree = tree;
    this.#trustCount = trustCount;
    const most = file.fileBytes / leastRecordBytes;
    if (trustCount && tree.entries > most) throw wrongCount(file, tree, `a file of ${file.fileBytes} bytes`);
    const size = Math.floor(Math.min(tree.entries, most));
    this.#valuePages = file.meta.lastPage > 0xffffffff ? new Float64Array(size) : new Uint32Array(size);
    this.#valueSizes = new Uint32Array(size);
  }

  startRun(page: number, node: number): void {
    this.#runPages.push(page);
    this.#runStarts.push(this.records);
    this.#runNodes.push(node);
  }

  add(value: ValueRef): void {
    if (this.records === this.#valueSizes.length) {
      if (this.#trustCount) throw wrongCount(this.#file, this.#tree, 'more');
      this.#grow();
    }
    this.#valuePages[this.records] = value.page;
    this.#valueSizes[this.records++] = value.page === 0 ? inLeaf : value.size;
  }

  #grow(): void {
    const valuePages = this.#valuePages;
    const valueSizes = this.#valueSizes;
    const length = 2 * valueSizes.length + 64;
    this.#valuePages = valuePages instanceof Float64Array ? new Float64Array(length) : new Uint32Array(length);
    this.#valuePages.set(valuePages);
    this.#valueSizes = new Uint32Array(length);
    this.#valueSizes.set(valueSizes);
  }

  finish(): KeyIndex {
    return new KeyIndex(
      this.#valuePages.subarray(0, this.records),
      this.#valueSizes.subarray(0, this.records),
      Float64Array.from(this.#runPages),
      Float64Array.from(this.#runStarts),
      Uint32Array.from(this.#runNodes),
    );
  }
}

function wrongCount(file: Pages, tree: TreeRecord, received: string): CorruptDatabaseError {
  return file.corrupt(
    file.meta.page,
    `${tree.entries} records on ${tree.leafPages} leaf pages, as the header says`,
    received,
  );
}
