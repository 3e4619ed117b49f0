/** Checks which pages a file uses: those of large values, and the list of free pages, none of which may be in use. */
import { LmdbDatumError } from '../errors/errors';
import type { TreeRecord } from './meta';
import type { Page } from './page';
import type { PageFile } from './page-file';
import { PageSet } from './page-set';
import { type Damage, Salvage } from './salvage';
import type { ValueReader } from './value-reader';

const integerKeysFlag = 8;
/** The flags of a tree that say what its pages contain. In the list of free pages, LMDB stores options of the file as well. */
const treeFlags = 0x7e;

/** Records the pages of a value that has its own pages. Returns their number. @throws CorruptDatabaseError */
export function useOverflow(leaf: Page, i: number, file: PageFile, used: PageSet): number {
  const value = leaf.value(i);
  if (value.page === 0) return 0;
  file.assertInside(value.page, value.pages);
  const header = Buffer.alloc(file.layout.headerBytes);
  file.readAt(header, 0, header.length, value.page * file.pageSizeBytes);
  const run = file.checkOverflow(header, 0, value.page, value.pages);
  used.add(value.page, run);
  return run;
}

/** What the check of the list reads, and where it reports damage. */
interface FreeListCheck {
  readonly file: PageFile;
  readonly used: PageSet;
  readonly values: ValueReader;
  readonly onDamage: (damage: Damage) => void;
}

/** Reads the list of free pages and checks that none of them is in use. Returns their number. */
export function checkFreeList(tree: TreeRecord, { file, used, values, onDamage }: FreeListCheck): number {
  if ((tree.flags & treeFlags) !== integerKeysFlag) {
    onDamage({ page: file.meta.page, message: `${file.path}: the list of free pages has unexpected flags.` });
    return 0;
  }
  const free = new PageSet(file);
  const salvage = new Salvage(file, { onDamage, integerKeys: true }, used);
  let count = 0;
  for (const { page, nodes } of salvage.leaves(tree)) {
    for (const i of nodes) {
      try {
        useOverflow(page, i, file, used);
        count += addFreePages(values.view(page, i), page.number, file, used, free);
      } catch (error) {
        if (!(error instanceof LmdbDatumError)) throw error;
        onDamage({ page: error.page ?? page.number, message: error.sentence });
      }
    }
  }
  return count;
}

/** Adds one record of the list: a count and that many page numbers, each u64. Returns the count. */
function addFreePages(value: Buffer, page: number, file: PageFile, used: PageSet, free: PageSet): number {
  const fail = (received: string) => file.corrupt(page, 'a list of free pages', received);
  if (value.length < 8) throw fail(`${value.length} bytes`);
  const count = Number(value.readBigUInt64LE(0));
  if (8 + count * 8 > value.length) throw fail(`${count} pages in ${value.length} bytes`);
  for (let i = 0; i < count; i++) {
    const number = Number(value.readBigUInt64LE(8 + i * 8));
    file.assertInside(number, 1);
    if (used.has(number)) throw file.corrupt(number, 'a page that is either free or used', 'one that is both');
    free.add(number, 1);
  }
  return count;
}
