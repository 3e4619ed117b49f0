/** Reads a Caffe Datum LMDB: count, get by key, get by index, and scans in key order. */
import { batchWorker } from '../batches/batch-worker-file';
import { type BatchDtype, type BatchOptions, checkBatchOptions } from '../batches/options';
import { RecordReader } from '../batches/record-reader';
import { type BatchStream, openStream } from '../batches/stream';
import type { Datum, Sample } from '../datum/datum';
import { decodeSample } from '../datum/sample';
import { assertPath, checkMaxPixels, refuse } from '../errors/checks';
import { ClosedError, CorruptDatabaseError, DatumError } from '../errors/errors';
import { assertNoDatabase } from '../lmdb/named-databases';
import { PageFile } from '../lmdb/page-file';
import type { Damage } from '../lmdb/salvage';
import { keyBytes, keyText, type RecordPlace, type ScanOptions } from '../lmdb/scan';
import { ValueReader } from '../lmdb/value-reader';
import type { DatabaseSchema } from '../schemas/record-format';
import { startAhead } from '../threads/workers-ahead';
import { type DatabaseIdentity, identityOf } from './identity';
import { Images } from './images';
import { type DatabaseInfo, infoOf } from './info';
import { checkOpenOptions, type OpenOptions } from './options';
import { Places } from './places';

/** One record of a scan. */
export interface Entry {
  /** Key as UTF-8 text. */
  key: string;
  /** Key as it is stored. */
  keyBytes: Uint8Array;
  datum: Datum;
}

/**
 * Opens a database for reading, without a lock and without native code: Caffe's Datums, and what other programs store images in (option
 * `schema`). Records that are not images, such as labels and counts, are not counted as records, and belong to their image.
 *
 * @param path The folder that contains `data.mdb`, or a data file.
 * @throws NotReadableError, NotLmdbError, UnsupportedFormatError or CorruptDatabaseError.
 */
export function openDatumLmdb(path: string, options: OpenOptions = {}): DatumReader {
  assertPath('path', path);
  checkOpenOptions(options);
  return DatumReader.open(new PageFile(path, { lenient: options.lenient }), options);
}

/**
 * An open database. Reads the snapshot that was newest when it was opened; if writers make more than one commit after it, reading throws a
 * `DatabaseChangedError` and never returns wrong data.
 *
 * It is also a source of samples for training: `length` and `at(i)`.
 */
export class DatumReader {
  /** What could not be read so far. Always empty unless opened with `lenient`. */
  readonly damage: readonly Damage[];
  readonly #file: PageFile;
  readonly #places: Places;
  readonly #images: Images;
  readonly #values: ValueReader;
  readonly #maxPixels: number;
  /** Weak, so that a stream that was dropped can be collected. */
  #streams: WeakRef<BatchStream>[] = [];

