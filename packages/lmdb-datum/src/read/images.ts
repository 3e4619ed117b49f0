/**
 * Which records of a database are images, according to its schema. That is determined when it is first needed: opening reads no records.
 */
import { DatabaseChangedError } from '../errors/errors';
import { filterKeyIndex } from '../lmdb/filter-index';
import type { KeyIndex } from '../lmdb/key-index';
import { checkScanOptions, keyText, placeOf, type RecordPlace, type ScanOptions } from '../lmdb/scan';
import { ValueReader } from '../lmdb/value-reader';
import { firstRecords, lookupOf } from '../schemas/lookup';
import { formatOf, type RecordFormat } from '../schemas/record-format';
import type { Places } from './places';

export class Images {
  readonly #places: Places;
  readonly #schema?: string;
  #told?: { format: RecordFormat; sideKeys: number };
  #length?: number;
  #index?: KeyIndex;

  /** @param schema Its name. Default: detected from the first records. @throws InvalidOptionError */
  constructor(places: Places, schema?: string) {
    this.#places = places;
    this.#schema = schema;
    // So that an invalid name is reported here.
    if (schema !== undefined) this.#tell();
  }

  get format(): RecordFormat {
    return (this.#told ?? this.#tell()).format;
  }

  get length(): number {
    if (this.#length !== undefined) return this.#length;
    const { file, count } = this.#places;
    if (!file.isOpen) return count;
    try {
      const { format, sideKeys } = this.#tell();
      this.#length = format.namesImages ? this.index().length : count - sideKeys;
      return this.#length;
    } catch (error) {
      // Reading reports it.
      if (error instanceof DatabaseChangedError) return count;
      throw error;
    }
  }

  /** The index of the images' keys, which is built when it is first needed. */
  index(): KeyIndex {
    const all = () => this.#places.index();
    this.#index ??= this.#hasOthers ? filterKeyIndex(this.#places.file, all(), this.#isImage) : all();
    return this.#index;
  }

  /** Returns the position of image number `i` in key order; undefined outside 0 to length - 1. */
  placeAt(i: number): RecordPlace | undefined {
    if (!Number.isInteger(i) || i < 0 || i >= this.length) return undefined;
    return placeOf(this.#places.file, this.index(), i);
  }

  /** @throws InvalidOptionError */
  scan(options: ScanOptions): Iterable<RecordPlace> {
    checkScanOptions(options);
    return this.#hasOthers ? this.#scanImages(options) : this.#places.scan(options);
  }

  close(): void {
    this.#index = undefined;
  }

  *#scanImages(options: ScanOptions): Generator<RecordPlace, void, undefined> {
    for (const place of this.#places.scan(options)) {
      if (this.#isImage(place.leaf.key(place.index))) yield place;
    }
  }

  get #hasOthers(): boolean {
    const { format, sideKeys } = this.#tell();
    return format.namesImages || sideKeys > 0;
  }

  readonly #isImage = (key: Uint8Array): boolean => this.format.isImage(keyText(key));

  #tell(): { format: RecordFormat; sideKeys: number } {
    if (this.#told) return this.#told;
    const scan = (options: ScanOptions) => this.#places.scan(options);
    // Copies of the values: those of scans are views.
    const values = new ValueReader(this.#places.file);
    const lookup = lookupOf(scan, values);
    const format = formatOf(this.#schema, firstRecords(scan, values), lookup);
    this.#told = { format, sideKeys: format.sideKeysIn(lookup).length };
    return this.#told;
  }
}
