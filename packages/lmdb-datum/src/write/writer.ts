/**
 * Writes a Caffe Datum LMDB in data format v1, which Caffe, py-lmdb, DIGITS and DALI read.
 */
import fs from 'node:fs';
import type { DatumInit } from '../datum/datum';
import { encodeDatumInto } from '../datum/encode';
import { assertKeys, assertOneOf, assertPath, assertWhole, type Known, refuse } from '../errors/checks';
import { ClosedError, describe, WriteError } from '../errors/errors';
import { keyBytes, keyText } from '../lmdb/scan';
import { AppendEngine } from './append-engine';
import { type PendingRecord, type WriteEngine, writtenAhead } from './engine';
import { KeptBytes } from './kept-bytes';
import { NativeEngine } from './native-engine';
import { loadLmdb } from './native-lmdb';
import { lockTarget, openEngine } from './open-engine';
import { createFolder, emptyTarget, inspectExisting, type WriteTarget } from './target';

/** LMDB's limit, which Caffe's build uses. */
export const maxKeyBytes = 511;

/** A transaction keeps its records in memory, so large images end it before the count does. */
const maxBatchBytes = 256 << 20;

/** How a `DatumWriter` writes. */
export interface WriterOptions {
  /** 'create' (default): the folder must not exist. 'append': it must contain a database of format v1. */
  mode?: 'create' | 'append';
  /** Records per transaction. Default 1,000, as in Caffe. */
  recordsPerCommit?: number;
}

const knownOptions: Known<WriterOptions> = { mode: true, recordsPerCommit: true };

/**
 * Writes records in transactions of 1,000. Committed records remain readable whenever the process is killed.
 *
 *     const writer = await DatumWriter.open('train_lmdb');
 *     await writer.put(caffeKey(0, 'cat.png'), { channels: 3, height: 64, width: 64, data: pixelsChwBgr, label: 7 });
 *     await writer.close();
 *
 * A key below one that was committed earlier requires the package `lmdb`; within a transaction keys may come in any order.
 */
export class DatumWriter {
  /** Number of records in the database and in the open transaction. */
  count: number;
  /** The database's folder, or its data file if that has another name. */
  readonly path: string;

  #pending: (PendingRecord & { key: Buffer })[] = [];
  /** Number of those whose values are no longer in memory. */
  #released = 0;
  /** The keys of those, once a key has been added that is not the last one. */
  #pendingKeys?: Set<string>;
  readonly #values = new KeptBytes();
  #pendingBytes = 0;
  /** The last key of the database, and the last key including the open transaction. */
  #committedKey?: Buffer;
  #lastKey?: Buffer;
  #isInOrder = true;
  /** The commit in progress. */
  #underWay?: Promise<void>;

  readonly #recordsPerCommit: number;
  readonly #target: WriteTarget;
  readonly #release: () => void;
  #engine?: WriteEngine;

  private constructor(recordsPerCommit: number, target: WriteTarget, engine: WriteEngine, release = () => {}) {
    if (typeof engine?.commit !== 'function')
      refuse('new DatumWriter', 'a database to write', recordsPerCommit, 'call await DatumWriter.open(path)');
    this.#recordsPerCommit = recordsPerCommit;
    this.#target = target;
    this.#engine = engine;
    this.#release = release;
    this.path = target.location;
    this.count = target.count;
    this.#committedKey = target.lastKey;
    this.#lastKey = target.lastKey;
  }

  /**
   * Creates a database folder, or opens one to add to it.
   *
   * @param location A folder. To add to a database, its data file is also accepted, as for reading.
   * @throws OutputExistsError also if another writer has the database open, WriteError, a reader's error if the database to append to is
   * damaged, or MissingDependencyError without `lmdb` if a program that uses LMDB has it open.
   */
  static async open(location: string, options: WriterOptions = {}): Promise<DatumWriter> {
    assertKeys('DatumWriter.open', options, knownOptions);
    const { mode = 'create', recordsPerCommit = 1000 } = options;
    assertPath('path', location);
    assertOneOf('mode', mode, ['create', 'append']);
    assertWhole('recordsPerCommit', recordsPerCommit, 1);
    const target = mode === 'create' ? createFolder(location) : await inspectExisting(location);
    let release: (() => void) | undefined;
    try {
      release = lockTarget(target);
      if (mode === 'create') return new DatumWriter(recordsPerCommit, target, AppendEngine.create(target), release);
      // Another writer may have come between checking and locking.
      const locked = await inspectExisting(location);
      return new DatumWriter(recordsPerCommit, locked, openEngine(locked), release);
    } catch (error) {
      release?.();
      if (mode === 'create') fs.rmSync(location, { recursive: true, force: true });
      throw error;
    }
  }

