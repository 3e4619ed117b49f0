/**
 * Writes the list of free pages. It is stored in free pages itself, which it then no longer lists: how many it needs is determined first,
 * so that it does not change while it is written.
 */
import type { TreeRecord } from '../lmdb/meta';
import type { FreePages } from './free-pages';
import type { Transaction } from './transaction';
import { type PageStore, TreeAppender } from './tree-appender';

/** Writes the list again, including what transaction `id` freed. Returns the record of its tree. */
export function writeFreeList(id: number, flags: number, free: FreePages, store: Transaction): TreeRecord {
  free.close(id, store.freed);
  store.beginList(reserve(free, store.pageBytes));
  const record = writeTree(flags, free, store);
  free.setOwnPages(store.listPages);
  return record;
}

/** Takes pages for the list. A list without them may be shorter, and must not need more than are taken in the end. */
function reserve(free: FreePages, pageBytes: number): number[] {
  const reserved: number[] = [];
  for (let left = countPages(free, pageBytes); left > 0; left--) {
    const page = free.take(1);
    if (page === undefined) break;
    reserved.push(page);
  }
  const needed = countPages(free, pageBytes);
  if (needed < reserved.length) free.giveBack(reserved.splice(needed));
  return reserved;
}

/** Counts the individual pages of the list. */
function countPages(free: FreePages, pageBytes: number): number {
  let count = 0;
  const allocate = (pages: number) => (pages === 1 ? ++count : 0);
  const nothing = () => undefined;
  writeTree(0, free, { pageBytes, allocate, free: nothing, write: nothing, writeValue: nothing });
  return count;
}

function writeTree(flags: number, free: FreePages, store: PageStore): TreeRecord {
  const tree = TreeAppender.empty(flags);
  for (const { key, value } of free.entries()) tree.append(key, value, store);
  return tree.finish(store);
}
