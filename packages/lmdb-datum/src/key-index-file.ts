/**
 * Keeps a key index in a file, so that a large database on a slow drive is walked once, not at each start.
 *
 *     "lmdb-datum-index 1\n", sha256 of the database's fingerprint (32 bytes), u64 x 3: records, runs, bytes of a page number,
 *     the five arrays of KeyIndex, sha256 of all that (32 bytes)
 *
 * Numbers are in the machine's byte order, which on every machine that Node runs on today is little-endian.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { reasonOf, WriteError } from './errors';
import { KeyIndex } from './key-index';
import type { TreeRecord } from './meta';
import type { PageFile } from './page-file';
import { TreeCursor } from './tree-cursor';

const MAGIC = Buffer.from('lmdb-datum-index 1\n');
const HASH_BYTES = 32;
const HEAD_BYTES = MAGIC.length + HASH_BYTES + 24;

/** Reads the index of this very snapshot, or undefined if the file is missing, damaged or of another snapshot. */
export function loadKeyIndex(indexFile: string, file: PageFile, tree: TreeRecord): KeyIndex | undefined {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(indexFile);
  } catch {
    return undefined;
  }
  const body = bytes.subarray(0, -HASH_BYTES);
  if (body.length < HEAD_BYTES || !body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (!sha256(body).equals(bytes.subarray(-HASH_BYTES))) return undefined;
  if (!body.subarray(MAGIC.length, MAGIC.length + HASH_BYTES).equals(fingerprint(file, tree))) return undefined;
  const [records, runs, pageBytes] = [0, 8, 16].map((at) =>
    Number(body.readBigUInt64LE(MAGIC.length + HASH_BYTES + at)),
  ) as [number, number, number];
  if (records !== tree.entries || body.length !== HEAD_BYTES + records * (pageBytes + 4) + runs * 20) return undefined;
  let at = HEAD_BYTES;
  const take = <T>(type: { new (buffer: ArrayBuffer): T; BYTES_PER_ELEMENT: number }, length: number): T => {
    const part = new Uint8Array(body.subarray(at, at + length * type.BYTES_PER_ELEMENT));
    at += part.length;
    return new type(part.buffer);
  };
  const valuePages = pageBytes === 8 ? take(Float64Array, records) : take(Uint32Array, records);
  return new KeyIndex(
    valuePages,
    take(Uint32Array, records),
    take(Float64Array, runs),
    take(Float64Array, runs),
    take(Uint32Array, runs),
  );
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
    fs.renameSync(temporary, indexFile);
  } catch (cause) {
    fs.rmSync(temporary, { force: true });
    throw new WriteError(
      `${indexFile}: expected to write the key index, received ${reasonOf(cause)}; ` +
        'keep it in a place that can be written, or do without.',
      { path: indexFile, cause },
    );
  }
}

/**
 * Tells one snapshot of one database from all others: its meta page (transaction, counts, page numbers), and the keys and value
 * references of the root, the first and the last leaf.
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
