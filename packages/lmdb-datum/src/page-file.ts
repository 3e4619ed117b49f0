/**
 * An LMDB data file, read page by page with positional reads.
 *
 * No native code, no memory map, no lock file: it works on read-only media and in any number of processes, and no file can
 * take the process down. Every number that comes from the file is checked before it is used. The price is that a writer
 * doesn't know of us, so `assertUnchanged` has to be called after reading and before trusting what was read.
 */
import fs from 'node:fs';
import path from 'node:path';
import {
  ClosedError,
  CorruptDatabaseError,
  DatabaseChangedError,
  NotLmdbError,
  NotReadableError,
  reasonOf,
} from './errors';
import { type Format, META_BYTES, type Meta, readFormat, readMeta } from './meta';
import { PAGE_OVERFLOW, Page, type PageLayout, type PageOptions, readU64, type ValueRef } from './page';

/** Pages kept in memory. Branch pages of a tree of 300,000 leaves fit. */
const CACHE_BYTES = 16 << 20;
const CUT_SHORT = 'the file is cut short, copy it again';

export interface PageFileOptions {
  /** Use the older meta page if one of the two is damaged, and collect a page's damaged nodes, instead of refusing them. */
  lenient?: boolean;
}

export class PageFile {
  /** The data file itself. */
  readonly path: string;
  readonly layout: PageLayout;
  readonly pageSizeBytes: number;
  /** The newest snapshot when the file was opened. All reading is of this one. */
  readonly meta: Meta;
  /** What is wrong with the other meta page. Only with `lenient`, else it is an error. */
  readonly metaDamage?: string;
  private fd: number;
  /** Size of the file in bytes, when it was opened. */
  readonly fileBytes: number;
  private readonly metaBytes: Buffer;
  private readonly metaAgain = Buffer.alloc(META_BYTES);
  private readonly cache = new Map<number, Page>();
  private readonly cachedPages: number;
  private readonly lenient: boolean;

  /** @param location A data file, or the folder that holds `data.mdb`. */
  constructor(location: string, options: PageFileOptions = {}) {
    this.path = dataFileOf(location);
    this.lenient = options.lenient ?? false;
    try {
      this.fd = fs.openSync(this.path, 'r');
    } catch (cause) {
      throw notReadable(this.path, cause);
    }
    try {
      const head = Buffer.alloc(Math.min(META_BYTES, fs.fstatSync(this.fd).size));
      this.readAt(head, 0, head.length, 0);
      const format = readFormat(head, this.path);
      this.layout = format.layout;
      this.pageSizeBytes = format.pageSizeBytes;
      const { meta, metaBytes, damage } = this.chooseMeta(format);
      this.meta = meta;
      this.metaBytes = metaBytes;
      if (damage !== undefined) this.metaDamage = damage;
      this.fileBytes = fs.fstatSync(this.fd).size;
      this.assertUnchanged();
      this.cachedPages = Math.max(64, Math.floor(CACHE_BYTES / this.pageSizeBytes));
    } catch (error) {
      fs.closeSync(this.fd);
      throw error;
    }
  }

  /** The one with the higher transaction id, as LMDB does. A damaged one is an error unless `lenient`. */
  private chooseMeta(format: Format) {
    const found: { meta: Meta; metaBytes: Buffer }[] = [];
    let damage: string | undefined;
    for (const page of [0, 1]) {
      const metaBytes = Buffer.alloc(META_BYTES);
      this.readAt(metaBytes, 0, META_BYTES, page * format.pageSizeBytes);
      const meta = readMeta(metaBytes, page, format);
      if (typeof meta === 'string') damage ??= `meta page ${page}: ${meta}`;
      else found.push({ meta, metaBytes });
    }
    const [first, second] = found;
    if (first && second && Math.abs(first.meta.transactionId - second.meta.transactionId) > 1) {
      damage = `transactions ${first.meta.transactionId} and ${second.meta.transactionId} in the meta pages`;
    }
    if (!first || (damage !== undefined && !this.lenient)) {
      throw new CorruptDatabaseError(
        `${this.path}: expected two meta pages of neighbouring transactions, received damage in ${damage}; ` +
          (first ? 'a lenient reader gets the snapshot that is left.' : 'restore the file from a copy.'),
        { path: this.path, page: 0 },
      );
    }
    const newest = second && second.meta.transactionId > first.meta.transactionId ? second : first;
    return { ...newest, damage };
  }

