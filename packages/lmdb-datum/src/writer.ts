/**
 * Writes a Caffe Datum LMDB in data format v1, which Caffe, py-lmdb, DIGITS and DALI read.
 */
import fs from 'node:fs';
import { assertKeys, assertOneOf, assertPath, assertWhole, type Known, refuse } from './checks';
import type { DatumInit } from './datum/datum';
import { encodeDatum } from './datum/encode';
import { ClosedError, describe, WriteError } from './errors';
import { keyBytes, keyText } from './lmdb/scan';
import { KeptBytes } from './write/kept-bytes';
import { loadLmdb, type NativeDatabase, type OpenLmdb, writeError } from './write/native-lmdb';
import { createFolder, emptyTarget, inspectExisting, type WriteTarget } from './write/target';

/** LMDB's limit, which Caffe's build keeps to. */
export const maxKeyBytes = 511;

const MDB_MAP_FULL = -30792;
/** Room for the lock file, the meta pages, and pages of the tree that a commit writes anew. */
const spareBytes = 1 << 20;
const pageBytes = 4096;
/** A transaction holds its records in memory, so large images end it before the count does. */
const maxBatchBytes = 256 << 20;

export interface WriterOptions {
  /** 'create' (default): the folder must not exist. 'append': it must hold a database of format v1. */
  mode?: 'create' | 'append';
  /** Records per transaction. Default 1,000, as Caffe's. */
  recordsPerCommit?: number;
}

const knownOptions: Known<WriterOptions> = { mode: true, recordsPerCommit: true };

/**
 * Writes records in transactions of 1,000. What has been committed stays readable whenever the process is killed.
 *
 *     const writer = await DatumWriter.open('train_lmdb');
 *     await writer.put(caffeKey(0, 'cat.png'), { channels: 3, height: 64, width: 64, data: pixelsChwBgr, label: 7 });
 *     await writer.close();
 */
export class DatumWriter {
  /** Records in the database and in the open transaction. */
  count: number;
  #pending = new Map<string, { key: Buffer; value: Uint8Array }>();
  readonly #values = new KeptBytes();
  #pendingBytes = 0;
  #mapSizeBytes: number;

  /** The database's folder, or its data file if that has a name of its own. */
  readonly path: string;

  readonly #openLmdb: OpenLmdb;
  readonly #recordsPerCommit: number;
  readonly #existing: WriteTarget;

  private constructor(openLmdb: OpenLmdb, recordsPerCommit: number, existing: WriteTarget) {
    this.#openLmdb = openLmdb;
    this.#recordsPerCommit = recordsPerCommit;
    this.#existing = existing;
    this.path = existing.location;
    this.count = existing.count;
    this.#lastKey = existing.lastKey;
    this.#mapSizeBytes = existing.mapSizeBytes;
  }

  #db?: NativeDatabase;
  #lastKey?: Buffer;

  /**
   * Creates a database folder, or opens one to add to it.
   *
   * @param location A folder. To add to a database also its data file, as for reading.
   * @throws OutputExistsError, MissingDependencyError without `lmdb`, WriteError, or a reader's error if the database to append
   *   to is not sound.
   */
  static async open(location: string, options: WriterOptions = {}): Promise<DatumWriter> {
    assertKeys('DatumWriter.open', options, knownOptions);
    const { mode = 'create', recordsPerCommit = 1000 } = options;
    assertPath('path', location);
    assertOneOf('mode', mode, ['create', 'append']);
    assertWhole('recordsPerCommit', recordsPerCommit, 1);
    const openLmdb = loadLmdb();
    const existing = mode === 'create' ? createFolder(location) : await inspectExisting(location);
    const writer = new DatumWriter(openLmdb, recordsPerCommit, existing);
    try {
      writer.#db = writer.#openEnvironment();
    } catch (error) {
      if (mode === 'create') fs.rmSync(location, { recursive: true, force: true });
      throw error;
    }
    return writer;
  }

  /** Makes a database in a folder that is there, and holds none. */
  static createIn(
    folder: string,
    { recordsPerCommit = 1000 }: Pick<WriterOptions, 'recordsPerCommit'> = {},
  ): DatumWriter {
    const writer = new DatumWriter(loadLmdb(), recordsPerCommit, emptyTarget(folder));
    writer.#db = writer.#openEnvironment();
    return writer;
  }

  /**
   * Adds a record; every `recordsPerCommit` records are committed.
   *
   * @param key At most 511 bytes. `caffeKey` makes Caffe's.
   * @throws DatumError if the Datum contradicts itself, WriteError if the key is there already or writing fails.
   */
  async put(key: string | Uint8Array, datum: DatumInit): Promise<void> {
    await this.#add(key, (allocate) => encodeDatum(datum, keyText(key), allocate));
  }

