/**
 * Writes LMDB's data format v1 without native code: records after the last key, in transactions. A transaction writes its pages to
 * positions that neither of the last two snapshots uses, waits until they are on the disk, and then writes the older one of the two meta
 * pages. So whenever the process or the machine stops, the last snapshot is complete.
 */
import fs from 'node:fs';
import path from 'node:path';
import { renameAtOnce } from '@ae/ground/rename-at-once';
import { syncFolder } from '@ae/ground/sync';
import { WriteError } from '../errors/errors';
import { temporaryName } from '../files/temporary-name';
import type { Meta } from '../lmdb/meta';
import { PageFile } from '../lmdb/page-file';
import { TreeCursor } from '../lmdb/tree-cursor';
import { type PendingRecord, type WriteEngine, writtenAhead } from './engine';
import { writeFreeList } from './free-list-writer';
import { FreePages } from './free-pages';
import { lmdbUse } from './lmdb-use';
import { buildMetaChange, buildMetaPage, changedFrom } from './meta-page';
import { writeError } from './native-lmdb';
import { OutputFile } from './output-file';
import { firstMapBytes, type WriteTarget } from './target';
import { Transaction } from './transaction';
import { emptyTree, TreeAppender } from './tree-appender';

/** A transaction that has been started: nothing of it is in the database until its meta page is written. */
interface Begun {
  readonly id: number;
  readonly tree: TreeAppender;
  readonly free: FreePages;
  readonly store: Transaction;
  /** Of the file, when it began. */
  readonly fileBytes: number;
  /** Number of records in its pages. */
  records: number;
}

const newPageBytes = 4096;
const integerKeysFlag = 8;

export class AppendEngine implements WriteEngine {
  readonly #target: WriteTarget;
  readonly #output: OutputFile;
  readonly #pageBytes: number;
  #meta: Meta;
  #tree: TreeAppender;
  #free: FreePages;
  #ahead?: Begun;
  /** A meta page may or may not be on the disk. */
  #isUncertain = false;
  /** The file's name may not be on the disk yet. */
  #isNew: boolean;

  private constructor(
    target: WriteTarget,
    pageBytes: number,
    meta: Meta,
    tree: TreeAppender,
    free: FreePages,
    isNew = false,
  ) {
    this.#target = target;
    this.#pageBytes = pageBytes;
    this.#meta = meta;
    this.#tree = tree;
    this.#free = free;
    this.#isNew = isNew;
    this.#output = new OutputFile(fs.openSync(target.file, 'r+'), pageBytes);
  }

  /**
   * Creates the data file, with two meta pages, under a temporary name first; it is on the disk with the first commit. @throws WriteError
   */
  static create(target: WriteTarget): AppendEngine {
    const trees = { free: { ...emptyTree, flags: integerKeysFlag }, main: { ...emptyTree } };
    const meta: Meta = { page: 0, mapSizeBytes: firstMapBytes, ...trees, lastPage: 1, transactionId: 0 };
    try {
      createWhole(target.file, Buffer.concat([0, 1].map((page) => buildMetaPage({ ...meta, page }, newPageBytes))));
      return new AppendEngine(target, newPageBytes, meta, TreeAppender.empty(), FreePages.none(), true);
    } catch (cause) {
      throw failed(target, cause);
    }
  }

  /** Opens a database to continue it, unless only LMDB itself can. @throws a reader's error if it is damaged, WriteError */
  static open(target: WriteTarget): AppendEngine | undefined {
    const file = new PageFile(target.file);
    try {
      const { meta, pageSizeBytes } = file;
      if (!canAppend(meta, pageSizeBytes)) return undefined;
      const tree = TreeAppender.from(file, meta.main);
      return new AppendEngine(target, pageSizeBytes, meta, tree, FreePages.from(file, meta.free));
    } catch (cause) {
      throw failed(target, cause);
    } finally {
      file.close();
    }
  }

