/** The two meta pages at the beginning of an LMDB data file: their contents, which one is current, and what else a file may be. */

import { lmdbMagic } from '@ae/ground/lmdb-head';
import { kindOfImage, nameOfKind } from '@ae/images/kind';
import { CorruptDatabaseError, NotLmdbError, UnsupportedFormatError } from '../errors/errors';
import { LAYOUT_V1, LAYOUT_V2, PAGE_META, type PageLayout, readU64, treeRecordBytes } from './page';

const MAGIC_SWAPPED = 0xdec0efbe;
/** Of B-trees, hashes and queues. */
const berkeleyMagics: readonly number[] = [0x053162, 0x061561, 0x042253];
const mdbxMagic = 0xbdef4c11;

/** Number of meaningful bytes in a meta page. */
export const bytesOfMeta = 192;

/** Describes one B+tree (MDB_db). */
export interface TreeRecord {
  flags: number;
  depth: number;
  branchPages: number;
  leafPages: number;
  overflowPages: number;
  entries: number;
  /** Page number, or -1 if the tree is empty. */
  root: number;
}

/** One meta page. */
export interface Meta {
  /** 0 or 1: the page it is on. */
  page: number;
  mapSizeBytes: number;
  free: TreeRecord;
  main: TreeRecord;
  lastPage: number;
  transactionId: number;
}

/** Page size and layout, as the first bytes of a file say. */
export interface Format {
  layout: PageLayout;
  pageSizeBytes: number;
}

/**
 * Checks whether the first bytes of a file are those of an LMDB.
 *
 * @param head The first `META_BYTES` of the file, or fewer if it is shorter.
 * @throws NotLmdbError, UnsupportedFormatError or CorruptDatabaseError, saying what the file is.
 */
export function readFormat(head: Buffer, path: string): Format {
  const u32 = (offset: number) => (offset + 4 <= head.length ? head.readUInt32LE(offset) : 0);
  if (head.length === 0) {
    throw new NotLmdbError(
      { where: path, expected: 'an LMDB data file', received: 'an empty file', todo: 'create the database again' },
      { path },
    );
  }
  const layout = u32(16) === lmdbMagic ? LAYOUT_V1 : u32(24) === lmdbMagic ? LAYOUT_V2 : undefined;
  if (!layout) throw whatElse(head, u32, path);
  if (head.length < bytesOfMeta) {
    throw new CorruptDatabaseError(
      {
        where: path,
        expected: 'two meta pages',
        received: `a file of ${head.length} bytes`,
        todo: 'the file is truncated; copy it again',
      },
      { path, page: 0 },
    );
  }
  const version = u32(layout.headerBytes + 4) & (layout.format === 2 ? 0xffff : 0xffffffff);
  if (version !== layout.format) {
    throw new UnsupportedFormatError(
      {
        where: path,
        expected: 'LMDB data format 1 or 2',
        received: `${version}`,
        todo: 'dump it with the mdb_dump of the program that wrote it, and load it with the mdb_load of stock LMDB',
      },
      { path },
    );
  }
  const pageSizeBytes = u32(layout.headerBytes + 24);
  if (pageSizeBytes < 256 || pageSizeBytes > 65536 || (pageSizeBytes & (pageSizeBytes - 1)) !== 0) {
    throw new CorruptDatabaseError(
      {
        where: `${path}: page 0`,
        expected: 'a page size between 256 and 65536',
        received: `${pageSizeBytes}`,
        todo: 'the file is damaged',
      },
      { path, page: 0 },
    );
  }
  return { layout, pageSizeBytes };
}

function whatElse(head: Buffer, u32: (offset: number) => number, path: string): NotLmdbError | UnsupportedFormatError {
  if (u32(16) === MAGIC_SWAPPED || u32(24) === MAGIC_SWAPPED) {
    return new UnsupportedFormatError(
      {
        where: path,
        expected: 'a little-endian LMDB',
        received: 'a big-endian one',
        todo: 'run mdb_dump on the machine that wrote it and mdb_load here',
      },
      { path },
    );
  }
  if (u32(12) === lmdbMagic) {
    return new UnsupportedFormatError(
      {
        where: path,
        expected: 'an LMDB of a 64-bit program',
        received: 'one of a 32-bit program',
        todo: 'run mdb_dump there and mdb_load here',
      },
      { path },
    );
  }
  const todo = 'name the folder that convert_imageset created, or the data.mdb in it';
  return new NotLmdbError(
    { where: path, expected: 'an LMDB data file', received: whatFile(head, u32(0)), todo },
    { path },
  );
}

function whatFile(head: Buffer, magic: number): string {
  const text = head.toString('latin1', 0, 24);
  const kind = kindOfImage(head);
  const isBerkeley = head.length >= 16 && berkeleyMagics.includes(head.readUInt32LE(12));
  if (magic === lmdbMagic) return "LMDB's lock file (data.mdb lies beside it)";
  if (kind) return nameOfKind(kind, 'image');
  if (text.startsWith('SQLite format 3')) return 'an SQLite database';
  if (isBerkeley) return 'a Berkeley DB';
  if (head.length >= 25 && head.readUInt32LE(21) === mdbxMagic) return 'an MDBX database';
  if (/^\s*<(!doctype )?html/i.test(text)) return 'an HTML page';
  if (text.startsWith('\x89HDF')) return 'an HDF5 file';
  if (text.startsWith('PK\x03\x04')) return 'a zip archive';
  if (text.startsWith('\x1f\x8b')) return 'a gzip archive';
  if (text.startsWith('version https://g')) return 'a Git LFS pointer (run git lfs pull)';
  if (text.startsWith('VERSION=3')) return 'a dump of mdb_dump (run mdb_load)';
  return `bytes that begin with ${head.toString('hex', 0, 8)}`;
}

