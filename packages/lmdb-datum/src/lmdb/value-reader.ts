/** Reads the values of records: from the leaf itself, or from overflow pages. */
import type { Page, ValueRef } from './page';
import type { PageFile } from './page-file';

/** Bytes read ahead while values are consecutive. */
export const windowBytes = 1 << 20;
/** A value that starts within this distance of the last one still counts as consecutive. */
const sequentialGapBytes = 1 << 16;

export interface ValueReaderOptions {
  /** The caller checks whether a writer has changed the file. */
  checkLater?: boolean;
  /** Memory to read ahead into. Default: its own. */
  window?: Buffer;
}

export class ValueReader {
  #window?: Buffer;
  #windowStart = -1;
  #windowEnd = -1;
  #nextStart = -1;

  readonly #file: PageFile;
  readonly #options: ValueReaderOptions;

  constructor(file: PageFile, options: ValueReaderOptions = {}) {
    this.#file = file;
    this.#options = options;
    this.#window = options.window;
  }

  /** Returns the value of key `i` of a leaf, in memory of its own. */
  read(leaf: Page, i: number): Buffer {
    const ref = leaf.value(i);
    if (ref.page === 0) return Buffer.from(leaf.bytes.subarray(ref.offset, ref.offset + ref.size));
    this.#file.assertValueInside(ref);
    return this.#readOverflow(ref);
  }

  /** Returns the value of key `i` of a leaf as a view that is valid until the next call. */
  view(leaf: Page, i: number): Buffer {
    const ref = leaf.value(i);
    return ref.page === 0 ? leaf.bytes.subarray(ref.offset, ref.offset + ref.size) : this.viewOverflow(ref);
  }

  /** Returns an overflow value as a view that is valid until the next call. Fast if values are consecutive in the file. */
  viewOverflow(ref: ValueRef): Buffer {
    const { headerBytes } = this.#file.layout;
    const start = ref.page * this.#file.pageSizeBytes;
    const bytes = headerBytes + ref.size;
    this.#file.assertValueInside(ref);
    this.#window ??= Buffer.allocUnsafeSlow(windowBytes);
    if (bytes > this.#window.length) return this.#readOverflow(ref);
    if (start < this.#windowStart || start + bytes > this.#windowEnd) this.#fill(this.#window, start, bytes);
    this.#nextStart = start + ref.pages * this.#file.pageSizeBytes;
    const at = start - this.#windowStart;
    this.#file.checkOverflow(this.#window, at, ref.page, ref.pages);
    return this.#window.subarray(at + headerBytes, at + bytes);
  }

  #readOverflow(ref: ValueRef): Buffer {
    const { headerBytes } = this.#file.layout;
    const bytes = Buffer.allocUnsafeSlow(headerBytes + ref.size);
    this.#file.readAt(bytes, 0, bytes.length, ref.page * this.#file.pageSizeBytes);
    this.#file.checkOverflow(bytes, 0, ref.page, ref.pages);
    if (!this.#options.checkLater) this.#file.assertUnchanged();
    return bytes.subarray(headerBytes);
  }

  /** Reads ahead only while values are consecutive: with a fixed window, scattered pages would read far more than is used. */
  #fill(window: Buffer, start: number, bytes: number): void {
    const isNext = start >= this.#nextStart && start - this.#nextStart < sequentialGapBytes;
    const want = Math.min(isNext ? window.length : bytes, this.#file.fileBytes - start);
    this.#windowStart = -1;
    this.#windowEnd = -1;
    this.#file.readAt(window, 0, want, start);
    if (!this.#options.checkLater) this.#file.assertUnchanged();
    this.#windowStart = start;
    this.#windowEnd = start + want;
  }
}
