/** Checks a whole database: every page and every record. */
import { assertKeys, assertPath, type Known } from './checks';
import { hasPixels, withoutPixels } from './datum';
import { decodeDatum } from './decode-datum';
import { CorruptDatabaseError, DatumError, ImageError, LmdbDatumError } from './errors';
import { decodeImage } from './image';
import type { TreeRecord } from './meta';
import type { Page } from './page';
import { PageFile } from './page-file';
import { PageSet } from './page-set';
import { checkMaxPixels } from './pixel-limit';
import { type Damage, Salvage } from './salvage';
import { ValueReader } from './value-reader';

export interface VerifyOptions {
  /** Decode encoded images too, by sharp. Default false: only the Datum around them is checked. */
  images?: boolean;
  /** Do not decode images of more pixels: they count as damaged. Default 89,478,485, from where Pillow warns of a bomb. */
  maxPixels?: number;
  signal?: AbortSignal;
  onProgress?: (progress: { records: number; total: number; damaged: number }) => void;
}

export interface VerifyReport {
  path: string;
  /** True if nothing is damaged. */
  ok: boolean;
  /** Records that the header promises. */
  records: number;
  /** Records that can be read whole, and have pixels. */
  readable: number;
  /** Pages of the snapshot, and those of them that hold the tree, its values and the list of free pages. */
  pages: number;
  usedPages: number;
  freePages: number;
  damage: Damage[];
}

const KNOWN: Known<VerifyOptions> = { images: true, maxPixels: true, signal: true, onProgress: true };
const FREE_LIST_FLAG_INTEGER_KEYS = 8;
const RECORDS_BETWEEN_PAUSES = 500;

/**
 * Walks every page and every record and reports all damage. Never throws because of damage, unless nothing can be read at all.
 * Takes what LMDB leaves behind in sound files for sound: long overflow runs, pages that nothing uses, a file shorter than its
 * last page.
 *
 * @param path Folder with data.mdb, or a data file.
 * @throws NotReadableError, NotLmdbError, UnsupportedFormatError, CorruptDatabaseError if both meta pages are damaged,
 *   DatabaseChangedError if a writer gets in between, or the signal's reason.
 */
export async function verify(path: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  assertPath('path', path);
  assertKeys('verify', options, KNOWN);
  checkMaxPixels(options.maxPixels);
  const file = new PageFile(path, { lenient: true });
  try {
    return await new Verification(file, options).run();
  } finally {
    file.close();
  }
}

class Verification {
  private readonly damage: Damage[] = [];
  private readonly used: PageSet;
  private readonly values: ValueReader;
  private overflowPages = 0;
  private seen = 0;
  private readable = 0;

  constructor(
    private readonly file: PageFile,
    private readonly options: VerifyOptions,
  ) {
    this.used = new PageSet(file);
    this.values = new ValueReader(file);
  }

  async run(): Promise<VerifyReport> {
    const { file, used } = this;
    const { main, free, lastPage } = file.meta;
    if (file.metaDamage !== undefined) this.add({ page: 0, message: `[lmdb-datum] ${file.path}: ${file.metaDamage}.` });
    const salvage = new Salvage(file, { onDamage: (damage) => this.add(damage) }, used);
    for (const { page, nodes } of salvage.leaves(main)) {
      for (const i of nodes) await this.checkRecord(page, i);
    }
    const { branchPages, leafPages } = salvage;
    this.compareCounts(main, { branchPages, leafPages, overflowPages: this.overflowPages, entries: this.seen });
    const treePages = used.size;
    const freePages = file.layout.format === 1 ? this.checkFreeList(free) : 0;
    file.assertUnchanged();
    this.progress();
    return {
      path: file.path,
      ok: this.damage.length === 0,
      records: main.entries,
      readable: this.readable,
      pages: lastPage + 1,
      usedPages: treePages,
      freePages,
      damage: this.damage,
    };
  }

  private add(damage: Damage): void {
    this.damage.push(damage);
  }