  private constructor(file: PageFile, options: OpenOptions) {
    if (!(file instanceof PageFile)) refuse('new DatumReader', 'an open database', file, 'call openDatumLmdb(path)');
    this.#file = file;
    this.#values = new ValueReader(file);
    try {
      this.#maxPixels = checkMaxPixels(options.maxPixels);
      this.#places = new Places(file, options);
      this.#images = new Images(this.#places, options.schema);
      this.damage = this.#places.damage;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** @internal Use `openDatumLmdb`. */
  static open(file: PageFile, options: OpenOptions): DatumReader {
    return new DatumReader(file, options);
  }

  /** @internal The data file. */
  get path(): string {
    return this.#file.path;
  }

  /** Number of images; if opened with `lenient`, of those that can be reached. */
  get length(): number {
    return this.#images.length;
  }

  /** Whether records can still be read. */
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

  /** The same as bytes, because a key need not be UTF-8. */
  get lastKeyBytes(): Uint8Array | undefined {
    for (const { leaf, index } of this.#places.scan({ reverse: true })) return Buffer.from(leaf.key(index));
    return undefined;
  }

  /** The format, keys, pages and transaction of the database. */
  get info(): DatabaseInfo {
    return infoOf(this.#places, this.#images, this);
  }

  /** How the values store images, and how that was detected. */
  get schema(): DatabaseSchema {
    return this.#images.format.description;
  }

  /** Identifies this database and its changes, for resuming training. Reads up to 128 MiB. */
  identity(): Promise<DatabaseIdentity> {
    return identityOf(this);
  }

  /**
   * Returns the Datum of a key as it is stored, or undefined if the key does not exist. For other schemas, the record is converted to a
   * Datum.
   *
   * @throws DatumError if the record is not a valid Datum or not an image of its schema, CorruptDatabaseError if a page is damaged.
   */
  get(key: string | Uint8Array): Datum | undefined {
    const value = this.getBytes(key);
    return value && this.#images.format.decode(value, keyText(key));
  }

  /** Returns the stored bytes of a key, whatever they are, or undefined if the key does not exist. */
  getBytes(key: string | Uint8Array): Uint8Array | undefined {
    const place = this.#places.find(keyBytes(key, 'key'));
    return place && this.#valueAt(place);
  }

  /**
   * Returns sample number `i` in key order: planar pixels, colors blue-green-red; bytes, or floats if the record has float_data; encoded
   * images are decoded (the result is then a Promise, and may need sharp). The first call builds an index of the keys.
   *
   * @param i 0 to length - 1; undefined outside, as with arrays.
   * @throws DatumError or ImageError with the key, CorruptDatabaseError if a page is damaged.
   */
  at(i: number): Sample | Promise<Sample> | undefined {
    const record = this.#recordAt(i);
    return record && decodeSample(this.#images.format.decode(record.value, record.key), record.key, this.#maxPixels);
  }

  /** Returns Datum number `i` in key order, as it is stored; undefined outside 0 to length - 1. */
  datumAt(i: number): Datum | undefined {
    const record = this.#recordAt(i);
    return record && this.#images.format.decode(record.value, record.key);
  }

  /**
   * Returns batches of pixels for training: all records shuffled together by seed, in shards, with mean, scale, crop, mirror and resize,
   * prepared in advance. Records must have one size after `resize` and `crop`.
   *
   * They are for programs with their own training loop. @ae/autoencoder, which knows no databases, requests samples one by one from any
   * source (here with `at`), and makes batches with its own seed, so that it can stop and continue between any two.
   *
   * @returns An async iterator; its `position` can be saved and passed back as an option.
   * @throws InvalidOptionError
   */
  batches<Dtype extends BatchDtype = 'float32'>(options: BatchOptions<Dtype>): BatchStream<Dtype> {
    const file = this.#file;
    const { addDamage } = this.#places;
    const checked = { ...checkBatchOptions(options, this.length), maxPixels: this.#maxPixels };
    const index = this.#images.index();
    const { format } = this.#images;
    const lenient = addDamage !== undefined;
    const setup = { path: file.path, lenient, index, meta: file.metaPageBytes, schema: format.name };
    const { workers } = checked;
    // Each worker has a batch in progress, and one that it begins while others are still waited for.
    const plan = { ...checked, prefetch: Math.max(checked.prefetch, 2 * workers) };
    startAhead(batchWorker, workers);
    const load = async () => {
      const { makeHere, makeInWorkers } = await import('../batches/makers');
      return workers === 0
        ? makeHere(new RecordReader(file, index, format), plan, addDamage)
        : makeInWorkers(setup, plan, addDamage ?? (() => undefined));
    };
    const stream = openStream(load, this.length, plan);
    this.#streams = this.#streams.filter((known) => known.deref()?.isOver === false);
    this.#streams.push(new WeakRef(stream));
    return stream;
  }

  /** Returns key number `i` in order; undefined outside 0 to length - 1. */
  keyAt(i: number): string | undefined {
    const place = this.#images.placeAt(i);
    return place && keyText(place.leaf.key(place.index));
  }

  /** The same as bytes, because a key need not be UTF-8. */
  keyBytesAt(i: number): Uint8Array | undefined {
    const place = this.#images.placeAt(i);
    return place && Buffer.from(place.leaf.key(place.index));
  }

  /** All keys of a range, in order, without reading values. */
  *keys(options: ScanOptions = {}): Generator<string, void, undefined> {
    for (const { leaf, index } of this.#images.scan(options)) yield keyText(leaf.key(index));
  }

  /** Returns all records of a range, in order, each in memory of its own. If opened with `lenient`, damaged ones are skipped. */
  *entries(options: ScanOptions = {}): Generator<Entry, void, undefined> {
    for (const place of this.#images.scan(options)) {
      const keyBytes = Buffer.from(place.leaf.key(place.index));
      const entry = this.#readEntry(place, keyBytes, keyText(keyBytes));
      if (entry) yield entry;
    }
  }

  [Symbol.iterator](): Generator<Entry, void, undefined> {
    return this.entries();
  }

  /**
   * Closes the file, and ends its streams of batches and their threads. Further calls do nothing; other methods then throw a ClosedError.
   */
  close(): void {
    const { path } = this.#file;
    this.#places.close();
    this.#images.close();
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
      return { key, keyBytes, datum: this.#images.format.decode(value, key) };
    } catch (error) {
      const isDamage = error instanceof DatumError || error instanceof CorruptDatabaseError;
      if (!this.#places.addDamage || !isDamage) throw error;
      this.#places.addDamage({ page: error.page, key, message: error.sentence });
      return undefined;
    }
  }

  #recordAt(i: number): { key: string; value: Buffer } | undefined {
    const place = this.#images.placeAt(i);
    return place && { key: keyText(place.leaf.key(place.index)), value: this.#valueAt(place) };
  }

  #valueAt(place: RecordPlace): Buffer {
    assertNoDatabase(this.#file, place.leaf, place.index);
    return this.#values.read(place.leaf, place.index);
  }
}
