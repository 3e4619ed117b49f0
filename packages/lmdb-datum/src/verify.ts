/** Checks a whole database: every page and every record. */
import { assertFlag, assertKeys, assertPath, checkMaxPixels, type Known } from './checks';
import { type Datum, hasPixels, withoutPixels } from './datum/datum';
import { decodeSample } from './datum/sample';
import { CorruptDatabaseError, DatumError, describe, ImageError } from './errors';
import { checkFreeList, useOverflow } from './lmdb/free-list';
import { buildKeyIndex } from './lmdb/key-index';
import type { TreeRecord } from './lmdb/meta';
import { assertPlainTree, findNamedTree, namedTree, specialFlags } from './lmdb/named-databases';
import type { Page } from './lmdb/page';
import { PageFile } from './lmdb/page-file';
import { PageSet } from './lmdb/page-set';
import { type Damage, Salvage } from './lmdb/salvage';
import { scanTree } from './lmdb/scan';
import { ValueReader } from './lmdb/value-reader';
import { firstRecords, lookupOf, salvagedPlaces } from './schemas/lookup';
import { type DatabaseSchema, formatOf, namedFormat, type RecordFormat } from './schemas/record-format';
import type { Lookup } from './schemas/schema';

export interface VerifyOptions {
  /** Check the records of this named database alone. Default: those of the unnamed one, and of all named ones. */
  database?: string;
  /**
   * Decode encoded images too. Default true; without it only the Datum around them is checked, and records whose images are damaged
   * count as readable.
   */
  images?: boolean;
  /** How the values hold images; see `openDatumLmdb`. Default: told by the first records of each database. */
  schema?: string;
  /** Do not decode images of more pixels: they count as damaged. Default 89,478,485, from where Pillow warns of a bomb. */
  maxPixels?: number;
  signal?: AbortSignal;
  onProgress?: (progress: { records: number; total: number; damaged: number }) => void;
}

/** What was found of one database of a file. */
export interface VerifiedDatabase {
  /** Absent for the unnamed one. */
  name?: string;
  /** How its values hold images. Absent where they were not looked at. */
  schema?: DatabaseSchema;
  /** Images that its header promises; named databases, labels and counts don't count as records. */
  records: number;
  readable: number;
  /** Records that are no images, such as labels and counts, where the schema has them. */
  others?: number;
  /** Why its records were not looked at, in words: a kind of database that is not read, or one without a single Datum. */
  notRead?: string;
}

export interface VerifyReport {
  path: string;
  /** True if nothing is damaged, so that every way of reading gives everything. */
  ok: boolean;
  /** Records that the headers promise, of all databases that are read. */
  records: number;
  /** Records that can be read whole, and have pixels. */
  readable: number;
  /** Each database of the file: the unnamed one, unless it holds nothing but named ones, and the named ones. */
  databases: VerifiedDatabase[];
  /** Image files that were not decoded, by `images: false`. */
  imagesSkipped: number;
  /** Pages of the snapshot, and those of them that hold the trees, their values and the list of free pages. */
  pages: number;
  usedPages: number;
  freePages: number;
  damage: Damage[];
}

const knownOptions: Known<VerifyOptions> = {
  ...{ database: true, schema: true, images: true, maxPixels: true, signal: true, onProgress: true },
};
const recordsBetweenPauses = 500;
/** Images that are decoded at once. */
const imagesAtOnce = 16;

/**
 * Walks every page and every record, of the unnamed and of all named databases, and reports all damage: what it finds sound, every
 * way of reading gives whole. Never throws because of damage, unless nothing can be read at all. Takes what LMDB leaves behind in
 * sound files for sound: long overflow runs, pages that nothing uses, a file shorter than its last page. Databases with sorted
 * duplicates or other orders of keys, which are not read, are named in the report.
 *
 * @param path Folder with data.mdb, or a data file.
 * @throws NotReadableError, NotLmdbError, UnsupportedFormatError, CorruptDatabaseError if both meta pages are damaged,
 *   MissingDependencyError if images have to be decoded by sharp, InvalidOptionError if there is no such named database,
 *   DatabaseChangedError if a writer gets in between, or the signal's reason.
 */
export async function verify(path: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  assertPath('path', path);
  assertKeys('verify', options, knownOptions);
  assertFlag('images', options.images);
  checkMaxPixels(options.maxPixels);
  if (options.schema !== undefined) namedFormat(options.schema);
  const file = new PageFile(path, { lenient: true });
  try {
    return await new Verification(file, options).run();
  } finally {
    file.close();
  }
}

/** A walk over one tree. */
interface Walk {
  readonly name?: string;
  readonly tree: TreeRecord;
  /** Damage of records, apart from that of pages. */
  readonly lost: Damage[];
  seen: number;
  readable: number;
  branchPages: number;
  leafPages: number;
  overflowPages: number;
  /** Nodes that are named databases. */
  readonly named: { name: string; tree: TreeRecord }[];
  /** Errors of records that are no images of the schema at all. */
  strangers: number;
  /** Records that are no images by their keys. */
  others: number;
  format?: RecordFormat;
  lookup?: Lookup;
}

