/** Reads a Caffe Datum LMDB: count, get by key, get by number, and scans in key order. */
import { type BatchOptions, checkBatchOptions } from './batches/options';
import { RecordReader } from './batches/record-reader';
import { type BatchStream, openStream } from './batches/stream';
import { assertFlag, assertKeys, assertPath, checkMaxPixels, type Known, refuse } from './checks';
import type { Datum, Sample } from './datum/datum';
import { decodeSample } from './datum/sample';
import { ClosedError, CorruptDatabaseError, DatabaseChangedError, DatumError } from './errors';
import { type DatabaseIdentity, identityOf } from './identity';
import { filterKeyIndex } from './lmdb/filter-index';
import { buildKeyIndex, type KeyIndex, salvageKeyIndex } from './lmdb/key-index';
import { loadKeyIndex, saveKeyIndex } from './lmdb/key-index-file';
import type { TreeRecord } from './lmdb/meta';
import { assertNoDatabase, assertPlainTree, findNamedTree, listNames } from './lmdb/named-databases';
import { PageFile } from './lmdb/page-file';
import type { Damage } from './lmdb/salvage';
import {
  keyBytes,
  keyText,
  lowerBound,
  placeOf,
  type RecordPlace,
  type ScanOptions,
  scanIndex,
  scanTree,
} from './lmdb/scan';
import { TreeCursor } from './lmdb/tree-cursor';
import { ValueReader } from './lmdb/value-reader';
import { firstRecords, lookupOf } from './schemas/lookup';
import { type DatabaseSchema, formatOf, type RecordFormat } from './schemas/record-format';

export interface OpenOptions {
  /** Name of a named database inside the file. Caffe uses the unnamed one, which is the default. */
  database?: string;
  /**
   * Read around damage instead of stopping at it: records that can't be read are left out and listed in `reader.damage`; of two
   * meta pages the sound one is taken. Walks the tree once when opening. Default false.
   */
  lenient?: boolean;
  /**
   * Keep the index of the keys, which `at()` and `batches()` need, in this file; true: beside the data file, with `.index` added.
   * It is written if it is missing or of another transaction. Default: it is built anew, in memory.
   */
  indexFile?: string | true;
  /** Refuse to decode image files of more pixels. Default 89,478,485, from where Pillow warns of a decompression bomb. */
  maxPixels?: number;
  /**
   * How the values hold images: 'datum' (Caffe's), 'annotated-datum', 'caffe2', 'ocr', 'stylegan2', 'image-files', 'pickle' or
   * 'msgpack'; with what `reader.schema.variants` names after a colon, such as 'stylegan2:128'. Default: told by the first records.
   */
  schema?: string;
}

const knownOptions: Known<OpenOptions> = {
  ...{ database: true, schema: true, lenient: true, maxPixels: true, indexFile: true },
};

function checkOpenOptions(options: OpenOptions): void {
  assertKeys('openDatumLmdb', options, knownOptions);
  const { database, lenient, indexFile } = options;
  if (database !== undefined && typeof database !== 'string') refuse('database', 'a name', database);
  assertFlag('lenient', lenient);
  if (indexFile !== undefined && indexFile !== true && typeof indexFile !== 'string') {
    refuse('indexFile', 'true or a path', indexFile);
  }
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
  /** How its values hold images. */
  schema: DatabaseSchema;
  /** LMDB data format: 1 (LMDB 0.9, Caffe, py-lmdb) or 2 (npm lmdb 3.x, LMDB 1.0). */
  format: 1 | 2;
  /** Images. */
  count: number;
  /** Records that are none, such as labels and counts, where the schema has them. Absent if there are none. */
  others?: number;
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
  /** Names of the named databases in the file, if there are some and the unnamed one is small. */
  databases?: string[];
  /** What is wrong with one of the meta pages. Only when opened with `lenient`. */
  metaDamage?: string;
}

/**
 * Opens a database for reading, without a lock and without native code: Caffe's Datums, and what others keep images in (option
 * `schema`). Records that are no images, such as labels and counts, are not counted as records, and go with their image.
 *
 * @param path The folder that holds `data.mdb`, or a data file.
 * @throws NotReadableError, NotLmdbError, UnsupportedFormatError or CorruptDatabaseError.
 */
export function openDatumLmdb(path: string, options: OpenOptions = {}): DatumReader {
  assertPath('path', path);
  checkOpenOptions(options);
  return new DatumReader(new PageFile(path, { lenient: options.lenient }), options);
}