  /** @internal Creates a database in an existing folder that contains none and belongs only to the caller. */
  static createIn(
    folder: string,
    { recordsPerCommit = 1000 }: Pick<WriterOptions, 'recordsPerCommit'> = {},
  ): DatumWriter {
    const target = emptyTarget(folder);
    return new DatumWriter(recordsPerCommit, target, AppendEngine.create(target));
  }

  /**
   * Adds a record; every `recordsPerCommit` records are committed.
   *
   * @param key At most 511 bytes. `caffeKey` makes keys in Caffe's form.
   * @throws DatumError if the Datum contradicts itself, WriteError if the key already exists or writing fails.
   */
  async put(key: string | Uint8Array, datum: DatumInit): Promise<void> {
    await this.#add(key, (allocate) => encodeDatumInto(allocate, datum, keyText(key)));
  }

  /** Adds a record whose value already is a Datum message, which is copied. */
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
   * @param value A Datum message, which must not change until then.
   */
  stage(key: string | Uint8Array, value: Uint8Array): void {
    assertValue(value);
    if (this.#underWay) {
      throw new WriteError({ state: `${this.path}: a commit is in progress`, todo: 'await it' }, { path: this.path });
    }
    this.#hold(key, () => value);
  }

  /**
   * @internal Writes what was staged, so that the commit has less to do. Nothing of it is in the database until then.
   *
   * @param release The memory of the values may be used again. Then, until the commit, keys must come in order, and if a transaction fails,
   * its records must be staged again.
   * @returns True if the values have been written.
   * @throws WriteError
   */
  writeAhead(release = false): boolean {
    const engine = this.#assertOpen();
    if (!this.#isInOrder || this.#underWay || !engine.writeAhead) return false;
    engine.writeAhead(this.#pending);
    if (!release) return true;
    for (let i = this.#released; i < this.#pending.length; i++) this.#pending[i].value = writtenAhead;
    this.#released = this.#pending.length;
    return true;
  }

  /** True if the open transaction has reached its maximum number of records or bytes. */
  get isDue(): boolean {
    return this.#pending.length >= this.#recordsPerCommit || this.isDueByBytes;
  }

  /** @internal True if the open transaction has reached its maximum number of bytes. */
  get isDueByBytes(): boolean {
    return this.#pendingBytes >= maxBatchBytes;
  }

  /** Makes unawaited puts wait for the commit in progress, whose records must not change. */
  async #add(key: string | Uint8Array, make: (allocate: KeptBytes['allocate']) => Uint8Array): Promise<void> {
    while (this.#underWay) await this.#underWay.catch(() => undefined);
    this.#hold(key, make);
    if (this.isDue) await this.commit();
  }

  /** @param make Makes the value in memory that stays valid until the commit. */
  #hold(key: string | Uint8Array, make: (allocate: KeptBytes['allocate']) => Uint8Array): void {
    const engine = this.#assertOpen();
    const given = keyBytes(key, 'key');
    const stored = given === key ? Buffer.from(given) : (given as Buffer);
    if (stored.length === 0 || stored.length > maxKeyBytes) {
      const name = keyText(key);
      throw new WriteError(
        {
          where: `key ${describe(name)}`,
          expected: `1 to ${maxKeyBytes} bytes`,
          received: `${stored.length}`,
          todo: stored.length === 0 ? 'give the record a name' : 'shorten the file name or its folders',
        },
        { path: this.path, key: name },
      );
    }
    const isNewLast = this.#lastKey === undefined || Buffer.compare(stored, this.#lastKey) > 0;
    const isBelow = !isNewLast && this.#committedKey !== undefined && Buffer.compare(stored, this.#committedKey) <= 0;
    if (!isNewLast && (this.#isPending(stored) || (isBelow && engine.has(stored)))) {
      const name = keyText(key);
      throw new WriteError(
        { state: `key ${name} already exists`, todo: 'use a different key for each record' },
        { path: this.path, key: name },
      );
    }
    if (!isNewLast && this.#released > 0) {
      const name = keyText(key);
      throw new WriteError(
        { state: `key ${name} comes before keys that are already written`, todo: 'commit those first' },
        { path: this.path, key: name },
      );
    }
    if (isBelow) this.#needAnyOrder(stored);
    const value = make(this.#values.allocate);
    if (isNewLast) this.#lastKey = stored;
    else this.#leaveOrder();
    this.#pending.push({ key: stored, value });
    this.#pendingKeys?.add(stored.toString('latin1'));
    this.#pendingBytes += value.length;
    this.count++;
  }

  #isPending(key: Buffer): boolean {
    this.#pendingKeys ??= new Set(this.#pending.map((record) => record.key.toString('latin1')));
    return this.#pendingKeys.has(key.toString('latin1'));
  }

  /** From here on, the open transaction is sorted when it is committed. */
  #leaveOrder(): void {
    this.#isInOrder = false;
    this.#engine?.dropAhead?.();
  }

  /**
   * Commits the open transaction now. If that fails (for example because the disk is full), what was committed before is kept, and the
   * records of this transaction stay in memory and can be committed again.
   */
  async commit(): Promise<void> {
    while (this.#underWay) await this.#underWay.catch(() => undefined);
    this.#underWay = this.#commitAll().finally(() => {
      this.#underWay = undefined;
    });
    await this.#underWay;
  }

  async #commitAll(): Promise<void> {
    const engine = this.#assertOpen();
    if (this.#pending.length === 0) return;
    if (!this.#isInOrder) this.#pending.sort((a, b) => Buffer.compare(a.key, b.key));
    await engine.commit(this.#pending, this.#pendingBytes);
    this.#committedKey = this.#lastKey;
    this.#isInOrder = true;
    this.#forgetPending();
    this.#values.release();
    this.#pendingBytes = 0;
  }

  #forgetPending(): void {
    this.#pending = [];
    this.#released = 0;
    this.#pendingKeys = undefined;
  }

  /** Commits and closes. Further calls do nothing. */
  async close(): Promise<void> {
    if (!this.#engine) return;
    try {
      await this.commit();
    } finally {
      await this.abort();
    }
  }

  /** Closes without committing the open transaction. */
  async abort(): Promise<void> {
    const engine = this.#engine;
    this.#engine = undefined;
    while (this.#underWay) await this.#underWay.catch(() => undefined);
    this.#forgetPending();
    if (!engine) return;
    await engine.close();
    this.#release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Continues with LMDB's own engine, which can insert keys between others. @throws MissingDependencyError, WriteError */
  #needAnyOrder(key: Buffer): void {
    if (this.#engine instanceof NativeEngine) return;
    const open = loadLmdb(`${this.path}: key ${keyText(key)} comes before keys that are already committed`);
    const engine = new NativeEngine(open, this.#target);
    void this.#engine?.close();
    this.#engine = engine;
  }

  #assertOpen(): WriteEngine {
    if (this.#engine) return this.#engine;
    throw new ClosedError({ state: `${this.path}: the writer is closed`, todo: "open it again with mode 'append'" });
  }
}

/** Returns Caffe's key for record `index` from file `name`: eight digits, an underscore, and the name as it is in the list. */
export function caffeKey(index: number, name: string): string {
  if (!Number.isSafeInteger(index) || index < 0) refuse('index', 'a whole number of 0 or more', index, 'count from 0');
  if (typeof name !== 'string') refuse('name', 'a string', name, "pass the file's name");
  return `${String(index).padStart(8, '0')}_${name}`;
}

function assertValue(value: unknown): void {
  if (!(value instanceof Uint8Array)) refuse('value', 'bytes', value, 'pass a Datum message');
}
