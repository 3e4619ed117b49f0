/** Reads a database that lies in a source: by key, and in the order of keys. Needs nothing of Node.js. */
import { kindOfImage } from '@ae/images/kind';
import { assertKeys, assertWhole, type Known } from '../checks';
import { type Datum, imageFileDatum } from '../datum/datum';
import { decodeDatum } from '../datum/decode';
import { describeMessage } from '../datum/value-layout';
import { ClosedError, UnsupportedFormatError } from '../errors';
import { annotatedDatumSchema } from '../schemas/annotated-datum';
import { openPages, type PageSource, type SourcePage } from './page-source';
import { type SourceLike, sourceOf } from './source-of';

export interface SourceOptions {
  /** Memory for pages. Default 4 MiB; the pages of a tree's branches are few. */
  cacheBytes?: number;
  /** Ends all reading with the signal's reason. */
  signal?: AbortSignal;
}

/** One record of a source. */
export interface SourceRecord {
  /** Key as UTF-8 text. */
  key: string;
  /** Image, label and boxes; of an image file its bytes as they are stored. */
  datum: Datum;
  /** Of an image file: 'jpeg', 'png' ... */
  kind?: ReturnType<typeof kindOfImage>;
}

export interface SourceScan {
  /** First key, inclusive. */
  start?: string | Uint8Array;
  /** Last key, exclusive. */
  end?: string | Uint8Array;
  /** Records that are read at once, in few requests where they lie side by side. Default 16. */
  ahead?: number;
}

const known: Known<SourceOptions> = { cacheBytes: true, signal: true };
const knownScan: Known<SourceScan> = { start: true, end: true, ahead: true };
const defaultCacheBytes = 4 << 20;
const leavesAhead = 8;

/**
 * Opens a database that is no file of this machine: an address whose server takes range requests, a Blob or File, bytes, or what has
 * `size` and `read`. Reads the meta pages, which is one request as a rule.
 *
 * @throws NotReadableError, NotLmdbError, UnsupportedFormatError, CorruptDatabaseError, InvalidOptionError
 */
export async function openDatumSource(source: SourceLike, options: SourceOptions = {}): Promise<SourceReader> {
  assertKeys('openDatumSource', options, known);
  const { cacheBytes = defaultCacheBytes, signal } = options;
  assertWhole('cacheBytes', cacheBytes, 0);
  return new SourceReader(await openPages(sourceOf(source), cacheBytes, signal));
}

/** A page on the way down the tree, and how many levels there are from it on. */
interface TreePlace {
  readonly page: SourcePage;
  readonly depth: number;
  /** Its keys are at least `low` and less than `high`. */
  readonly low?: Uint8Array;
  readonly high?: Uint8Array;
}

/** An open source. */
export class SourceReader {
  /** Records in all. */
  readonly length: number;
  readonly #pages: PageSource;
  #isOpen = true;

  /** Use `openDatumSource`. */
  constructor(pages: PageSource) {
    const { main } = pages.facts.meta;
    const special = main.flags & 0x7fff;
    if (special !== 0) {
      const received = `one with flags 0x${special.toString(16)}`;
      const todo = 'copy its records into a plain one first';
      throw new UnsupportedFormatError({ where: pages.name, expected: 'a plain database', received, todo });
    }
    this.#pages = pages;
    this.length = main.entries;
  }

  /** Facts of the tree: a lookup reads `depth` pages and the value. */
  get info(): {
    format: 1 | 2;
    depth: number;
    pageSizeBytes: number;
    fileSizeBytes: number;
    lastTransactionId: number;
  } {
    const { layout, pageSizeBytes, fileBytes, meta } = this.#pages.facts;
    const { depth } = meta.main;
    const { transactionId: lastTransactionId } = meta;
    return { format: layout.format, depth, pageSizeBytes, fileSizeBytes: fileBytes, lastTransactionId };
  }

  /** The record of a key, or undefined if there is none. @throws DatumError if it is no image */
  async get(key: string | Uint8Array): Promise<SourceRecord | undefined> {
    const value = await this.getBytes(key);
    return value && recordOf(textOf(key), value);
  }

  /** The stored bytes of a key, whatever they are, or undefined if there is none. */
  async getBytes(key: string | Uint8Array): Promise<Uint8Array | undefined> {
    const wanted = bytesOf(key);
    const leaf = await this.#leafOf(wanted);
    const i = leaf?.search(wanted) ?? 0;
    const isThere = leaf && i < leaf.count && leaf.compareKey(i, wanted) === 0 && !leaf.isSubtree(i);
    return isThere ? this.#pages.value(leaf, i) : undefined;
  }