/** Reads a tree record (MDB_db) of 48 bytes. Numbers out of range are returned as -1 (`root` as -2). */
export function readTreeRecord(bytes: Buffer, offset: number): TreeRecord {
  const empty = bytes.readUInt32LE(offset + 40) === 0xffffffff && bytes.readUInt32LE(offset + 44) === 0xffffffff;
  const root = readU64(bytes, offset + 40);
  return {
    flags: bytes.readUInt16LE(offset + 4),
    depth: bytes.readUInt16LE(offset + 6),
    branchPages: readU64(bytes, offset + 8),
    leafPages: readU64(bytes, offset + 16),
    overflowPages: readU64(bytes, offset + 24),
    entries: readU64(bytes, offset + 32),
    root: empty ? -1 : root === -1 ? -2 : root,
  };
}

/**
 * Reads one meta page.
 *
 * @param bytes The first `META_BYTES` of the page.
 * @returns The meta, or what is wrong with it.
 */
export function readMeta(bytes: Buffer, page: number, { layout, pageSizeBytes }: Format): Meta | string {
  const at = layout.headerBytes;
  const meta: Meta = {
    page,
    mapSizeBytes: readU64(bytes, at + 16),
    free: readTreeRecord(bytes, at + 24),
    main: readTreeRecord(bytes, at + 24 + treeRecordBytes),
    lastPage: readU64(bytes, at + 24 + 2 * treeRecordBytes),
    transactionId: readU64(bytes, at + 32 + 2 * treeRecordBytes),
  };
  if (readU64(bytes, 0) !== page) return 'its page number';
  if (bytes.readUInt16LE(at - 6) !== PAGE_META) return 'its page flags';
  if (bytes.readUInt32LE(at) !== lmdbMagic) return 'its magic number';
  if ((bytes.readUInt32LE(at + 4) & 0xffff) !== layout.format) return 'its version';
  if (bytes.readUInt32LE(at + 24) !== pageSizeBytes) return 'its page size';
  if (meta.transactionId < 0) return 'its transaction id';
  // LMDB writes transaction t to meta page t mod 2.
  if (meta.transactionId > 0 && (meta.transactionId & 1) !== page) return 'its transaction id';
  if (meta.mapSizeBytes < 0) return 'its map size';
  if (meta.lastPage < 1 || (meta.lastPage + 1) * pageSizeBytes > meta.mapSizeBytes) return 'its last page';
  return treeProblem(meta.main, meta.lastPage) ?? meta;
}

/**
 * Chooses between the two meta pages: the one with the higher transaction id, as in LMDB.
 *
 * @param pages The first `bytesOfMeta` of each.
 * @param lenient Use the intact one if the other is damaged, and report the damage.
 * @throws CorruptDatabaseError if one is damaged, unless `lenient`; or if both are.
 */
export function newestMeta(
  pages: readonly Buffer[],
  format: Format,
  path: string,
  lenient = false,
): { meta: Meta; metaBytes: Buffer; damage?: string } {
  const found: { meta: Meta; metaBytes: Buffer }[] = [];
  let damage: string | undefined;
  for (const [page, metaBytes] of pages.entries()) {
    const meta = readMeta(metaBytes, page, format);
    if (typeof meta === 'string') damage ??= `meta page ${page}: ${meta}`;
    else found.push({ meta, metaBytes });
  }
  const [first, second] = found;
  if (first && second && Math.abs(first.meta.transactionId - second.meta.transactionId) > 1) {
    damage = `transactions ${first.meta.transactionId} and ${second.meta.transactionId} in the meta pages`;
  }
  if (!first || (damage !== undefined && !lenient)) {
    throw new CorruptDatabaseError(
      {
        where: path,
        expected: 'two meta pages of neighboring transactions',
        received: `damage in ${damage}`,
        todo: first ? 'a lenient reader reads the other snapshot' : 'restore the file from a copy',
      },
      { path, page: 0 },
    );
  }
  const newest = second && second.meta.transactionId > first.meta.transactionId ? second : first;
  return { ...newest, damage };
}

/** Returns what is wrong with a tree record, if anything. */
export function treeProblem(tree: TreeRecord, lastPage: number): string | undefined {
  const { root, entries, depth, branchPages, leafPages, overflowPages } = tree;
  if (entries < 0 || branchPages < 0 || leafPages < 0 || overflowPages < 0) return 'its counts';
  if (root === -1) return entries === 0 && depth === 0 ? undefined : 'an empty tree with entries';
  if (root < 2 || root > lastPage) return 'the page number of its root';
  if (depth < 1 || depth > 32) return 'the depth of its tree';
  if (branchPages + leafPages + overflowPages > lastPage + 1) return 'its page counts';
  if (leafPages < 1 || entries < 1) return 'its counts';
  return undefined;
}