  private progress(): void {
    this.options.onProgress?.({ records: this.seen, total: this.file.meta.main.entries, damaged: this.damage.length });
  }

  private async checkRecord(leaf: Page, i: number): Promise<void> {
    this.seen++;
    if (this.seen % RECORDS_BETWEEN_PAUSES === 0) {
      this.progress();
      // Lets a signal fire and other work go on.
      await new Promise(setImmediate);
    }
    this.options.signal?.throwIfAborted();
    const key = leaf.key(i).toString();
    try {
      // A named database isn't a record of this one.
      if (leaf.isSubtree(i)) return;
      this.markOverflow(leaf, i);
      const datum = decodeDatum(this.values.view(leaf, i), key);
      if (!hasPixels(datum)) throw withoutPixels(datum, key);
      if (datum.encoded && this.options.images) {
        await decodeImage(new Uint8Array(datum.data), { name: `key ${key}`, maxPixels: this.options.maxPixels });
      }
      this.readable++;
    } catch (error) {
      const isDamage =
        error instanceof CorruptDatabaseError || error instanceof DatumError || error instanceof ImageError;
      if (!isDamage) throw error;
      this.add({ page: error.page ?? leaf.number, key, message: error.message });
    }
  }

  private markOverflow(leaf: Page, i: number): void {
    const value = leaf.value(i);
    if (value.page === 0) return;
    this.file.assertInside(value.page, value.pages);
    const header = Buffer.alloc(this.file.layout.headerBytes);
    this.file.readAt(header, 0, header.length, value.page * this.file.pageSizeBytes);
    const run = this.file.checkOverflow(header, 0, value.page, value.pages);
    this.used.add(value.page, run);
    this.overflowPages += run;
  }

  private compareCounts(tree: TreeRecord, found: Partial<TreeRecord>): void {
    const different = Object.entries(found).filter(([name, count]) => tree[name as keyof TreeRecord] !== count);
    if (different.length === 0) return;
    const list = different.map(([name, count]) => `${name} ${count} instead of ${tree[name as keyof TreeRecord]}`);
    this.add({
      page: this.file.meta.page,
      message: `[lmdb-datum] ${this.file.path}: expected what the header counts, received ${list.join(', ')}.`,
    });
  }

  /** Reads the list of free pages and checks that none of them is in use. Returns their number. */
  private checkFreeList(tree: TreeRecord): number {
    const { file, used } = this;
    if ((tree.flags & 0x7fff) !== FREE_LIST_FLAG_INTEGER_KEYS) {
      this.add({ page: file.meta.page, message: `[lmdb-datum] ${file.path}: the list of free pages has other flags.` });
      return 0;
    }
    const free = new PageSet(file);
    const salvage = new Salvage(file, { onDamage: (damage) => this.add(damage), integerKeys: true }, used);
    let count = 0;
    for (const { page, nodes } of salvage.leaves(tree)) {
      for (const i of nodes) {
        try {
          this.markOverflow(page, i);
          count += this.addFreePages(this.values.view(page, i), page.number, free);
        } catch (error) {
          if (!(error instanceof LmdbDatumError)) throw error;
          this.add({ page: error.page ?? page.number, message: error.message });
        }
      }
    }
    return count;
  }

  /** One record of the list: a count and as many page numbers, each u64. */
  private addFreePages(value: Buffer, page: number, free: PageSet): number {
    const { file, used } = this;
    const fail = (received: string) => file.corrupt(page, 'a list of free pages', received);
    if (value.length < 8) throw fail(`${value.length} bytes`);
    const count = Number(value.readBigUInt64LE(0));
    if (8 + count * 8 > value.length) throw fail(`${count} pages in ${value.length} bytes`);
    for (let i = 0; i < count; i++) {
      const number = Number(value.readBigUInt64LE(8 + i * 8));
      file.assertInside(number, 1);
      if (used.has(number)) throw file.corrupt(number, 'a page that is either free or used', 'one that is both');
      free.add(number, 1);
    }
    return count;
  }
}