/**
 * An open database. Reads the snapshot that was newest when it was opened; if writers go on for more than one commit after
 * it, reading ends in a `DatabaseChangedError`, never in wrong data.
 *
 * It is also a sample source for training: `length` and `at(i)`.
 */
export class DatumReader {
  /** What could not be read so far. Always empty unless opened with `lenient`. */
  readonly damage: readonly Damage[];
  readonly #tree: TreeRecord;
  readonly #values: ValueReader;
  readonly #maxPixels: number;
  readonly #indexFile?: string;
  /** Set if opened with `lenient`. */
  readonly #addDamage?: (damage: Damage) => void;
  /** Of all records, of images alone, and of those that are no images. */
  #allKeys?: KeyIndex;
  #index?: KeyIndex;
  /** Told when it is first needed, like what follows from it: opening reads no records. */
  #known?: { format: RecordFormat; sideKeys: ReadonlySet<string> };
  #length?: number;
  readonly #schema?: string;
  /** Weak, so that a stream that was dropped can go. */
  #streams: WeakRef<BatchStream>[] = [];

  readonly #file: PageFile;

  /** Use `openDatumLmdb`. */
  constructor(file: PageFile, { database, lenient = false, indexFile, maxPixels, schema }: OpenOptions) {
    this.#file = file;
    const damage: Damage[] = [];
    this.damage = damage;
    this.#maxPixels = checkMaxPixels(maxPixels);
    this.#values = new ValueReader(file);
    if (indexFile !== undefined) this.#indexFile = indexFile === true ? `${file.path}.index` : indexFile;
    try {
      this.#tree = database === undefined ? file.meta.main : findNamedTree(file, database);
      assertPlainTree(this.#tree, file.path);
      if (lenient) {
        // A record that is read again is not lost again.
        const known = new Set<string>();
        this.#addDamage = (found) => {
          if (!known.has(found.message)) damage.push(found);
          known.add(found.message);
        };
        if (file.metaDamage !== undefined) this.#addDamage({ message: `${file.path}: ${file.metaDamage}.` });
        this.#allKeys = salvageKeyIndex(file, this.#tree, this.#addDamage);
      }
      this.#schema = schema;
      // So that what is wrong with the name is said here.
      if (schema !== undefined) this.#tellFormat();
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Number of images; of those that can be reached if opened with `lenient`. */
  get length(): number {
    if (this.#length !== undefined) return this.#length;
    const all = this.#allKeys?.length ?? this.#tree.entries;
    if (!this.#file.isOpen) return all;
    try {
      const { format, sideKeys } = this.#tellFormat();
      this.#length = format.namesImages ? this.#keyIndex().length : all - sideKeys.size;
      return this.#length;
    } catch (error) {
      // Reading says so.
      if (error instanceof DatabaseChangedError) return all;
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#file.isOpen;
  }

  /** First key in order, or undefined if the database is empty. */
  get firstKey(): string | undefined {
    for (const key of this.keys()) return key;
    return undefined;
  }

  /** Last key in order, or undefined if the database is empty. */
  get lastKey(): string | undefined {
    for (const key of this.keys({ reverse: true })) return key;
    return undefined;
  }

  /** The same as bytes: a key need not be UTF-8. */
  get lastKeyBytes(): Uint8Array | undefined {
    for (const { leaf, index } of this.#scanAll({ reverse: true })) return Buffer.from(leaf.key(index));
    return undefined;
  }

  get info(): DatabaseInfo {
    const file = this.#file;
    const tree = this.#tree;
    const databases = this.#addDamage ? [] : listNames(file);
    return {
      path: file.path,
      schema: this.schema,
      format: file.layout.format,
      count: this.length,
      ...this.#countOthers(),
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
      ...(databases.length === 0 ? {} : { databases }),
      ...(file.metaDamage === undefined ? {} : { metaDamage: file.metaDamage }),
    };
  }

  /** How the values hold images, and how that was told. */
  get schema(): DatabaseSchema {
    return this.#format.description;
  }

  #countOthers(): { others?: number } {
    const others = (this.#allKeys?.length ?? this.#tree.entries) - this.length;
    return others > 0 ? { others } : {};
  }

  /** What tells this database from others, and from itself after changes: for training that is resumed. Reads up to 128 MiB. */
  identity(): Promise<DatabaseIdentity> {
    return identityOf(this);
  }

  /**
   * The Datum of a key, as it is stored, or undefined if there is no such key. Of another schema's record, what makes a Datum of it.
   *
   * @throws DatumError if the record isn't a valid Datum or is no image of its schema, CorruptDatabaseError if a page is damaged.
   */
  get(key: string | Uint8Array): Datum | undefined {
    const value = this.getBytes(key);
    return value && this.#format.decode(value, keyText(key));
  }

  /** The stored bytes of a key, whatever they are, or undefined if there is no such key. */
  getBytes(key: string | Uint8Array): Uint8Array | undefined {
    const wanted = keyBytes(key, 'key');
    const place = this.#addDamage ? this.#findInIndex(wanted) : this.#findInTree(wanted);
    return place && place.leaf.compareKey(place.index, wanted) === 0 ? this.#valueAt(place) : undefined;
  }

  /**
   * Sample number `i` in key order: planar pixels, colors blue-green-red; bytes, or floats where the record has float_data; encoded
   * images decoded (then it is a Promise, which may need sharp).
   * The first call builds an index of the keys, once.
   *
   * @param i 0 to length - 1; undefined outside, as with arrays.
   * @throws DatumError or ImageError with the key, CorruptDatabaseError if a page is damaged.
   */
  at(i: number): Sample | Promise<Sample> | undefined {
    const record = this.#recordAt(i);
    return record && decodeSample(this.#format.decode(record.value, record.key), record.key, this.#maxPixels);
  }

  /** The Datum number `i` in key order, as it is stored; undefined outside of 0 to length - 1. */
  datumAt(i: number): Datum | undefined {
    const record = this.#recordAt(i);
    return record && this.#format.decode(record.value, record.key);
  }

  /**
   * Batches of pixels for training: all records shuffled together by seed, in shards, with mean, scale, crop, mirror and resize,
   * prepared ahead. Records must have one size after `resize` and `crop`.
   *
   * These are for programs that train by themselves. @ae/autoencoder, which knows no database, asks any source of samples for them one
   * by one (here `at`), and makes batches by its own seed, so that it can stop and go on between any two.
   *
   * @returns An async iterator; its `position` can be saved and given back as an option.
   * @throws InvalidOptionError
   */
  batches(options: BatchOptions): BatchStream {
    const file = this.#file;
    const addDamage = this.#addDamage;
    const checked = { ...checkBatchOptions(options, this.length), maxPixels: this.#maxPixels };
    const index = this.#keyIndex();
    const format = this.#format;
    const lenient = addDamage !== undefined;
    const setup = { path: file.path, lenient, index, meta: file.metaPageBytes, schema: format.name };
    const { workers } = checked;
    // Each worker has a batch under way.
    const plan = { ...checked, prefetch: Math.max(checked.prefetch, workers) };
    const load = async () => {
      const { makeHere, makeInWorkers } = await import('./batches/makers');
      return workers === 0
        ? makeHere(new RecordReader(file, index, format), plan, addDamage)
        : makeInWorkers(setup, plan, addDamage ?? (() => undefined));
    };
    const stream = openStream(load, this.length, plan);
    this.#streams = this.#streams.filter((known) => known.deref()?.isOver === false);
    this.#streams.push(new WeakRef(stream));
    return stream;
  }

  /** Key number `i` in order; undefined outside of 0 to length - 1. */
  keyAt(i: number): string | undefined {
    const place = this.#placeAt(i);
    return place && keyText(place.leaf.key(place.index));
  }

  /** The same as bytes: a key need not be UTF-8. */
  keyBytesAt(i: number): Uint8Array | undefined {
    const place = this.#placeAt(i);
    return place && Buffer.from(place.leaf.key(place.index));
  }

  /** All keys of a range, in order, without reading values. */
  *keys(options: ScanOptions = {}): Generator<string, void, undefined> {
    for (const { leaf, index } of this.#scan(options)) yield keyText(leaf.key(index));
  }

  /** All records of a range, in order. Each has memory of its own. If opened with `lenient`, damaged ones are left out. */
  *entries(options: ScanOptions = {}): Generator<Entry, void, undefined> {
    for (const place of this.#scan(options)) {
      const keyBytes = Buffer.from(place.leaf.key(place.index));
      const entry = this.#readEntry(place, keyBytes, keyText(keyBytes));
      if (entry) yield entry;
    }
  }

  [Symbol.iterator](): Generator<Entry, void, undefined> {
    return this.entries();
  }

  /** Closes the file, and ends its streams of batches with their threads. Further calls do nothing; other methods then throw a ClosedError. */
  close(): void {
    const { path } = this.#file;
    this.#file.close();
    this.#index = undefined;
    this.#allKeys = undefined;
    for (const stream of this.#streams.splice(0)) {
      const message = `${path}: the reader was closed while batches were being read; close it after the last one.`;
      stream.deref()?.close(new ClosedError(message, { path }));
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #readEntry(place: RecordPlace, keyBytes: Uint8Array, key: string): Entry | undefined {
    try {
      assertNoDatabase(this.#file, place.leaf, place.index);
      const value = Buffer.from(this.#values.view(place.leaf, place.index));
      return { key, keyBytes, datum: this.#format.decode(value, key) };
    } catch (error) {
      const isDamage = error instanceof DatumError || error instanceof CorruptDatabaseError;
      if (!this.#addDamage || !isDamage) throw error;
      this.#addDamage({ page: error.page, key, message: error.sentence });
      return undefined;
    }
  }

  #scan(options: ScanOptions): Iterable<RecordPlace> {
    return this.#hasOthers ? this.#scanImages(options) : this.#scanAll(options);
  }

  *#scanImages(options: ScanOptions): Generator<RecordPlace, void, undefined> {
    for (const place of this.#scanAll(options)) {
      if (this.#format.isImage(keyText(place.leaf.key(place.index)))) yield place;
    }
  }

  #scanAll(options: ScanOptions): Iterable<RecordPlace> {
    return this.#addDamage
      ? scanIndex(this.#file, this.#wholeIndex(), options)
      : scanTree(this.#file, this.#tree, options);
  }

  get #format(): RecordFormat {
    return this.#known?.format ?? this.#tellFormat().format;
  }

  #tellFormat(): { format: RecordFormat; sideKeys: ReadonlySet<string> } {
    if (this.#known) return this.#known;
    const scan = (options: ScanOptions) => this.#scanAll(options);
    // Values of their own: those of scans are views.
    const values = new ValueReader(this.#file);
    const lookup = lookupOf(scan, values);
    const format = formatOf(this.#schema, firstRecords(scan, values), lookup);
    this.#known = { format, sideKeys: new Set(format.sideKeysIn(lookup)) };
    return this.#known;
  }

  get #hasOthers(): boolean {
    const { format, sideKeys } = this.#tellFormat();
    return format.namesImages || sideKeys.size > 0;
  }

  /** The index of the images' keys. */
  #keyIndex(): KeyIndex {
    const isImage = (key: Uint8Array) => this.#format.isImage(keyText(key));
    this.#index ??= this.#hasOthers ? filterKeyIndex(this.#file, this.#wholeIndex(), isImage) : this.#wholeIndex();
    return this.#index;
  }

  /** The index of all keys, which is loaded or built when it is first needed. */
  #wholeIndex(): KeyIndex {
    if (this.#allKeys) return this.#allKeys;
    const file = this.#file;
    const tree = this.#tree;
    const indexFile = this.#indexFile;
    const loaded = indexFile === undefined ? undefined : loadKeyIndex(indexFile, file, tree);
    this.#allKeys = loaded ?? buildKeyIndex(file, tree);
    if (indexFile !== undefined && !loaded) saveKeyIndex(indexFile, this.#allKeys, file, tree);
    return this.#allKeys;
  }

  #placeAt(i: number): RecordPlace | undefined {
    if (!Number.isInteger(i) || i < 0 || i >= this.length) return undefined;
    return placeOf(this.#file, this.#keyIndex(), i);
  }

  #recordAt(i: number): { key: string; value: Buffer } | undefined {
    const place = this.#placeAt(i);
    return place && { key: keyText(place.leaf.key(place.index)), value: this.#valueAt(place) };
  }

  #findInTree(key: Uint8Array): RecordPlace | undefined {
    const cursor = new TreeCursor(this.#file, this.#tree);
    return cursor.seek(key) ? cursor : undefined;
  }

  #findInIndex(key: Uint8Array): RecordPlace | undefined {
    const index = this.#wholeIndex();
    const i = lowerBound(this.#file, index, key);
    return i < index.length ? placeOf(this.#file, index, i) : undefined;
  }

  #valueAt(place: RecordPlace): Buffer {
    assertNoDatabase(this.#file, place.leaf, place.index);
    return this.#values.read(place.leaf, place.index);
  }
}
