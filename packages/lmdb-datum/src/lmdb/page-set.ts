/** Records which pages a walk has used, with one bit per page: a page used in two places is damage that no single page can show. */
import type { Pages } from './pages';

export class PageSet {
  /** Number of pages in the set. */
  size = 0;
  readonly #bits: Uint8Array;

  readonly #file: Pages;

  constructor(file: Pages) {
    this.#file = file;
    // A file may be shorter than its last page, but cannot contain more pages than it has bytes for.
    const pages = Math.min(file.meta.lastPage, Math.ceil(file.fileBytes / file.pageSizeBytes)) + 1;
    this.#bits = new Uint8Array(Math.ceil(pages / 8));
  }

  has(page: number): boolean {
    return ((this.#bits[Math.floor(page / 8)] ?? 0) & (1 << (page & 7))) !== 0;
  }

  /**
   * Adds pages `[first, first + count)`.
   *
   * @throws CorruptDatabaseError if one of them is already in the set.
   */
  add(first: number, count: number): void {
    const end = Math.min(first + count, this.#bits.length * 8);
    for (let page = first; page < end; page++) {
      if (this.has(page)) throw this.#file.corrupt(page, 'a page that is used once', 'one that is used twice');
      this.#bits[Math.floor(page / 8)] |= 1 << (page & 7);
      this.size++;
    }
  }
}
