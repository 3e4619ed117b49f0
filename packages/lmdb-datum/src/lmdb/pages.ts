/** The pages of one snapshot of a database, wherever its bytes come from, with the checks that all readers need. */
import { CorruptDatabaseError } from '../errors/errors';
import type { Meta } from './meta';
import { PAGE_OVERFLOW, type Page, type PageLayout, readU64, type ValueRef } from './page';

export const copyAgain = 'the file is truncated; copy it again';

export abstract class Pages {
  /** Name of the database in errors: the data file, or an address. */
  abstract readonly path: string;
  abstract readonly layout: PageLayout;
  abstract readonly pageSizeBytes: number;
  /** The snapshot that is read. */
  abstract readonly meta: Meta;
  /** Size of the data file in bytes, when it was opened. */
  abstract readonly fileBytes: number;

  /** Returns the branch or leaf page `number`, checked. Pages are cached; do not change their bytes. */
  abstract page(number: number): Page;

  /** Throws DatabaseChangedError if the snapshot may be gone, as far as that can be checked immediately. */
  abstract assertUnchanged(): void;

  /** Checks that pages `[first, first + count)` are part of the snapshot and of the file. */
  assertInside(first: number, count: number): void {
    if (first < 2 || first + count - 1 > this.meta.lastPage) {
      throw this.corrupt(
        first,
        `a page between 2 and ${this.meta.lastPage}`,
        count === 1 ? `${first}` : `${first} to ${first + count - 1}`,
      );
    }
  }

  /** Checks that the overflow pages of a value are part of the snapshot and of the file, before memory is allocated for it. */
  assertValueInside({ page, pages, size }: ValueRef): void {
    if (page === 0) return;
    this.assertInside(page, pages);
    const end = page * this.pageSizeBytes + this.layout.headerBytes + size;
    if (end > this.fileBytes) {
      throw this.corrupt(page, `at least ${end} bytes in the file`, `${this.fileBytes}`, copyAgain);
    }
  }

  /**
   * Checks the header of a run of overflow pages.
   *
   * @param header Bytes that contain the header at `offset`.
   * @param pages Number of pages that the value needs. LMDB rewrites a shorter value in place, so the run may be longer.
   * @returns Number of pages in the run.
   */
  checkOverflow(header: Buffer, offset: number, number: number, pages: number): number {
    const at = offset + this.layout.headerBytes;
    const run = header.readUInt32LE(at - 4);
    if (readU64(header, offset) !== number || header.readUInt16LE(at - 6) !== PAGE_OVERFLOW) {
      this.assertUnchanged();
      throw this.corrupt(number, 'the first page of a value', 'another page');
    }
    if (run < pages || number + run - 1 > this.meta.lastPage) {
      this.assertUnchanged();
      throw this.corrupt(number, `a value of at least ${pages} pages inside the file`, `${run} pages`);
    }
    return run;
  }

  corrupt(
    page: number,
    expected: string,
    received: string,
    todo = 'the file is damaged; verify it to see what can still be read',
  ): CorruptDatabaseError {
    return new CorruptDatabaseError(
      {
        where: `${this.path}: page ${page}`,
        expected,
        received,
        todo,
      },
      { path: this.path, page },
    );
  }
}