  /** Keys in order, without reading values. */
  async *keys(options: SourceScan = {}): AsyncGenerator<string, void, undefined> {
    for await (const { leaf, i } of this.#places(options)) yield textOf(leaf.key(i));
  }

  /** Records in the order of their keys. */
  async *entries(options: SourceScan = {}): AsyncGenerator<SourceRecord, void, undefined> {
    const { ahead = 16 } = options;
    let reading: { key: string; value: Promise<Uint8Array> }[] = [];
    for await (const { leaf, i } of this.#places(options)) {
      const value = this.#pages.value(leaf, i);
      // Awaited below; until then a failure is not unhandled.
      value.catch(() => undefined);
      reading.push({ key: textOf(leaf.key(i)), value });
      if (reading.length < ahead) continue;
      for (const one of reading) yield recordOf(one.key, await one.value);
      reading = [];
    }
    for (const one of reading) yield recordOf(one.key, await one.value);
  }

  /** Ends reading: later calls throw a ClosedError. */
  close(): void {
    this.#isOpen = false;
  }

  #page(number: number): Promise<SourcePage> {
    if (this.#isOpen) return this.#pages.page(number);
    const { name } = this.#pages;
    throw new ClosedError({ state: `${name}: the reader is closed`, todo: 'open it again' }, { path: name });
  }

  async #leafOf(key: Uint8Array): Promise<SourcePage | undefined> {
    const { root, depth } = this.#pages.facts.meta.main;
    if (root < 0) return undefined;
    let place: TreePlace = { page: await this.#page(root), depth };
    this.#checkDepth(place);
    while (place.depth > 1) place = await this.#child(place, place.page.search(key));
    return place.page;
  }

  /** Goes down to child `i` of a branch, whose keys must keep to what the branch says of them. */
  async #child({ page, depth, low, high }: TreePlace, i: number): Promise<TreePlace> {
    const child = {
      page: await this.#page(page.child(i)),
      depth: depth - 1,
      low: i === 0 ? low : page.key(i),
      high: i + 1 < page.count ? page.key(i + 1) : high,
    };
    this.#checkDepth(child);
    if (child.page.isWithin(child.low, child.high)) return child;
    throw this.#pages.corrupt(
      child.page.number,
      'keys within the range that the parent page gives',
      'keys outside of it',
    );
  }

  #checkDepth({ page, depth }: TreePlace): void {
    const [expected, received] = depth === 1 ? ['a leaf', 'a branch'] : ['a branch', 'a leaf'];
    if (page.isLeaf !== (depth === 1)) throw this.#pages.corrupt(page.number, expected, received);
  }

  async *#places(options: SourceScan): AsyncGenerator<{ leaf: SourcePage; i: number }, void, undefined> {
    assertKeys('scan', options, knownScan);
    assertWhole('ahead', options.ahead ?? 16, 1);
    const { root, depth } = this.#pages.facts.meta.main;
    const [start, end] = [options.start, options.end].map((key) => (key === undefined ? undefined : bytesOf(key)));
    if (root < 0) return;
    const top: TreePlace = { page: await this.#page(root), depth };
    this.#checkDepth(top);
    for await (const leaf of this.#leaves(top, start)) {
      for (let i = start ? leaf.search(start) : 0; i < leaf.count; i++) {
        if (end && leaf.compareKey(i, end) >= 0) return;
        if (!leaf.isSubtree(i)) yield { leaf, i };
      }
    }
  }

  /** Leaves from that of a key on. */
  async *#leaves(place: TreePlace, start?: Uint8Array): AsyncGenerator<SourcePage, void, undefined> {
    const { page, depth } = place;
    if (depth === 1) {
      yield page;
      return;
    }
    let from = start;
    const first = start ? page.search(start) : 0;
    for (let i = first; i < page.count; i++, from = undefined) {
      // Those of one request: leaves lie side by side as a rule.
      if (i > first && (i - first) % leavesAhead === 1) this.#prefetch(page, i);
      yield* this.#leaves(await this.#child(place, i), from);
    }
  }

  #prefetch(page: SourcePage, first: number): void {
    for (let i = first; i < Math.min(page.count, first + leavesAhead); i++) {
      // Whoever comes to it is told of a failure.
      this.#page(page.child(i)).catch(() => undefined);
    }
  }
}

/** A Datum, SSD's AnnotatedDatum or an image file. */
function recordOf(key: string, value: Uint8Array): SourceRecord {
  const kind = kindOfImage(value);
  if (kind) return { key, datum: imageFileDatum(value), kind };
  const isAnnotated = describeMessage(value)?.startsWith('an AnnotatedDatum');
  const datum = isAnnotated ? annotatedDatumSchema.decode(value, { key }) : decodeDatum(value, key);
  const file = datum.encoded ? kindOfImage(datum.data) : undefined;
  return { key, datum, ...(file && { kind: file }) };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function bytesOf(key: string | Uint8Array): Uint8Array {
  return typeof key === 'string' ? encoder.encode(key) : key;
}

function textOf(key: string | Uint8Array): string {
  return typeof key === 'string' ? key : decoder.decode(key);
}
