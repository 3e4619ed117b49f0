/** Pages of a database whose bytes are loaded on request. */
import { ClosedError, CorruptDatabaseError } from '../errors/errors';
import { bytesOfMeta, type Meta, newestMeta, readFormat } from '../lmdb/meta';
import { Page, type PageLayout, type ValueRef } from '../lmdb/page';
import { copyAgain, Pages } from '../lmdb/pages';
import type { ByteSource } from './byte-source';
import { JoinedReads } from './joined-reads';
import { Recent } from './recent';
import { Missing } from './steps';

/** Bytes read when a database is opened: both meta pages, and in most databases the first leaf and its first value. */
const headBytes = 32 << 10;
/** More than the pages on any path down a tree, which must be available together. */
const leastPages = 64;
/** Maximum number of values requested by steps. */
const mostValues = 64;

export class SourcePages extends Pages {
  readonly path: string;
  readonly layout: PageLayout;
  readonly pageSizeBytes: number;
  readonly meta: Meta;
  readonly fileBytes: number;
  readonly #reads: JoinedReads;
  readonly #head: Buffer;
  readonly #cache: Recent<Page>;
  readonly #loading = new Map<number, Promise<void>>();
  readonly #values = new Recent<Buffer>(mostValues);
  #isOpen = true;

  private constructor(source: ByteSource, reads: JoinedReads, head: Buffer, metas: Buffer[], cacheBytes: number) {
    super();
    this.path = source.name;
    this.#reads = reads;
    this.#head = head;
    const format = readFormat(head, source.name);
    this.layout = format.layout;
    this.pageSizeBytes = format.pageSizeBytes;
    this.meta = newestMeta(metas, format, source.name).meta;
    this.fileBytes = source.sizeBytes ?? (this.meta.lastPage + 1) * this.pageSizeBytes;
    this.#cache = new Recent(Math.max(leastPages, Math.floor(cacheBytes / this.pageSizeBytes)));
  }

