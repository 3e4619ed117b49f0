/** Goes through records in key order: along the tree, or along the index of a damaged one. */
import { assertFlag, assertKeys, assertSignal, type Known } from '../errors/checks';
import { describe, InvalidOptionError } from '../errors/errors';
import type { KeyIndex } from './key-index';
import type { TreeRecord } from './meta';
import type { Page } from './page';
import { PageSet } from './page-set';
import type { Pages } from './pages';
import { TreeCursor } from './tree-cursor';

/** Bounds and direction of a scan. */
export interface ScanOptions {
  /** First key, inclusive. Default: the database's first. */
  start?: string | Uint8Array;
  /** Last key, exclusive, whatever the direction. Default: past the database's last. */
  end?: string | Uint8Array;
  /** Scan from the last key down to the first. Default false. */
  reverse?: boolean;
  /** Ends the scan with the signal's reason, between two records. */
  signal?: AbortSignal;
}

const knownOptions: Known<ScanOptions> = { start: true, end: true, reverse: assertFlag, signal: assertSignal };

/** @throws InvalidOptionError */
export function checkScanOptions(options: ScanOptions): void {
  assertKeys('keys and entries', options, knownOptions);
}

/** Where a record is. Valid until the scan's next step. */
export interface RecordPlace {
  readonly leaf: Page;
  /** The record's node in the leaf. */
  readonly index: number;
}

/**
 * Scans along the tree.
 *
 * @throws CorruptDatabaseError also if a full scan finds a different number of records than the header says.
 */
export function* scanTree(
  file: Pages,
  tree: TreeRecord,
  options: ScanOptions,
): Generator<RecordPlace, void, undefined> {
  const { reverse = false, signal } = options;
  const low = options.start === undefined ? undefined : keyBytes(options.start, 'start');
  const high = options.end === undefined ? undefined : keyBytes(options.end, 'end');
  const cursor = new TreeCursor(file, tree);
  const leaves = new PageSet(file);
  let more = reverse ? seekLast(cursor, high) : low ? cursor.seek(low) : cursor.first();
  let records = 0;
  for (let lastLeaf = -1; more; more = reverse ? cursor.previous() : cursor.next()) {
    signal?.throwIfAborted();
    const { leaf, index } = cursor;
    if (leaf.number !== lastLeaf) leaves.add(leaf.number, 1);
    lastLeaf = leaf.number;
    if (reverse ? low && leaf.compareKey(index, low) < 0 : high && leaf.compareKey(index, high) >= 0) return;
    records++;
    yield cursor;
  }
  if (!low && !high && records !== tree.entries) {
    throw file.corrupt(file.meta.page, `${tree.entries} records, as the header says`, `${records}`);
  }
}

/** Moves to the last key below `high`. */
function seekLast(cursor: TreeCursor, high: Uint8Array | undefined): boolean {
  if (!high) return cursor.last();
  cursor.seek(high);
  return cursor.isPlaced && cursor.previous();
}

/** Scans along an index, which contains only the records that can be reached. */
export function* scanIndex(
  file: Pages,
  index: KeyIndex,
  options: ScanOptions,
): Generator<RecordPlace, void, undefined> {
  const { start, end, reverse = false, signal } = options;
  const low = start === undefined ? 0 : lowerBound(file, index, keyBytes(start, 'start'));
  const high = end === undefined ? index.length : lowerBound(file, index, keyBytes(end, 'end'));
  for (let i = low; i < high; i++) {
    signal?.throwIfAborted();
    yield placeOf(file, index, reverse ? high - 1 - (i - low) : i);
  }
}

/** The leaf and node of record `i`. */
export function placeOf(file: Pages, index: KeyIndex, i: number): RecordPlace {
  const { page, node } = index.leaf(i);
  const leaf = file.page(page);
  if (!leaf.isLeaf || node >= leaf.count) {
    // Only with an index that was loaded; an index that was built has seen the leaf.
    throw file.corrupt(
      page,
      `a leaf with a node ${node}, according to the key index`,
      'another page',
      'delete the index file',
    );
  }
  return { leaf, index: node };
}

/** Index of the first record whose key is not less than `key`. */
export function lowerBound(file: Pages, index: KeyIndex, key: Uint8Array): number {
  let low = 0;
  let high = index.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const place = placeOf(file, index, middle);
    if (place.leaf.compareKey(place.index, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A key as it is stored. */
export function keyBytes(key: string | Uint8Array, name: string): Uint8Array {
  if (key instanceof Uint8Array) return key;
  if (typeof key === 'string') return Buffer.from(key);
  throw new InvalidOptionError({
    where: name,
    expected: 'a string or bytes',
    received: describe(key),
    todo: 'pass the key as it is stored',
  });
}

/** A key as text. */
export function keyText(key: string | Uint8Array): string {
  return typeof key === 'string' ? key : Buffer.from(key.buffer, key.byteOffset, key.length).toString('utf8');
}
