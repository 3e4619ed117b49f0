/** Writes with npm `lmdb`, for keys out of order. */
import fs from 'node:fs';
import { WriteError } from '../errors/errors';
import type { PendingRecord, WriteEngine } from './engine';
import { type NativeDatabase, type OpenLmdb, writeError } from './native-lmdb';
import type { WriteTarget } from './target';

const MDB_MAP_FULL = -30792;
/** Space for the lock file, the meta pages, and pages of the tree that a commit rewrites. */
const spareBytes = 1 << 20;
const pageBytes = 4096;

export class NativeEngine implements WriteEngine {
  readonly #open: OpenLmdb;
  readonly #target: WriteTarget;
  #mapSizeBytes: number;
  #db: NativeDatabase;

  /** @throws WriteError */
  constructor(open: OpenLmdb, target: WriteTarget) {
    this.#open = open;
    this.#target = target;
    this.#mapSizeBytes = target.mapSizeBytes;
    this.#db = this.#openEnvironment();
  }

  async commit(records: readonly PendingRecord[], bytes: number): Promise<void> {
    while (!this.#tryCommit(records, bytes)) await this.#grow(bytes);
  }

  has(key: Buffer): boolean {
    return this.#db.doesExist(key);
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  /** Returns false if the map is full: then nothing has been written. */
  #tryCommit(records: readonly PendingRecord[], bytes: number): boolean {
    this.#assertSpace(records.length, bytes);
    try {
      this.#db.transactionSync(() => {
        for (const { key, value } of records) this.#db.putSync(key, value);
      });
      return true;
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === MDB_MAP_FULL) return false;
      throw writeError(this.#target.location, cause);
    }
  }

  /** Doubles the map, as Caffe does: the file itself grows only by what is written. */
  async #grow(bytes: number): Promise<void> {
    await this.#db.close();
    this.#mapSizeBytes = Math.max(this.#mapSizeBytes * 2, 2 ** Math.ceil(Math.log2(this.#mapSizeBytes + 2 * bytes)));
    this.#db = this.#openEnvironment();
  }

  /**
   * Makes sure that there is space before the native library writes: it maps files into memory, so that a full disk would crash the process
   * instead of causing an error.
   */
  #assertSpace(records: number, bytes: number): void {
    const { location } = this.#target;
    let stats: fs.StatsFs;
    try {
      stats = fs.statfsSync(location);
    } catch {
      // Some file systems cannot say.
      return;
    }
    const freeBytes = stats.bavail * stats.bsize;
    const neededBytes = spareBytes + bytes + records * 2 * pageBytes;
    if (stats.blocks === 0 || freeBytes >= neededBytes) return;
    const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    throw new WriteError(
      {
        state: `${location}: the disk has ${mib(freeBytes)} of free space, but ${mib(neededBytes)} are needed`,
        todo: 'free some space',
      },
      { path: location },
    );
  }

  #openEnvironment(): NativeDatabase {
    this.#assertSpace(0, 0);
    try {
      return this.#open({
        path: this.#target.location,
        noSubdir: this.#target.isSingleFile,
        encoding: 'binary',
        keyEncoding: 'binary',
        mapSize: this.#mapSizeBytes,
        // Every commit is on disk when it returns.
        overlappingSync: false,
      });
    } catch (cause) {
      throw writeError(this.#target.location, cause);
    }
  }
}
