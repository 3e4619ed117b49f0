/** Reads records by index, in any order and quickly: the input of batches. */
import type { Datum } from '../datum/datum';
import type { KeyIndex } from '../lmdb/key-index';
import { assertNoDatabase } from '../lmdb/named-databases';
import type { PageFile } from '../lmdb/page-file';
import { keyText, placeOf } from '../lmdb/scan';
import { ValueReader } from '../lmdb/value-reader';
import type { RecordFormat } from '../schemas/record-format';

export class RecordReader {
  #values: ValueReader;

  readonly #file: PageFile;
  readonly #index: KeyIndex;
  readonly #decode: RecordFormat['decode'];

  constructor(file: PageFile, index: KeyIndex, { decode }: RecordFormat) {
    this.#file = file;
    this.#index = index;
    this.#decode = decode;
    this.#values = new ValueReader(file, { checkLater: true });
  }

  get length(): number {
    return this.#index.length;
  }

  /** Reads values into this memory from now on. */
  useWindow(window: Buffer): void {
    this.#values = new ValueReader(this.#file, { checkLater: true, window });
  }

  /**
   * The Datum of record `i`. Its bytes are valid until the next call, and must be trusted only after `assertUnchanged`.
   *
   * @throws DatumError with the key, CorruptDatabaseError, or UnsupportedFormatError for a named database.
   */
  datum(i: number): Datum {
    const value = this.#value(i);
    try {
      return this.#decode(value);
    } catch {
      // Again, with the key, which is not worth a page for every intact record.
      const { leaf, index } = placeOf(this.#file, this.#index, i);
      assertNoDatabase(this.#file, leaf, index);
      return this.#decode(value, keyText(leaf.key(index)));
    }
  }

  key(i: number): string {
    const { leaf, index } = placeOf(this.#file, this.#index, i);
    return keyText(leaf.key(index));
  }

  /** Call this after reading and before returning anything. @throws DatabaseChangedError */
  assertUnchanged(): void {
    this.#file.assertUnchanged();
  }

  #value(i: number): Buffer {
    const overflow = this.#index.overflow(i, this.#file);
    if (overflow) return this.#values.viewOverflow(overflow);
    const { leaf, index } = placeOf(this.#file, this.#index, i);
    return this.#values.view(leaf, index);
  }
}