  /** Adds a record whose value is a Datum message already, and is copied. */
  async putBytes(key: string | Uint8Array, value: Uint8Array): Promise<void> {
    assertValue(value);
    await this.#add(key, (allocate) => {
      const copy = allocate(value.length);
      copy.set(value);
      return copy;
    });
  }

  /**
   * Adds a record to the open transaction and leaves it to the caller to commit that, at the latest when `isDue`. Nothing is copied.
   *
   * @param value A Datum message, which must stay as it is until then.
   */
  stage(key: string | Uint8Array, value: Uint8Array): void {
    assertValue(value);
    this.#hold(key, () => value);
  }

  /** True if the open transaction has as many records, or as many bytes, as one is to have. */
  get isDue(): boolean {
    return this.#pending.size >= this.#recordsPerCommit || this.isDueByBytes;
  }

  /** True if the open transaction has as many bytes as one is to have. */
  get isDueByBytes(): boolean {
    return this.#pendingBytes >= maxBatchBytes;
  }

  async #add(key: string | Uint8Array, make: (allocate: KeptBytes['allocate']) => Uint8Array): Promise<void> {
    this.#hold(key, make);
    if (this.isDue) await this.commit();
  }

  /** @param make Makes the value in memory that stays until the commit. */
  #hold(key: string | Uint8Array, make: (allocate: KeptBytes['allocate']) => Uint8Array): void {
    const db = this.#assertOpen();
    const stored = Buffer.from(keyBytes(key, 'key'));
    if (stored.length === 0 || stored.length > maxKeyBytes) {
      const name = keyText(key);
      throw new WriteError(
        {
          where: `key ${describe(name)}`,
          expected: `1 to ${maxKeyBytes} bytes`,
          received: `${stored.length}`,
          todo: 'shorten the file name or its folders',
        },
        { path: this.path, key: name },
      );
    }
    const isNewLast = this.#lastKey === undefined || Buffer.compare(stored, this.#lastKey) > 0;
    const id = stored.toString('latin1');
    if (!isNewLast && (this.#pending.has(id) || db.doesExist(stored))) {
      const name = keyText(key);
      throw new WriteError(
        { state: `key ${name} is there already`, todo: 'give each record a key of its own' },
        { path: this.path, key: name },
      );
    }
    const value = make(this.#values.allocate);
    if (isNewLast) this.#lastKey = stored;
    this.#pending.set(id, { key: stored, value });
    this.#pendingBytes += value.length;
    this.count++;
  }

  /**
   * Commits the open transaction now. If it fails (a full disk, say), what was committed before is kept, and the records of this
   * transaction stay in memory and can be committed again.
   */
  async commit(): Promise<void> {
    this.#assertOpen();
    if (this.#pending.size === 0) return;
    while (!this.#tryCommit()) await this.#grow();
    this.#pending.clear();
    this.#values.release();
    this.#pendingBytes = 0;
  }

  /** Commits and closes. Further calls do nothing. */
  async close(): Promise<void> {
    if (!this.#db) return;
    try {
      await this.commit();
    } finally {
      await this.abort();
    }
  }

  /** Closes without committing the open transaction. */
  async abort(): Promise<void> {
    const db = this.#db;
    this.#db = undefined;
    this.#pending.clear();
    await db?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Returns false if the map is full: then nothing has been written. */
  #tryCommit(): boolean {
    const db = this.#assertOpen();
    this.#assertSpace();
    try {
      db.transactionSync(() => {
        for (const { key, value } of this.#pending.values()) db.putSync(key, value);
      });
      return true;
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === MDB_MAP_FULL) return false;
      throw writeError(this.path, cause);
    }
  }

  /** Doubles the map, as Caffe does: the file itself only grows by what is written. */
  async #grow(): Promise<void> {
    await this.#db?.close();
    this.#db = undefined;
    this.#mapSizeBytes = Math.max(
      this.#mapSizeBytes * 2,
      2 ** Math.ceil(Math.log2(this.#mapSizeBytes + 2 * this.#pendingBytes)),
    );
    this.#db = this.#openEnvironment();
  }

  /**
   * Makes sure that there is room before the native library writes: it maps files into memory, so that a full disk would take the
   * process down where it should be an error.
   */
  #assertSpace(): void {
    let stats: fs.StatsFs;
    try {
      stats = fs.statfsSync(this.path);
    } catch {
      // Some file systems can't tell.
      return;
    }
    const freeBytes = stats.bavail * stats.bsize;
    const neededBytes = spareBytes + this.#pendingBytes + this.#pending.size * 2 * pageBytes;
    if (stats.blocks === 0 || freeBytes >= neededBytes) return;
    const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    throw new WriteError(
      {
        state: `${this.path}: the disk has ${mib(freeBytes)} of free space, and ${mib(neededBytes)} are needed`,
        todo: 'make room',
      },
      { path: this.path },
    );
  }

  #openEnvironment(): NativeDatabase {
    this.#assertSpace();
    try {
      return this.#openLmdb({
        path: this.path,
        noSubdir: this.#existing.isSingleFile ?? false,
        encoding: 'binary',
        keyEncoding: 'binary',
        mapSize: this.#mapSizeBytes,
        // Every commit is on disk when it returns.
        overlappingSync: false,
      });
    } catch (cause) {
      throw writeError(this.path, cause);
    }
  }

  #assertOpen(): NativeDatabase {
    if (this.#db) return this.#db;
    throw new ClosedError({ state: `${this.path}: the writer is closed`, todo: "open it again with mode 'append'" });
  }
}

/** Caffe's key of record `index` made from file `name`: eight digits, an underscore, the name as it stands in the list. */
export function caffeKey(index: number, name: string): string {
  if (!Number.isSafeInteger(index) || index < 0) refuse('index', 'a whole number of 0 or more', index, 'count from 0');
  if (typeof name !== 'string') refuse('name', 'a string', name, "pass the file's name");
  return `${String(index).padStart(8, '0')}_${name}`;
}

function assertValue(value: unknown): void {
  if (!(value instanceof Uint8Array)) refuse('value', 'bytes', value, 'pass a Datum message');
}