const walkOf = (tree: TreeRecord, name?: string): Walk => ({
  ...{
    name,
    tree,
    lost: [],
    seen: 0,
    readable: 0,
    branchPages: 0,
    leafPages: 0,
    overflowPages: 0,
    named: [],
    strangers: 0,
    others: 0,
  },
});

class Verification {
  readonly #damage: Damage[] = [];
  readonly #used: PageSet;
  readonly #values: ValueReader;
  readonly #databases: VerifiedDatabase[] = [];
  #seen = 0;
  #total = 0;
  #imagesSkipped = 0;
  #decoding: (() => Promise<void>)[] = [];

  readonly #file: PageFile;
  readonly #options: VerifyOptions;

  constructor(file: PageFile, options: VerifyOptions) {
    this.#file = file;
    this.#options = options;
    this.#used = new PageSet(file);
    this.#values = new ValueReader(file);
  }

  async run(): Promise<VerifyReport> {
    const file = this.#file;
    const used = this.#used;
    const databases = this.#databases;
    const { main, free, lastPage } = file.meta;
    const { database } = this.#options;
    assertPlainTree(main, file.path);
    if (database !== undefined) findNamedTree(file, database);
    if (file.metaDamage !== undefined) this.#add({ page: 0, message: `${file.path}: ${file.metaDamage}.` });
    const whole = await this.#walk(walkOf(main), database === undefined);
    this.#settle(whole, database === undefined);
    for (const { name, tree } of whole.named) await this.#checkNamed(name, tree, database);
    const usedPages = used.size;
    const freePages =
      file.layout.format === 1
        ? checkFreeList(free, { file, used, values: this.#values, onDamage: (damage) => this.#add(damage) })
        : 0;
    file.assertUnchanged();
    if (this.#damage.length === 0) this.#readStrictly(whole);
    this.#progress();
    const sum = (count: 'records' | 'readable') => databases.reduce((total, found) => total + found[count], 0);
    return {
      path: file.path,
      ok: this.#damage.length === 0,
      records: sum('records'),
      readable: sum('readable'),
      databases,
      imagesSkipped: this.#imagesSkipped,
      pages: lastPage + 1,
      usedPages,
      freePages,
      damage: this.#damage,
    };
  }

  /** Walks a named database, and checks its records unless another one was asked for. */
  async #checkNamed(name: string, tree: TreeRecord, wanted: string | undefined): Promise<void> {
    const special = specialFlags(tree);
    const isWanted = wanted === undefined || wanted === name;
    if (special !== undefined) {
      const notRead = `${special}: databases of this kind are not read, and its pages were not checked`;
      if (isWanted) this.#databases.push({ name, records: 0, readable: 0, notRead });
      return;
    }
    this.#settle(await this.#walk(walkOf(tree, name), isWanted), isWanted);
  }

  /** Notes what a walk has found. */
  #settle(walk: Walk, isWanted: boolean): void {
    const { name, tree, lost, named, readable, strangers } = walk;
    const records = tree.entries - named.length - walk.others;
    // A named database may hold something else; then not one of its records is a Datum.
    const isOther = name !== undefined && strangers > 0 && strangers === lost.length && strangers === walk.seen;
    if (!isOther && isWanted) this.#compareWithSaid(walk);
    if (!isOther) for (const damage of lost) this.#add(damage);
    const { branchPages, leafPages, overflowPages, seen: entries } = walk;
    this.#compareCounts(tree, { branchPages, leafPages, overflowPages, entries }, name);
    if (name === undefined && records > 0) for (const found of named) this.#add(this.#amongRecords(found.name));
    if (!isWanted || (name === undefined && records === 0 && named.length > 0)) return;
    const notRead = isOther ? `${records} records, none of them an image: their values were not checked` : undefined;
    const schema = isOther || records === 0 ? undefined : walk.format?.description;
    this.#databases.push({
      ...(name === undefined ? {} : { name }),
      ...(schema && { schema }),
      ...(isOther ? { records: 0, readable: 0 } : { records, readable }),
      ...(walk.others > 0 && { others: walk.others }),
      ...(notRead === undefined ? {} : { notRead }),
    });
  }

  /** Notes it where the database says that it holds another number of images. */
  #compareWithSaid({ format, lookup, tree, named, others, lost }: Walk): void {
    const said = lookup && format?.schema.countSaid?.(lookup);
    if (!said) return;
    const { key, count } = said;
    const records = tree.entries - named.length - others;
    if (count !== records)
      lost.push({
        key,
        message: `key ${key}: expected ${records}, the number of images that there are, received ${count}.`,
      });
  }

  /** Reading the unnamed database would end at such a key. */
  #amongRecords(key: string): Damage {
    const { path } = this.#file;
    return {
      key,
      message: `${path}: a named database lies among the records, and reading them ends there.`,
    };
  }

  /** Reads the trees once more as a strict reader does, so that what it refuses is never called sound. */
  #readStrictly({ tree, named }: Walk): void {
    const strict = new PageFile(this.#file.path, { snapshot: this.#file.metaPageBytes });
    try {
      for (const each of [tree, ...named.map((found) => found.tree)]) {
        if (specialFlags(each) === undefined) buildKeyIndex(strict, each);
      }
    } catch (error) {
      if (!(error instanceof CorruptDatabaseError)) throw error;
      this.#add({ page: error.page, message: error.sentence });
    } finally {
      strict.close();
    }
  }

  async #walk(walk: Walk, isWanted: boolean): Promise<Walk> {
    const file = this.#file;
    const used = this.#used;
    const { tree } = walk;
    if (isWanted) this.#total += tree.entries;
    if (isWanted) this.#tellFormat(walk);
    const salvage = new Salvage(file, { onDamage: (damage) => this.#add(damage) }, used);
    for (const { page, nodes } of salvage.leaves(tree)) {
      for (const i of nodes) await this.#checkNode(page, i, walk, isWanted);
    }
    await this.#decodeImages();
    const { branchPages, leafPages } = salvage;
    return Object.assign(walk, { branchPages, leafPages });
  }

  /** Tells the schema from the first records that can be read. */
  #tellFormat(walk: Walk): void {
    const file = this.#file;
    const values = new ValueReader(file);
    walk.lookup = lookupOf((options) => scanTree(file, walk.tree, options), values);
    walk.format = formatOf(
      this.#options.schema,
      firstRecords(() => salvagedPlaces(file, walk.tree), values),
      walk.lookup,
    );
  }

  #add(damage: Damage): void {
    this.#damage.push(damage);
  }

  #progress(): void {
    this.#options.onProgress?.({ records: this.#seen, total: this.#total, damaged: this.#damage.length });
  }

  async #checkNode(leaf: Page, i: number, walk: Walk, isWanted: boolean): Promise<void> {
    walk.seen++;
    if (isWanted && ++this.#seen % recordsBetweenPauses === 0) {
      this.#progress();
      // Lets a signal fire and other work go on.
      await new Promise(setImmediate);
    }
    this.#options.signal?.throwIfAborted();
    const key = leaf.key(i).toString();
    try {
      if (leaf.isSubtree(i)) {
        if (walk.name !== undefined)
          throw this.#file.corrupt(leaf.number, 'a record', 'a database in a named database');
        walk.named.push({ name: key, tree: namedTree(this.#file, leaf, i) });
        return;
      }
      walk.overflowPages += useOverflow(leaf, i, this.#file, this.#used);
      if (isWanted && walk.format?.isImage(key) === false) walk.others++;
      else if (isWanted) this.#checkRecord(this.#values.view(leaf, i), key, leaf.number, walk);
    } catch (error) {
      this.#lose(error, key, leaf.number, walk);
    }
    if (this.#decoding.length >= imagesAtOnce) await this.#decodeImages();
  }

  #checkRecord(value: Buffer, key: string, page: number, walk: Walk): void {
    let datum: Datum;
    try {
      datum = (walk.format as RecordFormat).decode(value, key);
      if (!hasPixels(datum)) throw withoutPixels(datum, key);
    } catch (error) {
      if (error instanceof DatumError) walk.strangers++;
      throw error;
    }
    if (!datum.encoded) walk.readable++;
    else if (this.#options.images === false) {
      walk.readable++;
      this.#imagesSkipped++;
    } else {
      // Begins at once; a copy, for the value is overwritten by the next one.
      const decoded = Promise.resolve(
        decodeSample({ ...datum, data: new Uint8Array(datum.data) }, key, this.#options.maxPixels),
      );
      decoded.catch(() => undefined);
      this.#decoding.push(async () => {
        try {
          await decoded;
          walk.readable++;
        } catch (error) {
          this.#lose(error, key, page, walk);
        }
      });
    }
  }

  /** Waits for the images that are being decoded, in the order of their records. */
  async #decodeImages(): Promise<void> {
    for (const settle of this.#decoding.splice(0)) await settle();
  }

  #lose(error: unknown, key: string, page: number, walk: Walk): void {
    const isDamage =
      error instanceof CorruptDatabaseError || error instanceof DatumError || error instanceof ImageError;
    if (!isDamage) throw error;
    walk.lost.push({ page: error.page ?? page, key, message: error.sentence });
  }

  #compareCounts(tree: TreeRecord, found: Partial<TreeRecord>, name: string | undefined): void {
    const different = Object.entries(found).filter(([name, count]) => tree[name as keyof TreeRecord] !== count);
    if (different.length === 0) return;
    const list = different.map(([name, count]) => `${name} ${count} instead of ${tree[name as keyof TreeRecord]}`);
    const where = name === undefined ? this.#file.path : `${this.#file.path}: database ${describe(name)}`;
    this.#add({
      page: this.#file.meta.page,
      message: `${where}: expected what the header counts, received ${list.join(', ')}.`,
    });
  }
}
