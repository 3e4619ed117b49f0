/**
 * An LMDB data file, read page by page with positional reads.
 *
 * It needs no native code, no memory map and no lock file: it works on read-only media and in any number of processes, and no file can
 * crash the process. Every number from the file is checked before it is used. The price is that a writer does not know about this reader,
 * so `assertUnchanged` must be called after reading and before trusting what was read.
 */
import fs from 'node:fs';
import { ClosedError, CorruptDatabaseError, DatabaseChangedError } from '../errors/errors';
import { dataFileOf, notReadable, openDataFile } from './data-file';
import { bytesOfMeta, type Format, type Meta, newestMeta, readFormat, readMeta } from './meta';
import { Page, type PageLayout, type PageOptions } from './page';
import { copyAgain, Pages } from './pages';

/** Number of pages cached. The branch pages of a tree with 300,000 leaves fit. */
const cacheBytes = 16 << 20;

/** How long to wait before each new attempt to read meta pages that seem damaged. */
const pausesMs = [0, 0, 0, 0, 1, 2, 4, 8, 16];

/** What the meta pages say about the snapshot to read. */
interface Snapshot {
  format: Format;
  fileBytes: number;
  meta: Meta;
  metaBytes: Buffer;
  damage?: string;
}

export interface PageFileOptions {
  /** Open the snapshot with this meta page, which another reader has open, even if there is a newer one. */
  snapshot?: Uint8Array;
  /** Use the older meta page if one of the two is damaged, and collect a page's damaged nodes, instead of refusing them. */
  lenient?: boolean;
}

export class PageFile extends Pages {
  /** The data file itself. */
  readonly path: string;
  readonly layout: PageLayout;
  readonly pageSizeBytes: number;
  /** The newest snapshot when the file was opened. All reading uses this one. */
  readonly meta: Meta;
  /** What is wrong with the other meta page. Only with `lenient`; otherwise it is an error. */
  readonly metaDamage?: string;
  #fd: number;
  /** Size of the file in bytes, when it was opened. */
  readonly fileBytes: number;
  readonly #metaBytes: Buffer;
  readonly #metaAgain = Buffer.alloc(bytesOfMeta);
  readonly #cache = new Map<number, Page>();
  readonly #cachedPages: number;
  readonly #lenient: boolean;

