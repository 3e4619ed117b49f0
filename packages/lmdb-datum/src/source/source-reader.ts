/** Reads a Datum LMDB where it is: in memory, in a Blob or File, at an address. */

import type { Datum, Sample } from '../datum/datum';
import { decodeSample } from '../datum/sample';
import { refuse } from '../errors/checks';
import type { KeyIndex } from '../lmdb/key-index';
import type { TreeRecord } from '../lmdb/meta';
import { assertNoDatabase } from '../lmdb/named-databases';
import type { Page } from '../lmdb/page';
import { keyBytes, keyText } from '../lmdb/scan';
import { TreeCursor } from '../lmdb/tree-cursor';
import type { DatabaseSchema, RecordFormat } from '../schemas/record-format';
import { checkWalkOptions, type WalkOptions } from './options';
import type { SourcePages } from './source-pages';
import { takeStep } from './steps';
import { indexImages, walkImages } from './walk';

/** Facts about an open database. */
export interface SourceInfo {
  /** Name of the source: its address, or a File's name. */
  name: string;
  /** How the values store images, and how that was detected. */
  schema: DatabaseSchema;
  /** LMDB data format. */
  format: 1 | 2;
  /** Number of images, if known. */
  count: number;
  pageSizeBytes: number;
  /** Levels of the tree, including leaves. 0 if empty. */
  depth: number;
  fileSizeBytes: number;
  lastTransactionId: number;
}

/** One record of a walk. */
export interface SourceEntry {
  /** Key as UTF-8 text. */
  key: string;
  /** Key as it is stored. */
  keyBytes: Uint8Array;
  datum: Datum;
}

interface Opened {
  readonly tree: TreeRecord;
  readonly format: RecordFormat;
  /** Number of images, if it is known. */
  readonly count?: number;
  readonly maxPixels: number;
}

/** Number of values that are requested together. */
const valuesAhead = 64;

/**
 * An open database, read with requests. A `get` reads the pages from the tree's root down to the record, and its value: as many requests as
 * the tree is deep, plus one, or fewer if pages are in memory.
 *
 * It is also a source of samples for training: `length` and `at(i)`.
 */
export class DatumSourceReader {
  readonly #pages: SourcePages;
  readonly #opened: Opened;
  #length = 0;
  #index?: Promise<KeyIndex>;

  private constructor(pages: SourcePages, opened: Opened) {
    if (!opened?.tree) refuse('new DatumSourceReader', 'an open database', pages, 'call openDatumSource(source)');
    this.#pages = pages;
    this.#opened = opened;
  }

  /** @internal Use `openDatumSource`. */
  static async open(pages: SourcePages, opened: Opened): Promise<DatumSourceReader> {
    const reader = new DatumSourceReader(pages, opened);
    reader.#length = opened.count ?? (await reader.#images()).length;
    return reader;
  }

  /** Number of images; if their keys are numbered (OCR, StyleGAN2), as many as the database says, until `at` has counted them. */
  get length(): number {
    return this.#length;
  }

  /** Facts about the database. */
  get info(): SourceInfo {
    const { path, layout, pageSizeBytes, fileBytes, meta } = this.#pages;
    return {
      name: path,
      schema: this.#opened.format.description,
      format: layout.format,
      count: this.length,
      pageSizeBytes,
      depth: this.#opened.tree.depth,
      fileSizeBytes: fileBytes,
      lastTransactionId: meta.transactionId,
    };
  }

  /** Requests to the source so far, and the bytes received. */
  get traffic(): { readonly requests: number; readonly bytes: number } {
    return this.#pages.traffic;
  }

  /** Whether records can still be read. */
  get isOpen(): boolean {
    return this.#pages.isOpen;
  }

  /** Returns the Datum of a key as it is stored, or undefined if the key does not exist. @throws DatumError, CorruptDatabaseError */
  async get(key: string | Uint8Array): Promise<Datum | undefined> {
    const value = await this.getBytes(key);
    return value && this.#decode(value, keyText(key));
  }