  /** @throws NotLmdbError, UnsupportedFormatError, CorruptDatabaseError, or the source's error */
  static async open(source: ByteSource, cacheBytes: number, signal?: AbortSignal): Promise<SourcePages> {
    const reads = new JoinedReads(source, signal);
    const head = await reads.read(0, headBytes);
    const { pageSizeBytes } = readFormat(head.subarray(0, bytesOfMeta), source.name);
    const isInHead = pageSizeBytes + bytesOfMeta <= headBytes;
    const second = Buffer.alloc(bytesOfMeta);
    (isInHead ? head.subarray(pageSizeBytes) : await reads.read(pageSizeBytes, pageSizeBytes + bytesOfMeta)).copy(
      second,
    );
    return new SourcePages(source, reads, head, [head.subarray(0, bytesOfMeta), second], cacheBytes);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Requests to the source so far, and the bytes received. */
  get traffic(): { readonly requests: number; readonly bytes: number } {
    return { ...this.#reads.traffic };
  }

  close(): void {
    this.#isOpen = false;
    this.#cache.clear();
    this.#values.clear();
  }

  /** Returns a loaded page, for a step. */
  page(number: number): Page {
    const known = this.#cache.get(number);
    if (known) return known;
    this.#assertOpen();
    if (!this.#isInHead(number)) throw new Missing(() => this.load([number]));
    this.assertInside(number, 1);
    return this.#cache.put(number, this.#pageOf(number, this.#head.subarray(number * this.pageSizeBytes)));
  }

  /** Returns the value of a leaf's node, for a step. */
  value(leaf: Page, node: number): Buffer {
    const ref = leaf.value(node);
    if (ref.page === 0) return leaf.bytes.subarray(ref.offset, ref.offset + ref.size);
    const value = this.#values.get(ref.page) ?? this.#valueInHead(ref);
    if (value) return value;
    throw new Missing(async () => this.#values.put(ref.page, await this.#readOverflow(ref)));
  }

  /** Leaves that came with the meta pages, of any tree. */
  *leavesInHead(): Generator<Page, void, undefined> {
    for (let number = 2; this.#isInHead(number) && number <= this.meta.lastPage; number++) {
      const leaf = this.#leafInHead(number);
      if (leaf) yield leaf;
    }
  }

  #leafInHead(number: number): Page | undefined {
    try {
      const page = this.page(number);
      return page.isLeaf ? page : undefined;
    } catch (error) {
      if (error instanceof CorruptDatabaseError) return undefined;
      throw error;
    }
  }

  /** The source ensures this: bytes in memory do not change, and a Blob or an address refuses when it has changed. */
  assertUnchanged(): void {}

  /** Loads pages, so that `page()` has them. */
  async load(numbers: readonly number[]): Promise<void> {
    await Promise.all(numbers.filter((number) => !this.#cache.has(number)).map((number) => this.#loadPage(number)));
  }

  /** Loads the pages that come next together, once the first of them is needed. */
  async loadAhead(numbers: readonly number[]): Promise<void> {
    const [next] = numbers;
    if (next !== undefined && !this.#cache.has(next)) await this.load(numbers);
  }

  /** Returns the values of some nodes of a leaf, in memory of their own. */
  values(leaf: Page, nodes: readonly number[]): Promise<Uint8Array[]> {
    return Promise.all(
      nodes.map(async (node) => {
        const ref = leaf.value(node);
        const { page, offset, size } = ref;
        return new Uint8Array(page === 0 ? leaf.bytes.subarray(offset, offset + size) : await this.#readOverflow(ref));
      }),
    );
  }

  /** Loads a page once, however many callers wait for it. */
  #loadPage(number: number): Promise<void> {
    const known = this.#loading.get(number);
    if (known) return known;
    const loading = this.#readPage(number).finally(() => this.#loading.delete(number));
    this.#loading.set(number, loading);
    return loading;
  }

  async #readPage(number: number): Promise<void> {
    this.assertInside(number, 1);
    const start = number * this.pageSizeBytes;
    const bytes = await this.#read(start, start + this.pageSizeBytes);
    this.#cache.put(number, this.#pageOf(number, bytes));
  }

  /** Makes a page from bytes, which are copied: they may be part of a larger block, which must not stay in memory. */
  #pageOf(number: number, bytes: Buffer): Page {
    return new Page(Buffer.from(bytes.subarray(0, this.pageSizeBytes)), number, this.layout, this.path);
  }

  async #readOverflow(ref: ValueRef): Promise<Buffer> {
    this.assertValueInside(ref);
    const { headerBytes } = this.layout;
    const start = ref.page * this.pageSizeBytes;
    const bytes = await this.#read(start, start + headerBytes + ref.size);
    this.checkOverflow(bytes, 0, ref.page, ref.pages);
    return bytes.subarray(headerBytes);
  }

  #valueInHead(ref: ValueRef): Buffer | undefined {
    const start = ref.page * this.pageSizeBytes;
    const end = start + this.layout.headerBytes + ref.size;
    if (end > this.#head.length) return undefined;
    this.assertValueInside(ref);
    this.checkOverflow(this.#head, start, ref.page, ref.pages);
    return this.#head.subarray(start + this.layout.headerBytes, end);
  }

  #isInHead(number: number): boolean {
    return number >= 2 && (number + 1) * this.pageSizeBytes <= this.#head.length;
  }

  async #read(start: number, end: number): Promise<Buffer> {
    this.#assertOpen();
    if (end <= this.#head.length) return this.#head.subarray(start, end);
    const bytes = end > this.fileBytes ? undefined : await this.#reads.read(start, end);
    this.#assertOpen();
    if (bytes?.length === end - start) return bytes;
    const size = bytes ? start + bytes.length : this.fileBytes;
    const page = Math.floor(start / this.pageSizeBytes);
    throw this.corrupt(page, `at least ${end} bytes in the file`, `${size}`, copyAgain);
  }

  #assertOpen(): void {
    if (this.#isOpen) return;
    throw new ClosedError(
      { state: `${this.path}: the reader is closed`, todo: 'open the database again' },
      { path: this.path },
    );
  }
}
