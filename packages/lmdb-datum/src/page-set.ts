/** Remembers which pages a walk has used, one bit a page: a page in two places is damage that no single page can show. */
import type { PageFile } from './page-file.js';

export class PageSet {
  private readonly bits: Uint8Array;

  constructor(private readonly file: PageFile) {
    this.bits = new Uint8Array(Math.ceil((Math.min(file.meta.lastPage, file.fileBytes / file.pageSizeBytes) + 1) / 8));
  }

  has(page: number): boolean {
    return ((this.bits[Math.floor(page / 8)] ?? 0) & (1 << (page & 7))) !== 0;
  }

  /**
   * Adds pages `[first, first + count)`.
   *
   * @throws CorruptDatabaseError if one of them is in the set already.
   */
  add(first: number, count: number): void {
    for (let page = first; page < first + count; page++) {
      if (this.has(page)) throw this.file.corrupt(page, 'a page that is used once', 'one that is used twice');
      this.bits[Math.floor(page / 8)]! |= 1 << (page & 7);
    }
  }
}