  /** Returns the stored bytes of a key, whatever they are, or undefined if the key does not exist. */
  async getBytes(key: string | Uint8Array): Promise<Uint8Array | undefined> {
    const wanted = keyBytes(key, 'key');
    const cursor = this.#cursor();
    const isThere = await takeStep(() => cursor.seek(wanted));
    if (!isThere || cursor.leaf.compareKey(cursor.index, wanted) !== 0) return undefined;
    return this.#valueAt(cursor.leaf, cursor.index);
  }

  /**
   * Returns sample number `i` in key order: planar pixels, colors blue-green-red, encoded images decoded. The first call reads all leaves
   * of the tree, once: to browse a large database over a network, use `entries`.
   *
   * @param i 0 to length - 1; undefined outside, as with arrays.
   */
  async at(i: number): Promise<Sample | undefined> {
    if (!Number.isInteger(i) || i < 0 || i >= this.length) return undefined;
    const index = await this.#images();
    if (i >= index.length) return undefined;
    const { page, node } = index.leaf(i);
    const leaf = await takeStep(() => this.#pages.page(page));
    const key = keyText(leaf.key(node));
    const datum = await this.#decode(await this.#valueAt(leaf, node), key);
    return decodeSample(datum, key, this.#opened.maxPixels);
  }

  /** Returns a key at about `fraction` (0 to 1) of the database: where to start after a jump. Undefined if the database is empty. */
  async keyNear(fraction: number): Promise<string | undefined> {
    if (typeof fraction !== 'number' || !(fraction >= 0 && fraction <= 1))
      refuse('fraction', 'a number from 0 to 1', fraction);
    const cursor = this.#cursor();
    const isThere = await takeStep(() => cursor.near(fraction));
    return isThere ? keyText(cursor.leaf.key(cursor.index)) : undefined;
  }

  /** Returns the keys of a range, in order, without reading values that have their own pages. */
  async *keys(options: WalkOptions = {}): AsyncGenerator<string, void, undefined> {
    for await (const { leaf, nodes } of this.#walk(options)) {
      for (const node of nodes) yield keyText(leaf.key(node));
    }
  }

  /** Returns the records of a range, in order. Values that are close to each other are requested together. */
  async *entries(options: WalkOptions = {}): AsyncGenerator<SourceEntry, void, undefined> {
    for await (const { leaf, nodes } of this.#walk(options)) {
      for (let i = 0; i < nodes.length; i += valuesAhead) {
        const some = nodes.slice(i, i + valuesAhead);
        for (const node of some) assertNoDatabase(this.#pages, leaf, node);
        const values = await this.#pages.values(leaf, some);
        for (const [j, node] of some.entries()) {
          options.signal?.throwIfAborted();
          const stored = new Uint8Array(leaf.key(node));
          const key = keyText(stored);
          yield { key, keyBytes: stored, datum: await this.#decode(values[j], key) };
        }
      }
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<SourceEntry, void, undefined> {
    return this.entries();
  }

  /** Frees the pages in memory. Further calls do nothing; other methods then throw a ClosedError. */
  close(): void {
    this.#pages.close();
    this.#index = undefined;
  }

  #cursor(): TreeCursor {
    return new TreeCursor(this.#pages, this.#opened.tree);
  }

  #walk(options: WalkOptions) {
    return walkImages(this.#pages, this.#opened.tree, this.#isImage, checkWalkOptions(options));
  }

  readonly #isImage = (key: Uint8Array): boolean => this.#opened.format.isImage(keyText(key));

  /** Where each image is. A failed attempt is repeated. */
  #images(): Promise<KeyIndex> {
    this.#index ??= this.#indexImages().catch((error) => {
      this.#index = undefined;
      throw error;
    });
    return this.#index;
  }

  async #indexImages(): Promise<KeyIndex> {
    const index = await indexImages(this.#pages, this.#opened.tree, this.#isImage);
    this.#length = index.length;
    return index;
  }

  /** Some schemas look up other records for an image. */
  #decode(value: Uint8Array, key: string): Promise<Datum> {
    return takeStep(() => this.#opened.format.decode(value, key));
  }

  async #valueAt(leaf: Page, node: number): Promise<Uint8Array> {
    assertNoDatabase(this.#pages, leaf, node);
    const [value] = await this.#pages.values(leaf, [node]);
    return value;
  }
}