  /** The bytes of the meta page that counts. */
  get metaPageBytes(): Uint8Array {
    return this.metaBytes;
  }

  get isOpen(): boolean {
    return this.fd >= 0;
  }

  close(): void {
    if (this.fd < 0) return;
    fs.closeSync(this.fd);
    this.fd = -1;
    this.cache.clear();
  }

  /**
   * Fills `target[offset, offset + length)` from `position` in the file.
   *
   * @throws CorruptDatabaseError if the file ends before, NotReadableError if the operating system can't read it.
   */
  readAt(target: Uint8Array, offset: number, length: number, position: number): void {
    if (this.fd < 0)
      throw new ClosedError(`${this.path}: expected an open reader, received a closed one; open it again.`);
    let done = 0;
    while (done < length) {
      let got: number;
      try {
        got = fs.readSync(this.fd, target, offset + done, length - done, position + done);
      } catch (cause) {
        throw notReadable(this.path, cause);
      }
      if (got === 0) throw this.cutShort(position + done, position + length);
      done += got;
    }
  }

  private cutShort(position: number, end: number): CorruptDatabaseError {
    const page = Math.floor(position / (this.pageSizeBytes || 4096));
    const { size } = fs.fstatSync(this.fd);
    return this.corrupt(page, `at least ${end} bytes in the file`, `${size}`, CUT_SHORT);
  }

  /** The branch or leaf page `number`, checked. Pages are cached; don't change their bytes. */
  page(number: number): Page {
    const cached = this.cache.get(number);
    if (cached) return cached;
    const page = this.readPage(number);
    // Keeps the pages used last: a Map iterates in order of insertion.
    if (this.cache.size >= this.cachedPages) this.cache.delete(this.cache.keys().next().value as number);
    this.cache.set(number, page);
    return page;
  }

  /** The branch or leaf page `number`, past the cache. */
  readPage(number: number, options: PageOptions = { lenient: this.lenient }): Page {
    this.assertInside(number, 1);
    const bytes = Buffer.allocUnsafeSlow(this.pageSizeBytes);
    this.readAt(bytes, 0, bytes.length, number * this.pageSizeBytes);
    let page: Page;
    try {
      page = new Page(bytes, number, this.layout, this.path, options);
    } catch (error) {
      this.assertUnchanged();
      throw error;
    }
    this.assertUnchanged();
    return page;
  }

  /** Checks that pages `[first, first + count)` are part of the snapshot and of the file. */
  assertInside(first: number, count: number): void {
    if (first < 2 || first + count - 1 > this.meta.lastPage) {
      throw this.corrupt(
        first,
        `a page between 2 and ${this.meta.lastPage}`,
        count === 1 ? `${first}` : `${first} to ${first + count - 1}`,
      );
    }
  }

  /** Checks that the overflow pages of a value are part of the snapshot and of the file, before memory is taken for it. */
  assertValueInside({ page, pages, size }: ValueRef): void {
    if (page === 0) return;
    this.assertInside(page, pages);
    const end = page * this.pageSizeBytes + this.layout.headerBytes + size;
    if (end > this.fileBytes) {
      throw this.corrupt(page, `at least ${end} bytes in the file`, `${this.fileBytes}`, CUT_SHORT);
    }
  }

