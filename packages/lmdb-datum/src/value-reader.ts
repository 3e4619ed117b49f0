/** Reads the values of records: from the leaf itself, or from overflow pages. */
import type { Page, ValueRef } from './page.js';
import type { PageFile } from './page-file.js';

const WINDOW_BYTES = 1 << 20;
/** A value that starts this far behind the last one still counts as following it. */
const SEQUENTIAL_GAP_BYTES = 1 << 16;

export class ValueReader {
  private window?: Buffer;
  private windowStart = -1;
  private windowEnd = -1;
  private nextStart = -1;

  constructor(private readonly file: PageFile) {}

  /** The value of key `i` of a leaf, in memory of its own. */
  read(leaf: Page, i: number): Buffer {
    const ref = leaf.value(i);
    if (ref.page === 0) return Buffer.from(leaf.bytes.subarray(ref.offset, ref.offset + ref.size));
    return this.readOverflow(ref);
  }

  /** An overflow value, in memory of its own. */
  readOverflow(ref: ValueRef): Buffer {
    const { headerBytes } = this.file.layout;
    this.file.assertValueInside(ref);
    const bytes = Buffer.allocUnsafeSlow(headerBytes + ref.size);
    this.file.readAt(bytes, 0, bytes.length, ref.page * this.file.pageSizeBytes);
    this.file.checkOverflow(bytes, 0, ref.page, ref.pages);
    this.file.assertUnchanged();
    return bytes.subarray(headerBytes);
  }

  /** The value of key `i` of a leaf as a view that is valid until the next call. Fast when values follow each other in the file. */
  view(leaf: Page, i: number): Buffer {
    const ref = leaf.value(i);
    if (ref.page === 0) return leaf.bytes.subarray(ref.offset, ref.offset + ref.size);
    const { headerBytes } = this.file.layout;
    const start = ref.page * this.file.pageSizeBytes;
    const bytes = headerBytes + ref.size;
    if (bytes > WINDOW_BYTES) return this.readOverflow(ref);
    this.file.assertValueInside(ref);
    if (start < this.windowStart || start + bytes > this.windowEnd) this.fill(start, bytes);
    this.nextStart = start + ref.pages * this.file.pageSizeBytes;
    const window = this.window as Buffer;
    this.file.checkOverflow(window, start - this.windowStart, ref.page, ref.pages);
    return window.subarray(start - this.windowStart + headerBytes, start - this.windowStart + bytes);
  }

  /** Reads ahead only while values follow each other: a fixed window on scattered pages reads far more than it uses. */
  private fill(start: number, bytes: number): void {
    this.window ??= Buffer.allocUnsafeSlow(WINDOW_BYTES);
    const isNext = start >= this.nextStart && start - this.nextStart < SEQUENTIAL_GAP_BYTES;
    const want = Math.min(isNext ? WINDOW_BYTES : bytes, this.file.fileBytes - start);
    this.windowStart = -1;
    this.windowEnd = -1;
    this.file.readAt(this.window, 0, want, start);
    this.file.assertUnchanged();
    this.windowStart = start;
    this.windowEnd = start + want;
  }
}
