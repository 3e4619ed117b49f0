/** Reads a Caffe Datum LMDB: count, get by key, get by number, and scans in key order. */
import { type Datum, decodeDatum, type Sample } from './datum.js';
import { describe, InvalidOptionError, UnsupportedFormatError } from './errors.js';
import { buildKeyIndex, type KeyIndex } from './key-index.js';
import { readTreeRecord, type TreeRecord, treeProblem } from './meta.js';
import { TREE_RECORD_BYTES } from './page.js';
import { PageFile } from './page-file.js';
import { PageSet } from './page-set.js';
import { decodeSample } from './sample.js';
import { TreeCursor } from './tree-cursor.js';
import { ValueReader } from './value-reader.js';

export interface OpenOptions {
  /** Name of a named database inside the file. Caffe uses the unnamed one, which is the default. */
  database?: string;
  /** Read the older snapshot if one of the two meta pages is damaged. Default false: damage is an error. */
  lenient?: boolean;
}

/** Bounds and direction of a scan. */
export interface ScanOptions {
  /** First key, inclusive. Default: the database's first. */
  start?: string | Uint8Array;
  /** Last key, exclusive, whatever the direction. Default: past the database's last. */
  end?: string | Uint8Array;
  /** From the last key down to the first. Default false. */
  reverse?: boolean;
  /** Ends the scan with the signal's reason, between two records. */
  signal?: AbortSignal;
}

/** One record of a scan. */
export interface Entry {
  /** Key as UTF-8 text. */
  key: string;
  /** Key as it is stored. */
  keyBytes: Uint8Array;
  datum: Datum;
}

/** Facts about the open file. */
export interface DatabaseInfo {
  /** The data file. */
  path: string;
  /** LMDB data format: 1 (LMDB 0.9, Caffe, py-lmdb) or 2 (npm lmdb 3.x, LMDB 1.0). */
  format: 1 | 2;
  count: number;
  firstKey?: string;
  lastKey?: string;
  pageSizeBytes: number;
  /** Levels of the tree, leaf included. 0 if empty. */
  depth: number;
  branchPages: number;
  leafPages: number;
  overflowPages: number;
  mapSizeBytes: number;
  fileSizeBytes: number;
  lastTransactionId: number;
  /** What is wrong with one of the meta pages. Only when opened with `lenient`. */
  metaDamage?: string;
}

/**
 * Opens a database for reading, without a lock and without native code.
 *
 * @param path The folder that holds `data.mdb`, or a data file.
 * @throws NotReadableError, NotLmdbError, UnsupportedFormatError or CorruptDatabaseError.
 */
export function openDatumLmdb(path: string, options: OpenOptions = {}): DatumReader {
  if (typeof path !== 'string' || path === '') {
    throw new InvalidOptionError(`path: expected a file or folder name, received ${describe(path)}; pass a string.`);
  }
  return new DatumReader(new PageFile(path, { lenient: options.lenient }), options.database);
}

/**
 * An open database. Reads the snapshot that was newest when it was opened; if writers go on for more than one commit after
 * it, reading ends in a `DatabaseChangedError`, never in wrong data.
 *
 * It is also a sample source for training: `length` and `at(i)`.
 */
export class DatumReader {
  /** Number of records. */
  readonly length: number;
  private readonly tree: TreeRecord;
  private readonly values: ValueReader;
  private index?: KeyIndex;

  /** Use `openDatumLmdb`. */
  constructor(
    private readonly file: PageFile,
    database?: string,
  ) {
    this.values = new ValueReader(file);
    try {
      this.tree = database === undefined ? file.meta.main : this.findNamed(database);
      assertPlainTree(this.tree, file.path);
    } catch (error) {
      file.close();
      throw error;
    }
    this.length = this.tree.entries;
  }

  /** Number of records: the same as `length`. */
  get count(): number {
    return this.length;
  }

  get isOpen(): boolean {
    return this.file.isOpen;
  }

  /** First key in order, or undefined if the database is empty. */
  get firstKey(): string | undefined {
    const cursor = new TreeCursor(this.file, this.tree);
    return cursor.first() ? text(cursor.leaf.key(cursor.index)) : undefined;
  }

