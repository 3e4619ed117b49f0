import { type Datum, hasPixels, withoutPixels } from '../datum/datum';
import { decodeSample } from '../datum/sample';
import { CorruptDatabaseError, DatumError, ImageError } from '../errors/errors';
import { useOverflow } from '../lmdb/free-list';
import type { TreeRecord } from '../lmdb/meta';
import { namedTree } from '../lmdb/named-databases';
import type { Page } from '../lmdb/page';
import type { PageFile } from '../lmdb/page-file';
import type { PageSet } from '../lmdb/page-set';
import { type Damage, Salvage } from '../lmdb/salvage';
import { scanTree } from '../lmdb/scan';
import { ValueReader } from '../lmdb/value-reader';
import { imageFilesSchema } from '../schemas/image-files';
import { firstRecords, lookupOf, salvagedPlaces } from '../schemas/lookup';
import { MetaInfo } from '../schemas/meta-info';
import { formatOf, type RecordFormat } from '../schemas/record-format';
import type { Lookup } from '../schemas/schema';
import type { Findings } from './findings';
import type { VerifyOptions } from './report';

/** Maximum number of images decoded at the same time. */
const imagesAtOnce = 16;

/** A file that is being checked. */
export interface CheckedFile {
  readonly file: PageFile;
  /** The pages that are known to be used. */
  readonly used: PageSet;
  readonly values: ValueReader;
  readonly options: VerifyOptions;
  readonly findings: Findings;
}

/** A walk over the pages and records of one tree, with its counts. */
export class TreeWalk {
  readonly tree: TreeRecord;
  /** Name of the database, unless it is the unnamed one. */
  readonly name?: string;
  /** Damage to records, as opposed to pages. */
  readonly lost: Damage[] = [];
  /** Nodes that are named databases. */
  readonly named: { name: string; tree: TreeRecord }[] = [];
  seen = 0;
  readable = 0;
  /** Number of records that are not images, by their keys. */
  others = 0;
  /** Errors of records that are not images of the schema at all. */
  strangers = 0;
  branchPages = 0;
  leafPages = 0;
  overflowPages = 0;
  format?: RecordFormat;
  lookup?: Lookup;
  /** What a text file beside the database says about its images. */
  metaInfo?: MetaInfo;
  readonly #checked: CheckedFile;
  #decoding: (() => Promise<void>)[] = [];

  constructor(checked: CheckedFile, tree: TreeRecord, name?: string) {
    this.#checked = checked;
    this.tree = tree;
    this.name = name;
  }

  /** Number of images, as the header counts them. */
  get records(): number {
    return this.tree.entries - this.named.length - this.others;
  }

  /** Walks all pages, and checks the records, too, if requested. */
  async run(isWanted: boolean): Promise<void> {
    const { file, used, findings } = this.#checked;
    if (isWanted) {
      findings.expect(this.tree.entries);
      this.#tellFormat();
    }
    const salvage = new Salvage(file, { onDamage: (damage) => findings.add(damage) }, used);
    for (const { page, nodes } of salvage.leaves(this.tree)) {
      for (const i of nodes) await this.#checkNode(page, i, isWanted);
    }
    await this.#decodeImages();
    this.branchPages = salvage.branchPages;
    this.leafPages = salvage.leafPages;
  }

  /** Detects the schema from the first readable records. */
  #tellFormat(): void {
    const { file, options } = this.#checked;
    const values = new ValueReader(file);
    this.lookup = lookupOf((scan) => scanTree(file, this.tree, scan), values);
    const first = firstRecords(() => salvagedPlaces(file, this.tree), values);
    this.format = formatOf(options.schema, first, this.lookup);
    const mayBeListed = this.name === undefined && this.format.schema === imageFilesSchema;
    this.metaInfo = mayBeListed ? MetaInfo.beside(file.path) : undefined;
  }

  async #checkNode(leaf: Page, i: number, isWanted: boolean): Promise<void> {
    const { file, used, values, options, findings } = this.#checked;
    this.seen++;
    const pause = isWanted ? findings.seeRecord() : undefined;
    if (pause) await pause;
    options.signal?.throwIfAborted();
    const key = leaf.key(i).toString();
    try {
      if (leaf.isSubtree(i)) {
        if (this.name !== undefined) throw file.corrupt(leaf.number, 'a record', 'a database in a named database');
        this.named.push({ name: key, tree: namedTree(file, leaf, i) });
        return;
      }
      this.overflowPages += useOverflow(leaf, i, file, used);
      if (isWanted && this.format?.isImage(key) === false) this.others++;
      else if (isWanted) this.#checkRecord(values.view(leaf, i), key, leaf.number);
    } catch (error) {
      this.#lose(error, key, leaf.number);
    }
    if (this.#decoding.length >= imagesAtOnce) await this.#decodeImages();
  }

  #checkRecord(value: Buffer, key: string, page: number): void {
    const { options, findings } = this.#checked;
    const datum = this.#datumOf(value, key);
    const message = this.metaInfo?.check(key, datum.data);
    if (message) this.lost.push({ page, key, message });
    if (!datum.encoded || options.images === false) {
      this.readable++;
      if (datum.encoded) findings.imagesSkipped++;
      return;
    }
    // Starts immediately, with a copy, because the value is overwritten by the next one.
    const decoded = Promise.resolve(
      decodeSample({ ...datum, data: new Uint8Array(datum.data) }, key, options.maxPixels),
    );
    decoded.catch(() => undefined);
    this.#decoding.push(async () => {
      try {
        await decoded;
        this.readable++;
      } catch (error) {
        this.#lose(error, key, page);
      }
    });
  }

  #datumOf(value: Buffer, key: string): Datum {
    try {
      const datum = (this.format as RecordFormat).decode(value, key);
      if (!hasPixels(datum)) throw withoutPixels(datum, key);
      return datum;
    } catch (error) {
      if (error instanceof DatumError) this.strangers++;
      throw error;
    }
  }

  /** Waits for the images that are being decoded, in the order of their records. */
  async #decodeImages(): Promise<void> {
    for (const settle of this.#decoding.splice(0)) await settle();
  }

  #lose(error: unknown, key: string, page: number): void {
    const isDamage =
      error instanceof CorruptDatabaseError || error instanceof DatumError || error instanceof ImageError;
    if (!isDamage) throw error;
    this.lost.push({ page: error.page ?? page, key, message: error.sentence });
  }
}
