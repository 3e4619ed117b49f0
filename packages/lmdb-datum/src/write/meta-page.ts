/** Writes the meta pages, whose layout `lmdb/meta.ts` reads. */
import { lmdbMagic } from '@ae/ground/lmdb-head';
import type { Meta, TreeRecord } from '../lmdb/meta';
import { LAYOUT_V1, PAGE_META, treeRecordBytes } from '../lmdb/page';
import { writeU64 } from './page-builder';

const { headerBytes } = LAYOUT_V1;
/** What a commit changes begins at the size of the map, as in LMDB: what comes before never changes. */
export const changedFrom = headerBytes + 16;
const changedTo = headerBytes + 40 + 2 * treeRecordBytes;

/** Returns a complete meta page for a new database. */
export function buildMetaPage(meta: Meta, pageBytes: number): Buffer {
  const bytes = Buffer.alloc(pageBytes);
  writeU64(bytes, meta.page, 0);
  bytes.writeUInt16LE(PAGE_META, headerBytes - 6);
  bytes.writeUInt32LE(lmdbMagic, headerBytes);
  bytes.writeUInt32LE(LAYOUT_V1.format, headerBytes + 4);
  bytes.set(buildMetaChange(meta, pageBytes), changedFrom);
  return bytes;
}

/** Returns the bytes from `changedFrom` on that a commit writes. */
export function buildMetaChange(meta: Meta, pageBytes: number): Buffer {
  const bytes = Buffer.alloc(changedTo - changedFrom);
  writeU64(bytes, meta.mapSizeBytes, 0);
  // The first tree's record contains the page size.
  writeTree(bytes, meta.free, pageBytes, 8);
  writeTree(bytes, meta.main, 0, 8 + treeRecordBytes);
  writeU64(bytes, meta.lastPage, 8 + 2 * treeRecordBytes);
  writeU64(bytes, meta.transactionId, 16 + 2 * treeRecordBytes);
  return bytes;
}

function writeTree(bytes: Buffer, tree: TreeRecord, pad: number, at: number): void {
  bytes.writeUInt32LE(pad, at);
  bytes.writeUInt16LE(tree.flags, at + 4);
  bytes.writeUInt16LE(tree.depth, at + 6);
  const { branchPages, leafPages, overflowPages, entries, root } = tree;
  const counts = [branchPages, leafPages, overflowPages, entries];
  for (const [i, count] of counts.entries()) writeU64(bytes, count, at + 8 + 8 * i);
  if (root < 0) bytes.fill(0xff, at + 40, at + 48);
  else writeU64(bytes, root, at + 40);
}