  /** Last key in order, or undefined if the database is empty. */
  get lastKey(): string | undefined {
    const cursor = new TreeCursor(this.file, this.tree);
    return cursor.last() ? text(cursor.leaf.key(cursor.index)) : undefined;
  }

  get info(): DatabaseInfo {
    const { file, tree } = this;
    return {
      path: file.path,
      format: file.layout.format,
      count: this.length,
      firstKey: this.firstKey,
      lastKey: this.lastKey,
      pageSizeBytes: file.pageSizeBytes,
      depth: tree.depth,
      branchPages: tree.branchPages,
      leafPages: tree.leafPages,
      overflowPages: tree.overflowPages,
      mapSizeBytes: file.meta.mapSizeBytes,
      fileSizeBytes: file.fileBytes,
      lastTransactionId: file.meta.transactionId,
      ...(file.metaDamage === undefined ? {} : { metaDamage: file.metaDamage }),
    };
  }

  /**
   * The Datum of a key, as it is stored, or undefined if there is no such key.
   *
   * @throws DatumError if the record isn't a valid Datum, CorruptDatabaseError if a page is damaged.
   */
  get(key: string | Uint8Array): Datum | undefined {
    const value = this.getBytes(key);
    return value && decodeDatum(value, text(key));
  }

  /** The stored bytes of a key, whatever they are, or undefined if there is no such key. */
  getBytes(key: string | Uint8Array): Uint8Array | undefined {
    const cursor = new TreeCursor(this.file, this.tree);
    const wanted = bytesOf(key, 'key');
    if (!cursor.seek(wanted) || cursor.leaf.compareKey(cursor.index, wanted) !== 0) return undefined;
    return this.valueAt(cursor);
  }

  /**
   * Sample number `i` in key order: planar BGR bytes, with encoded images decoded (then it is a Promise, which needs sharp).
   * The first call builds an index of the keys, once.
   *
   * @param i 0 to length - 1; undefined outside, as with arrays.
   * @throws DatumError or ImageError with the key, CorruptDatabaseError if a page is damaged.
   */
  at(i: number): Sample | Promise<Sample> | undefined {
    const record = this.recordAt(i);
    return record && decodeSample(decodeDatum(record.value, record.key), record.key);
  }

  /** The Datum number `i` in key order, as it is stored; undefined outside of 0 to length - 1. */
  datumAt(i: number): Datum | undefined {
    const record = this.recordAt(i);
    return record && decodeDatum(record.value, record.key);
  }

  /** Key number `i` in order; undefined outside of 0 to length - 1. */
  keyAt(i: number): string | undefined {
    if (!this.has(i)) return undefined;
    const { page, index } = this.keyIndex().leaf(i);
    return text(this.file.page(page).key(index));
  }

  /** All keys of a range, in order, without reading values. */
  *keys(options: ScanOptions = {}): Generator<string, void, undefined> {
    for (const cursor of this.scan(options)) yield text(cursor.leaf.key(cursor.index));
  }

  /** All records of a range, in order. Each has memory of its own. */
  *entries(options: ScanOptions = {}): Generator<Entry, void, undefined> {
    for (const cursor of this.scan(options)) {
      const { leaf, index } = cursor;
      const keyBytes = Buffer.from(leaf.key(index));
      const key = text(keyBytes);
      this.assertRecord(cursor);
      const value = Buffer.from(this.values.view(leaf, index));
      yield { key, keyBytes, datum: decodeDatum(value, key) };
    }
  }

  [Symbol.iterator](): Generator<Entry, void, undefined> {
    return this.entries();
  }

