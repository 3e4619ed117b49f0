import { expect, test } from 'vitest';
import { isLmdbHead } from '../src/lmdb-head';

/** A meta page's start: its header in LMDB's `MDB_page`, of which version 2 has eight bytes more and 32-bit programs four less, and the magic. */
function head(headerBytes: number, isLittle = true, bytes = 32): Uint8Array {
  const page = new DataView(new ArrayBuffer(bytes));
  page.setUint32(headerBytes, 0xbeefc0de, isLittle);
  return new Uint8Array(page.buffer);
}

test('recognizes data files of both versions, of either byte order and of 32-bit programs', () => {
  for (const headerBytes of [16, 24, 12]) {
    for (const isLittle of [true, false])
      expect([headerBytes, isLmdbHead(head(headerBytes, isLittle))]).toEqual([headerBytes, true]);
  }
  for (const other of [head(0), head(20), new Uint8Array(32), new Uint8Array(0), head(12).subarray(0, 15)])
    expect(isLmdbHead(other)).toBe(false);
});
