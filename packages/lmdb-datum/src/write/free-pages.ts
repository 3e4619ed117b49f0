/**
 * The pages of a file that no snapshot uses. LMDB stores them in a separate tree: under the number of the transaction that freed them, a
 * count and that many page numbers, each u64, in descending order. What transaction t freed may be reused from t + 2 on: until then, the
 * snapshot before t is in the other meta page.
 */
import type { TreeRecord } from '../lmdb/meta';
import type { PageFile } from '../lmdb/page-file';
import { ValueReader } from '../lmdb/value-reader';
import { writeU64 } from './page-builder';
import { PageRanges } from './page-ranges';

interface Freed {
  transaction: number;
  /** In any order. */
  pages: number[];
}

export class FreePages {
  /** In the order of their transactions. */
  #records: Freed[];
  /** To be reused, as if freed by `#poolTransaction`. */
  readonly #pool: PageRanges;
  #poolTransaction: number;
  /** Pages that contain the list itself. */
  #ownPages: number[];

  private constructor(records: Freed[], pool: PageRanges, poolTransaction: number, ownPages: number[]) {
    this.#records = records;
    this.#pool = pool;
    this.#poolTransaction = poolTransaction;
    this.#ownPages = ownPages;
  }

  static none(): FreePages {
    return new FreePages([], new PageRanges(), 0, []);
  }

  /** Reads the list of a file. @throws CorruptDatabaseError */
  static from(file: PageFile, tree: TreeRecord): FreePages {
    const free = FreePages.none();
    if (tree.root >= 0) free.#read(file, tree.root, 1, tree.depth, new ValueReader(file));
    return free;
  }

  #read(file: PageFile, number: number, level: number, depth: number, values: ValueReader): void {
    const page = file.readPage(number, { integerKeys: true });
    if (page.isLeaf !== (level === depth)) throw file.corrupt(number, 'the list of free pages', 'another page');
    this.#ownPages.push(number);
    for (let i = 0; i < page.count; i++) {
      if (!page.isLeaf) {
        this.#read(file, page.child(i), level + 1, depth, values);
        continue;
      }
      const { page: first, pages } = page.value(i);
      const value = values.read(page, i);
      if (first > 0) {
        const header = Buffer.alloc(file.layout.headerBytes);
        file.readAt(header, 0, header.length, first * file.pageSizeBytes);
        const run = file.checkOverflow(header, 0, first, pages);
        for (let more = 0; more < run; more++) this.#ownPages.push(first + more);
      }
      this.#records.push({
        transaction: Number(page.key(i).readBigUInt64LE(0)),
        pages: pagesOf(value, number, file),
      });
    }
  }

  copy(): FreePages {
    return new FreePages([...this.#records], this.#pool.copy(), this.#poolTransaction, this.#ownPages);
  }

  /** Makes the pages that were freed by transactions up to `last` available. */
  release(last: number): void {
    const released: number[] = [];
    while (this.#records.length > 0 && this.#records[0].transaction <= last) {
      const { transaction, pages } = this.#records.shift() as Freed;
      for (const page of pages) released.push(page);
      this.#poolTransaction = transaction;
    }
    this.#pool.add(released);
  }

  /** Takes this many consecutive pages. Returns the first, or undefined if there are none. */
  take(count: number): number | undefined {
    return this.#pool.take(count);
  }

  /** Returns pages that were taken but are not needed. */
  giveBack(pages: readonly number[]): void {
    this.#pool.add(pages);
  }

  /** Records what a transaction freed, and the pages of the list, which is written again. */
  close(transaction: number, freed: readonly number[]): void {
    const pages = [...freed, ...this.#ownPages];
    if (pages.length > 0) this.#records.push({ transaction, pages });
    this.#ownPages = [];
  }

  /** The list's records, in the order of their keys. */
  *entries(): Generator<{ key: Buffer; value: Buffer }, void, undefined> {
    const left = this.#pool.pages();
    if (left.length > 0) yield entryOf({ transaction: this.#poolTransaction, pages: left });
    for (const record of this.#records) yield entryOf(record);
  }

  /** Records the pages that the list was written to. */
  setOwnPages(pages: number[]): void {
    this.#ownPages = pages;
  }
}

function entryOf({ transaction, pages }: Freed): { key: Buffer; value: Buffer } {
  const key = Buffer.alloc(8);
  writeU64(key, transaction, 0);
  const value = Buffer.alloc(8 + 8 * pages.length);
  writeU64(value, pages.length, 0);
  const falling = [...pages].sort((a, b) => b - a);
  for (const [i, page] of falling.entries()) writeU64(value, page, 8 + 8 * i);
  return { key, value };
}

function pagesOf(value: Buffer, number: number, file: PageFile): number[] {
  const count = value.length < 8 ? -1 : Number(value.readBigUInt64LE(0));
  if (count < 0 || 8 + count * 8 > value.length) {
    throw file.corrupt(number, 'a list of free pages', `${count} pages in ${value.length} bytes`);
  }
  return Array.from({ length: count }, (_, i) => {
    const page = Number(value.readBigUInt64LE(8 + i * 8));
    file.assertInside(page, 1);
    return page;
  });
}