  async commit(records: readonly PendingRecord[]): Promise<void> {
    this.#assertUnchanged();
    const begun = this.#ahead ?? this.#begin(records);
    this.#ahead = undefined;
    const meta = await this.#writePages(records, begun);
    try {
      this.#output.writeAt(buildMetaChange(meta, this.#pageBytes), meta.page * this.#pageBytes + changedFrom);
      await this.#output.sync();
    } catch (cause) {
      this.#isUncertain = true;
      throw failed(this.#target, cause);
    }
    this.#meta = meta;
    this.#tree = begun.tree;
    this.#free = begun.free;
  }

  writeAhead(records: readonly PendingRecord[]): void {
    if (!this.#ahead) this.#assertUnchanged();
    this.#ahead ??= this.#begin(records);
    try {
      append(records, this.#ahead);
      this.#output.flush();
      this.#output.sendAhead();
    } catch (cause) {
      this.dropAhead();
      throw failed(this.#target, cause);
    }
  }

  dropAhead(): void {
    // If another program wrote in the meantime, these are its pages.
    if (this.#ahead && this.#isUnchanged()) this.#output.dropPast(this.#ahead.fileBytes);
    this.#ahead = undefined;
  }

  #begin(records: readonly PendingRecord[]): Begun {
    const { location } = this.#target;
    if (records[0]?.value === writtenAhead) {
      throw new WriteError(
        { state: `${location}: a transaction failed whose values were written ahead`, todo: 'write its records again' },
        { path: location },
      );
    }
    const id = this.#meta.transactionId + 1;
    const tree = this.#tree.copy();
    const free = this.#free.copy();
    // Programs that have the database open may be reading snapshots older than the last two.
    if (lmdbUse(this.#target.lockFile) === 'none') free.release(id - 2);
    const store = new Transaction(this.#output, this.#pageBytes, this.#meta.lastPage, free);
    return { id, tree, free, store, fileBytes: this.#output.bytes, records: 0 };
  }

  /** Writes everything except the meta page, which it returns. */
  async #writePages(records: readonly PendingRecord[], begun: Begun): Promise<Meta> {
    const { mapSizeBytes, free: list } = this.#meta;
    const { id, tree, free, store, fileBytes } = begun;
    try {
      append(records, begun);
      const main = tree.finish(store);
      const pages = writeFreeList(id, list.flags, free, store);
      await Promise.all([this.#output.sync(), this.#isNew && syncFolder(path.dirname(this.#target.file))]);
      this.#isNew = false;
      const map = grownMap(mapSizeBytes, (store.lastPage + 1) * this.#pageBytes);
      return { page: id & 1, mapSizeBytes: map, free: pages, main, lastPage: store.lastPage, transactionId: id };
    } catch (cause) {
      this.#output.dropPast(fileBytes);
      throw failed(this.#target, cause);
    }
  }

  /** @throws WriteError if another program wrote in the meantime: its pages and ours would be the same ones. */
  #assertUnchanged(): void {
    const { location } = this.#target;
    if (this.#isUncertain) {
      throw new WriteError(
        { state: `${location}: the last transaction may not be on the disk`, todo: 'open it again' },
        { path: location },
      );
    }
    if (this.#isUnchanged()) return;
    throw new WriteError(
      {
        state: `${location}: another program is writing to the database`,
        todo: 'let one finish before the other starts',
      },
      { path: location },
    );
  }

  #isUnchanged(): boolean {
    const expected = buildMetaChange(this.#meta, this.#pageBytes);
    const found = Buffer.alloc(expected.length);
    const other = Buffer.alloc(8);
    this.#output.readAt(found, this.#meta.page * this.#pageBytes + changedFrom);
    this.#output.readAt(other, (1 - this.#meta.page) * this.#pageBytes + changedFrom + expected.length - 8);
    return found.equals(expected) && other.readBigUInt64LE(0) <= BigInt(this.#meta.transactionId);
  }

  has(key: Buffer): boolean {
    const file = new PageFile(this.#target.file);
    try {
      const cursor = new TreeCursor(file, file.meta.main);
      return cursor.seek(key) && cursor.leaf.compareKey(cursor.index, key) === 0;
    } finally {
      file.close();
    }
  }

  async close(): Promise<void> {
    this.dropAhead();
    await this.#output.close();
  }
}

/** Adds the records of a transaction that its pages do not contain yet. */
function append(records: readonly PendingRecord[], begun: Begun): void {
  for (; begun.records < records.length; begun.records++) {
    const { key, value } = records[begun.records];
    begun.tree.append(key, value, begun.store);
  }
}

/** Tells whether the engine can append to a tree: it supports neither other key orders nor several values per key. */
function canAppend({ main }: Meta, pageBytes: number): boolean {
  return main.flags === 0 && pageBytes >= newPageBytes && pageBytes <= 8 * newPageBytes;
}

/** Doubles the size of the map as often as needed, as Caffe does. Other programs map that much of the file. */
function grownMap(bytes: number, needed: number): number {
  let grown = bytes;
  while (grown < needed) grown *= 2;
  return grown;
}

function createWhole(file: string, bytes: Buffer): void {
  const temporary = temporaryName(file);
  try {
    fs.writeFileSync(temporary, bytes, { flag: 'wx' });
    renameAtOnce(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

const reasons: Record<string, [state: string, todo: string]> = {
  ENOSPC: ['the disk is full', 'free some space'],
  EDQUOT: ['the quota on the disk is used up', 'free some space'],
  EROFS: ['the disk is read-only', 'choose another place'],
  EFBIG: ['the file would exceed the largest file size allowed there', 'choose another place'],
};

/** Makes the error for a write that the system refused. Other errors are unchanged. */
function failed({ location }: WriteTarget, cause: unknown): unknown {
  if (!(cause instanceof Error) || !('syscall' in cause)) return cause;
  const known = reasons[(cause as NodeJS.ErrnoException).code ?? ''];
  if (!known) return writeError(location, cause);
  return new WriteError({ state: `${location}: ${known[0]}`, todo: known[1] }, { path: location, cause });
}