  /**
   * Checks the header of a run of overflow pages.
   *
   * @param header Bytes that hold the header at `offset`.
   * @param pages Number of pages that the value needs. LMDB rewrites a shorter value in place, so the run may be longer.
   * @returns Number of pages in the run.
   */
  checkOverflow(header: Buffer, offset: number, number: number, pages: number): number {
    const at = offset + this.layout.headerBytes;
    const run = header.readUInt32LE(at - 4);
    if (readU64(header, offset) !== number || header.readUInt16LE(at - 6) !== PAGE_OVERFLOW) {
      this.assertUnchanged();
      throw this.corrupt(number, 'the first page of a value', 'another page');
    }
    if (run < pages || number + run - 1 > this.meta.lastPage) {
      this.assertUnchanged();
      throw this.corrupt(number, `a value of at least ${pages} pages inside the file`, `${run} pages`);
    }
    return run;
  }

  /**
   * Checks that the pages of our snapshot can't have been reused. A commit writes the meta page that ours isn't on, and LMDB
   * reuses pages of a snapshot only in transactions after the next commit. So as long as our own meta page stands as it was,
   * so does the snapshot. Costs one small read.
   *
   * @throws DatabaseChangedError
   */
  assertUnchanged(): void {
    this.readAt(this.metaAgain, 0, META_BYTES, this.meta.page * this.pageSizeBytes);
    if (!this.metaAgain.equals(this.metaBytes)) throw this.changed();
  }

  /** Checks that this is the snapshot that another reader has open, by the bytes of its meta page. @throws DatabaseChangedError */
  assertSameSnapshot(metaBytes: Uint8Array): void {
    if (!this.metaBytes.equals(metaBytes)) throw this.changed();
  }

  corrupt(page: number, expected: string, received: string, todo?: string): CorruptDatabaseError {
    return new CorruptDatabaseError(
      `${this.path}: page ${page}: expected ${expected}, received ${received}; ` +
        `${todo ?? 'the file is damaged, so verify it to see what can still be read'}.`,
      { path: this.path, page },
    );
  }

  private changed(): DatabaseChangedError {
    return new DatabaseChangedError(
      `${this.path}: expected transaction ${this.meta.transactionId}, received a newer one written while reading; ` +
        'open the database again and retry.',
      { path: this.path },
    );
  }
}

function dataFileOf(location: string): string {
  const stat = statOf(location);
  if (!stat.isDirectory()) return assertFile(location, stat);
  const file = path.join(location, 'data.mdb');
  if (fs.existsSync(file)) return assertFile(file, statOf(file));
  const leveldb = fs.existsSync(path.join(location, 'CURRENT'));
  throw new NotLmdbError(
    leveldb
      ? `${location}: expected a folder with data.mdb, received a LevelDB; make it again with convert_imageset --backend=lmdb.`
      : `${location}: expected a folder with data.mdb, received a folder without; give the folder that holds data.mdb.`,
    { path: location },
  );
}

function statOf(location: string): fs.Stats {
  try {
    return fs.statSync(location);
  } catch (cause) {
    throw notReadable(location, cause);
  }
}

/** Opening a pipe would wait for a writer, perhaps for ever. */
function assertFile(file: string, stat: fs.Stats): string {
  if (stat.isFile()) return file;
  const received = stat.isDirectory() ? 'a folder' : stat.isFIFO() ? 'a pipe' : 'a device or socket';
  throw new NotLmdbError(
    `${file}: expected an LMDB data file, received ${received}; copy the database to a disk, or check the path.`,
    { path: file },
  );
}

function notReadable(file: string, cause: unknown): NotReadableError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const todo =
    code === 'ENOENT'
      ? 'check the path'
      : code === 'EACCES' || code === 'EPERM'
        ? 'check the permissions of the file and its folders'
        : 'check the disk or the network drive';
  return new NotReadableError(`${file}: expected a readable database, received ${reasonOf(cause)}; ${todo}.`, {
    path: file,
    cause,
  });
}
