/**
 * Stores a key index in a file, so that a large database on a slow drive is walked only once, not at every start.
 *
 *     "lmdb-datum-index 1\n", sha256 of the database's fingerprint (32 bytes), u64 x 3: records, runs, bytes of a page number,
 *     the five arrays of KeyIndex, sha256 of all that (32 bytes)
 *
 * Numbers are in the machine's byte order, which is little-endian on all machines that run Node.js today.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { renameAtOnce } from '@ae/ground/rename-at-once';
import { CorruptDatabaseError, NotReadableError, reasonOf, WriteError } from '../errors/errors';
import { NotOrdinaryError, openRegularFile, sayOf } from '../files/regular-file';
import { KeyIndex } from './key-index';
import type { TreeRecord } from './meta';
import type { PageFile } from './page-file';
import { PageSet } from './page-set';
import { TreeCursor } from './tree-cursor';

const MAGIC = Buffer.from('lmdb-datum-index 1\n');
const hashBytes = 32;
const headBytes = MAGIC.length + hashBytes + 24;

/**
 * Reads the index of exactly this snapshot; returns undefined if the file is missing, damaged or belongs to another snapshot.
 *
 * @throws NotReadableError if it is not a file, or a file of another kind, which would be lost when the index is written.
 */
export function loadKeyIndex(indexFile: string, file: PageFile, tree: TreeRecord): KeyIndex | undefined {
  const pageBytes = bytesOfPageNumbers(file);
  const { entries: records, leafPages: runs } = tree;
  const length = headBytes + records * (pageBytes + 4) + runs * 20 + hashBytes;
  const bytes = readIndex(indexFile, length);
  if (!bytes) return undefined;
  const body = bytes.subarray(0, -hashBytes);
  if (!sha256(body).equals(bytes.subarray(-hashBytes))) return undefined;
  if (!body.subarray(MAGIC.length, MAGIC.length + hashBytes).equals(fingerprint(file, tree))) return undefined;
  const sizes = [0, 8, 16].map((at) => body.readBigUInt64LE(MAGIC.length + hashBytes + at));
  if ([records, runs, pageBytes].some((size, i) => BigInt(size) !== sizes[i])) return undefined;
  let at = headBytes;
  const take = <T>(type: { new (buffer: ArrayBuffer): T; BYTES_PER_ELEMENT: number }, length: number): T => {
    const part = new Uint8Array(body.subarray(at, at + length * type.BYTES_PER_ELEMENT));
    at += part.length;
    return new type(part.buffer);
  };
  const index = new KeyIndex(
    pageBytes === 8 ? take(Float64Array, records) : take(Uint32Array, records),
    take(Uint32Array, records),
    take(Float64Array, runs),
    take(Float64Array, runs),
    take(Uint32Array, runs),
  );
  return isPossible(index, file) ? index : undefined;
}

/** Returns the bytes of an index file of this length, or undefined if there is none. */
function readIndex(indexFile: string, length: number): Buffer | undefined {
  let fd: number;
  try {
    fd = openRegularFile(indexFile);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (cause instanceof NotOrdinaryError || code === 'ELOOP')
      throw noIndex(indexFile, 'something', sayOf(cause), cause);
    // A missing file is created; if it cannot be, writing says why.
    return undefined;
  }
  try {
    const head = Buffer.alloc(MAGIC.length);
    const got = fs.readSync(fd, head, 0, head.length, 0);
    if (got === MAGIC.length && !head.equals(MAGIC)) throw noIndex(indexFile, 'a file', 'is of another kind');
    if (fs.fstatSync(fd).size !== length) return undefined;
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length; ) {
      const more = fs.readSync(fd, bytes, done, length - done, done);
      if (more === 0) return undefined;
      done += more;
    }
    return bytes;
  } finally {
    fs.closeSync(fd);
  }
}

function noIndex(indexFile: string, what: string, says: string, cause?: unknown): NotReadableError {
  return new NotReadableError(
    {
      where: indexFile,
      expected: 'a key index, or no file',
      received: `${what} that ${says}`,
      todo: 'choose another file for the index',
    },
    { path: indexFile, cause },
  );
}

/** Checks what the checksum cannot: it shows that the file is as it was written, not that its contents match the database. */
function isPossible({ valuePages, valueSizes, runPages, runStarts, runNodes }: KeyIndex, file: PageFile): boolean {
  const index = { valuePages, valueSizes, runPages, runStarts, runNodes };
  const used = new PageSet(file);
  try {
    for (let i = 0; i < runPages.length; i++) {
      const start = runStarts[i];
      const end = i + 1 < runStarts.length ? runStarts[i + 1] : valueSizes.length;
      if ((i === 0 && start !== 0) || !(Number.isInteger(start) && start < end) || runNodes[i] !== 0) return false;
      const page = runPages[i];
      if (!Number.isInteger(page)) return false;
      file.assertInside(page, 1);
      used.add(page, 1);
    }
    const values = KeyIndex.of(index);
    for (let i = 0; i < valueSizes.length; i++) {
      const value = values.overflow(i, file);
      if (!value) continue;
      if (!Number.isInteger(value.page)) return false;
      file.assertValueInside(value);
      used.add(value.page, value.pages);
    }
    return true;
  } catch (error) {
    if (error instanceof CorruptDatabaseError) return false;
    throw error;
  }
}

function bytesOfPageNumbers(file: PageFile): 4 | 8 {
  return file.meta.lastPage > 0xffffffff ? 8 : 4;
}

/** Writes the index, under a temporary name first. @throws WriteError */
export function saveKeyIndex(indexFile: string, index: KeyIndex, file: PageFile, tree: TreeRecord): void {
  const sizes = Buffer.alloc(24);
  [index.length, index.runPages.length, index.valuePages.BYTES_PER_ELEMENT].forEach((value, i) => {
    sizes.writeBigUInt64LE(BigInt(value), 8 * i);
  });
  const arrays = [index.valuePages, index.valueSizes, index.runPages, index.runStarts, index.runNodes];
  const body = Buffer.concat([
    MAGIC,
    fingerprint(file, tree),
    sizes,
    ...arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)),
  ]);
  const temporary = `${indexFile}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(temporary, Buffer.concat([body, sha256(body)]));
    renameAtOnce(temporary, indexFile);
  } catch (cause) {
    fs.rmSync(temporary, { force: true });
    throw new WriteError(
      {
        state: `${indexFile}: the key index cannot be written (${reasonOf(cause)})`,
        todo: 'choose a writable place for it, or do without',
      },
      { path: indexFile, cause },
    );
  }
}

/**
 * Identifies a snapshot of a database: its meta page (transaction, counts, page numbers), and the keys and value references of the root,
 * the first and the last leaf.
 */
function fingerprint(file: PageFile, tree: TreeRecord): Buffer {
  const hash = createHash('sha256').update(file.metaPageBytes).update(JSON.stringify(tree));
  const cursor = new TreeCursor(file, tree);
  if (cursor.first()) hash.update(file.page(tree.root).bytes).update(cursor.leaf.bytes);
  if (cursor.last()) hash.update(cursor.leaf.bytes);
  return hash.digest();
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