  /** Closes the file. Further calls do nothing; other methods then throw a ClosedError. */
  close(): void {
    this.file.close();
    this.index = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Builds the index of the keys if it isn't there yet. */
  private keyIndex(): KeyIndex {
    this.file.assertUnchanged();
    this.index ??= buildKeyIndex(this.file, this.tree);
    return this.index;
  }

  private has(i: number): boolean {
    return Number.isInteger(i) && i >= 0 && i < this.length;
  }

  private recordAt(i: number): { key: string; value: Buffer } | undefined {
    if (!this.has(i)) return undefined;
    const { page, index } = this.keyIndex().leaf(i);
    const leaf = this.file.page(page);
    if (leaf.isSubtree(index)) throw namedDatabase(this.file.path, text(leaf.key(index)));
    return { key: text(leaf.key(index)), value: this.values.read(leaf, index) };
  }

  private *scan({ start, end, reverse = false, signal }: ScanOptions): Generator<TreeCursor, void, undefined> {
    const low = start === undefined ? undefined : bytesOf(start, 'start');
    const high = end === undefined ? undefined : bytesOf(end, 'end');
    const cursor = new TreeCursor(this.file, this.tree);
    const leaves = new PageSet(this.file);
    let more = reverse ? startReverse(cursor, high) : low ? cursor.seek(low) : cursor.first();
    let records = 0;
    for (let last = -1; more; more = reverse ? cursor.previous() : cursor.next()) {
      signal?.throwIfAborted();
      if (cursor.leaf.number !== last) leaves.add(cursor.leaf.number, 1);
      last = cursor.leaf.number;
      const isPast = reverse
        ? low && cursor.leaf.compareKey(cursor.index, low) < 0
        : high && cursor.leaf.compareKey(cursor.index, high) >= 0;
      if (isPast) return;
      records++;
      yield cursor;
    }
    if (!low && !high && records !== this.length) {
      throw this.file.corrupt(this.file.meta.page, `${this.length} records, as the header says`, `${records}`);
    }
  }

  private valueAt(cursor: TreeCursor): Buffer {
    this.assertRecord(cursor);
    return this.values.read(cursor.leaf, cursor.index);
  }

  private assertRecord({ leaf, index }: TreeCursor): void {
    if (leaf.isSubtree(index)) throw namedDatabase(this.file.path, text(leaf.key(index)));
  }

  private findNamed(name: string): TreeRecord {
    const { file } = this;
    const cursor = new TreeCursor(file, file.meta.main);
    const key = Buffer.from(name);
    const found = cursor.seek(key) && cursor.leaf.compareKey(cursor.index, key) === 0;
    if (!found || !cursor.leaf.isSubtree(cursor.index)) {
      throw new InvalidOptionError(
        `${file.path}: expected a database named ${describe(name)}, received none; leave the option out for Caffe's unnamed one.`,
        { path: file.path },
      );
    }
    const { offset } = cursor.leaf.value(cursor.index);
    const tree = readTreeRecord(cursor.leaf.bytes.subarray(offset, offset + TREE_RECORD_BYTES), 0);
    const problem = treeProblem(tree, file.meta.lastPage);
    if (problem) throw file.corrupt(cursor.leaf.number, `a sound record of database ${name}`, `damage in ${problem}`);
    return tree;
  }
}

function startReverse(cursor: TreeCursor, high: Uint8Array | undefined): boolean {
  if (!high) return cursor.last();
  const found = cursor.seek(high);
  // An empty tree has no position to step back from.
  return found || cursor.isPlaced ? cursor.previous() : false;
}

function assertPlainTree(tree: TreeRecord, path: string): void {
  const flags = tree.flags & 0x7fff;
  if (flags === 0) return;
  const names = ['reversekey', 'dupsort', 'integerkey', 'dupfixed', 'integerdup', 'reversedup'];
  const received = names.filter((_, bit) => flags & (2 << bit)).join(' and ') || `flags 0x${flags.toString(16)}`;
  throw new UnsupportedFormatError(
    `${path}: expected a plain database, received one with ${received}; Caffe writes no such database, ` +
      'so copy its records into a plain one first.',
    { path },
  );
}

function namedDatabase(path: string, name: string): UnsupportedFormatError {
  return new UnsupportedFormatError(
    `${path}: key ${name}: expected a record, received a named database; open it with database: ${JSON.stringify(name)}.`,
    { path, key: name },
  );
}

function text(key: string | Uint8Array): string {
  return typeof key === 'string' ? key : Buffer.from(key.buffer, key.byteOffset, key.length).toString('utf8');
}

function bytesOf(key: string | Uint8Array, name: string): Uint8Array {
  if (key instanceof Uint8Array) return key;
  if (typeof key === 'string') return Buffer.from(key);
  throw new InvalidOptionError(
    `${name}: expected a string or bytes, received ${describe(key)}; pass the key as it is stored.`,
  );
}
