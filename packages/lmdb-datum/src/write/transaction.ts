/** Pages of one transaction: where they go, and which pages of the previous one it frees. */
import type { FreePages } from './free-pages';
import type { OutputFile } from './output-file';
import type { PageStore } from './tree-appender';

export class Transaction implements PageStore {
  readonly pageBytes: number;
  /** Pages of the last snapshot, which become free two transactions later. */
  readonly freed: number[] = [];
  /** Number of pages in the file so far. */
  lastPage: number;
  readonly #output: OutputFile;
  /** Undefined while the list of free pages is written, which takes no pages from itself. */
  #free?: FreePages;
  #listPages: number[] = [];
  #reserved: number[] = [];

  constructor(output: OutputFile, pageBytes: number, lastPage: number, free: FreePages) {
    this.#output = output;
    this.pageBytes = pageBytes;
    this.lastPage = lastPage;
    this.#free = free;
  }

  /** From now on, the list of free pages is written, to individual pages that were taken from it before, and at the end of the file. */
  beginList(reserved: number[]): void {
    this.#free = undefined;
    this.#reserved = reserved;
  }

  /** Pages that the list was written to. */
  get listPages(): number[] {
    return this.#listPages;
  }

  allocate(pages: number): number {
    const again = this.#free ? this.#free.take(pages) : pages === 1 ? this.#reserved.pop() : undefined;
    const first = again ?? this.lastPage + 1;
    if (again === undefined) this.lastPage += pages;
    if (!this.#free) for (let page = first; page < first + pages; page++) this.#listPages.push(page);
    return first;
  }

  free(page: number): void {
    this.freed.push(page);
  }

  write(first: number, page: Uint8Array): void {
    this.#output.writePages(first, 1, [page]);
  }

  writeValue(first: number, pages: number, header: Uint8Array, value: Uint8Array): void {
    this.#output.writePages(first, pages, [header, value]);
  }
}
