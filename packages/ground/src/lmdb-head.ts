/** Recognizes LMDB data files by their first bytes. */

export const lmdbMagic = 0xbeefc0de;

/** Where it is in version 1 of the format, in version 2, and in files of 32-bit programs. */
const places = [16, 24, 12];

/** Tells whether a file that begins with these bytes is an LMDB, also of a kind that is not read, such as a big-endian one. */
export function isLmdbHead(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isAt = (place: number) => [true, false].some((isLittle) => view.getUint32(place, isLittle) === lmdbMagic);
  return places.some((place) => place + 4 <= head.length && isAt(place));
}