  /** @param location A data file, or the folder that contains `data.mdb`. */
  constructor(location: string, options: PageFileOptions = {}) {
    super();
    this.path = dataFileOf(location);
    this.#lenient = options.lenient ?? false;
    this.#fd = openDataFile(this.path);
    try {
      const found = this.#findSnapshot(options.snapshot);
      this.layout = found.format.layout;
      this.pageSizeBytes = found.format.pageSizeBytes;
      this.meta = found.meta;
      this.#metaBytes = found.metaBytes;
      if (found.damage !== undefined) this.metaDamage = found.damage;
      this.fileBytes = found.fileBytes;
      this.#cachedPages = Math.max(64, Math.floor(cacheBytes / this.pageSizeBytes));
    } catch (error) {
      fs.closeSync(this.#fd);
      throw error;
    }
  }

  /**
   * Finds the snapshot to read. Apparent damage may be caused by a writer's commits between two of our reads, or by one that is being
   * written, so it is read again a few times, and reported only if it stays the same.
   */
  #findSnapshot(wanted?: Uint8Array): Snapshot {
    let last = '';
    for (let attempt = 0; ; attempt++) {
      const isLast = attempt === pausesMs.length;
      const looks: Buffer[] = [];
      try {
        const found = this.#readSnapshot(wanted, looks);
        if (found.damage === undefined || (isLast && seenIn(looks) === last)) return found;
      } catch (error) {
        const mayPass = error instanceof CorruptDatabaseError || error instanceof DatabaseChangedError;
        if (!(mayPass || fs.fstatSync(this.#fd).size === 0) || (isLast && seenIn(looks) === last)) throw error;
      }
      if (isLast) throw changed(this.path);
      last = seenIn(looks);
      pause(pausesMs[attempt]);
    }
  }

  /** @param looks Collects the meta pages as they were read. */
  #readSnapshot(wanted: Uint8Array | undefined, looks: Buffer[]): Snapshot {
    const head = Buffer.alloc(Math.min(bytesOfMeta, fs.fstatSync(this.#fd).size));
    this.readAt(head, 0, head.length, 0);
    const format = readFormat(head, this.path);
    const found = this.#chooseMeta(format, wanted, looks);
    const fileBytes = fs.fstatSync(this.#fd).size;
    // One half may belong to one commit and the other to the next; then it will not look the same twice.
    const again = Buffer.alloc(bytesOfMeta);
    this.readAt(again, 0, bytesOfMeta, found.meta.page * format.pageSizeBytes);
    if (!again.equals(found.metaBytes)) throw changed(this.path, found.meta);
    return { format, fileBytes, ...found };
  }

  /**
   * Returns the one with the higher transaction id, as in LMDB, or the one that is `wanted`. A damaged one is an error unless `lenient`.
   */
  #chooseMeta(format: Format, wanted: Uint8Array | undefined, looks: Buffer[]): Omit<Snapshot, 'format' | 'fileBytes'> {
    const pages = [0, 1].map((page) => {
      const metaBytes = Buffer.alloc(bytesOfMeta);
      this.readAt(metaBytes, 0, bytesOfMeta, page * format.pageSizeBytes);
      looks.push(metaBytes);
      return metaBytes;
    });
    if (!wanted) return newestMeta(pages, format, this.path, this.#lenient);
    const same = pages.findIndex((metaBytes) => metaBytes.equals(wanted));
    const meta = same < 0 ? undefined : readMeta(pages[same], same, format);
    if (!meta || typeof meta === 'string') throw changed(this.path);
    return { meta, metaBytes: pages[same] };
  }

  /** The bytes of the current meta page. */
  get metaPageBytes(): Uint8Array {
    return this.#metaBytes;
  }

  get isOpen(): boolean {
    return this.#fd >= 0;
  }

  close(): void {
    if (this.#fd < 0) return;
    fs.closeSync(this.#fd);
    this.#fd = -1;
    this.#cache.clear();
  }

  /**
   * Fills `target[offset, offset + length)` from `position` in the file.
   *
   * @throws CorruptDatabaseError if the file ends before, NotReadableError if the operating system cannot read it.
   */
  readAt(target: Uint8Array, offset: number, length: number, position: number): void {
    if (this.#fd < 0)
      throw new ClosedError({ state: `${this.path}: the reader is closed`, todo: 'open the database again' });
    let done = 0;
    while (done < length) {
      let got: number;
      try {
        got = fs.readSync(this.#fd, target, offset + done, length - done, position + done);
      } catch (cause) {
        throw notReadable(this.path, cause);
      }
      if (got === 0) throw this.#cutShort(position + done, position + length);
      done += got;
    }
  }

  #cutShort(position: number, end: number): CorruptDatabaseError {
    const page = Math.floor(position / (this.pageSizeBytes || 4096));
    const { size } = fs.fstatSync(this.#fd);
    return this.corrupt(page, `at least ${end} bytes in the file`, `${size}`, copyAgain);
  }

  /** Returns the branch or leaf page `number`, checked. Pages are cached; do not change their bytes. */
  page(number: number): Page {
    const cached = this.#cache.get(number);
    if (cached) return cached;
    const page = this.readPage(number);
    // Keeps the most recently used pages: a Map iterates in order of insertion.
    if (this.#cache.size >= this.#cachedPages) this.#cache.delete(this.#cache.keys().next().value as number);
    this.#cache.set(number, page);
    return page;
  }

  /** Returns the branch or leaf page `number`, bypassing the cache. */
  readPage(number: number, options: PageOptions = { lenient: this.#lenient }): Page {
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

  /**
   * Checks that the pages of our snapshot cannot have been reused. A commit writes the other meta page, and LMDB reuses pages of a snapshot
   * only in transactions after the next commit. So as long as our own meta page is unchanged, the snapshot is, too. Costs one small read.
   *
   * @throws DatabaseChangedError
   */
  assertUnchanged(): void {
    this.readAt(this.#metaAgain, 0, bytesOfMeta, this.meta.page * this.pageSizeBytes);
    if (!this.#metaAgain.equals(this.#metaBytes)) throw changed(this.path, this.meta);
  }
}

function changed(path: string, meta?: Meta): DatabaseChangedError {
  const expected = meta ? `transaction ${meta.transactionId}` : 'the transaction that was opened first';
  return new DatabaseChangedError(
    {
      state: `${path}: a writer advanced past ${expected} while it was being read`,
      todo: 'open the database again and retry',
    },
    { path },
  );
}

function seenIn(looks: readonly Buffer[]): string {
  return Buffer.concat(looks).toString('latin1');
}

/** Waits on this thread: opening is synchronous, and it takes a few milliseconds at most. */
function pause(ms: number): void {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
