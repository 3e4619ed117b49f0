/** The pages of a database that lies in a source: asynchronous, checked as those of files are, the last ones kept in memory. */
import { CorruptDatabaseError, SourceChangedError } from '../errors';
import { bytesOfMeta, type Format, type Meta, readFormat, readMeta } from '../lmdb/meta';
import { PAGE_OVERFLOW, Page, readU64, type ValueRef } from '../lmdb/page';
import { ByteArray } from './byte-array';
import { JoinedReads } from './joined-reads';
import type { Source } from './source';

/** A page of a source. */
export type SourcePage = Page<ByteArray>;

/** What is known of an opened source. */
export interface SourceFacts extends Format {
  meta: Meta;
  fileBytes: number;
}

export class PageSource {
  readonly facts: SourceFacts;
  readonly #source: Source;
  readonly #reads: JoinedReads;
  /** The pages used last, those of branches among them. A Map iterates in order of insertion. */
  readonly #pages = new Map<number, Promise<SourcePage>>();
  readonly #mostPages: number;

  /** Use `openPages`. */
  constructor(source: Source, facts: SourceFacts, cacheBytes: number, signal?: AbortSignal) {
    this.#source = source;
    this.facts = facts;
    this.#reads = new JoinedReads(source, signal);
    this.#mostPages = Math.max(16, Math.floor(cacheBytes / facts.pageSizeBytes));
  }

  get name(): string {
    return this.#source.name;
  }

  /** A branch or leaf page. Several that are asked for at once are read together. */
  page(number: number): Promise<SourcePage> {
    const cached = this.#pages.get(number);
    if (cached) this.#pages.delete(number);
    const page = cached ?? this.#readPage(number);
    this.#pages.set(number, page);
    // What failed is not kept: the network may be back.
    page.catch(() => this.#pages.delete(number));
    if (this.#pages.size > this.#mostPages) this.#pages.delete(this.#pages.keys().next().value as number);
    return page;
  }

  async #readPage(number: number): Promise<SourcePage> {
    this.#assertInside(number, 1);
    const { pageSizeBytes, layout } = this.facts;
    const bytes = await this.#read(number, number * pageSizeBytes, pageSizeBytes);
    return new Page(bytes, number, layout, this.name);
  }

  /** The value of a leaf's node, in memory of its own. */
  async value(leaf: SourcePage, i: number): Promise<Uint8Array> {
    const { page, pages, size, offset }: ValueRef = leaf.value(i);
    if (page === 0) return new Uint8Array(leaf.bytes.subarray(offset, offset + size));
    this.#assertInside(page, pages);
    const { headerBytes } = this.facts.layout;
    const bytes = await this.#read(page, page * this.facts.pageSizeBytes, headerBytes + size);
    if (readU64(bytes, 0) !== page || bytes.readUInt16LE(headerBytes - 6) !== PAGE_OVERFLOW)
      throw this.corrupt(page, 'the first page of a value', 'another page');
    return new Uint8Array(bytes.subarray(headerBytes));
  }

  async #read(page: number, offset: number, length: number): Promise<ByteArray> {
    if (offset + length > this.facts.fileBytes)
      throw this.corrupt(page, `at least ${offset + length} bytes`, `${this.facts.fileBytes}`);
    const bytes = await this.#reads.read(offset, length);
    if (bytes.length === length) return ByteArray.view(bytes);
    throw new SourceChangedError(
      { state: `${this.name} ends before it did when it was opened`, todo: 'open it again' },
      { path: this.name },
    );
  }

  #assertInside(first: number, count: number): void {
    const { lastPage } = this.facts.meta;
    if (first < 2 || first + count - 1 > lastPage)
      throw this.corrupt(first, `a page between 2 and ${lastPage}`, `${first}`);
  }

  corrupt(page: number, expected: string, received: string): CorruptDatabaseError {
    return corruptAt(this.name, page, expected, received);
  }
}

function corruptAt(name: string, page: number, expected: string, received: string): CorruptDatabaseError {
  const todo = 'the file is damaged, so verify it where it lies to see what can still be read';
  return new CorruptDatabaseError({ where: `${name}: page ${page}`, expected, received, todo }, { path: name, page });
}

/** Reads the meta pages. @throws NotLmdbError, UnsupportedFormatError, CorruptDatabaseError, NotReadableError */
export async function openPages(source: Source, cacheBytes: number, signal?: AbortSignal): Promise<PageSource> {
  const fileBytes = await source.size(signal);
  const read = async (offset: number) =>
    ByteArray.view(await source.read(offset, Math.max(0, Math.min(bytesOfMeta, fileBytes - offset)), signal));
  const head = await read(0);
  const format = readFormat(head, source.name);
  const metas = [head, await read(format.pageSizeBytes)].map((bytes, page) =>
    bytes.length < bytesOfMeta ? 'the length of the file' : readMeta(bytes, page, format),
  );
  const [meta] = metas
    .filter((found): found is Meta => typeof found !== 'string')
    .sort((a, b) => b.transactionId - a.transactionId);
  const damage = metas.find((found) => typeof found === 'string');
  if (!meta || damage !== undefined) throw corruptAt(source.name, 0, 'two sound meta pages', `damage in ${damage}`);
  return new PageSource(source, { ...format, meta, fileBytes }, cacheBytes, signal);
}
