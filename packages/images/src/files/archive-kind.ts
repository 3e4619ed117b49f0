/** Tells archives and other files by their first bytes. */
import { describeUnreadImage } from './unread-images';

/** Archives that are read. */
export type ArchiveKind = 'tar' | 'gzip' | 'zip' | 'parquet';

/** Enough to tell any of them. */
export const archiveHeadBytes = 4096;

/** Returns the kind of an archive that is read; undefined for any other file. */
export function kindOfArchive(head: Uint8Array): ArchiveKind | undefined {
  const start = String.fromCharCode(...head.subarray(0, 4));
  if (start.startsWith('\x1f\x8b')) return 'gzip';
  if (start === 'PK\x03\x04' || start === 'PK\x05\x06') return 'zip';
  if (start === 'PAR1') return 'parquet';
  return isTar(head) ? 'tar' : undefined;
}

const endings = /\.(tar|tgz|tar\.gz|zip|parquet)$/i;

/** Tells whether a file's name ends as that of an archive does. */
export function hasArchiveExtension(name: string): boolean {
  return endings.test(name);
}

/** Returns a name without the ending of an archive. */
export function withoutArchiveExtension(name: string): string {
  return name.replace(endings, '');
}

const headerBytes = 512;

/** Tells whether bytes begin with a header of a tar, by the sum that it has of itself. */
export function isTar(head: Uint8Array): boolean {
  if (head.length < headerBytes) return false;
  const said = Number.parseInt(String.fromCharCode(...head.subarray(148, 156)).replace(/[\0 ]+/g, ' '), 8);
  let sum = 8 * 32;
  for (let i = 0; i < headerBytes; i++) if (i < 148 || i >= 156) sum += head[i];
  return head[0] !== 0 && said === sum;
}

/** Files that people have, and that hold no images here: what they begin with, what they are, and what to do. */
const others: readonly (readonly [start: string, name: string, todo: string])[] = [
  ['\xfd7zXZ\0', 'compressed by xz', 'unpack it with xz -d'],
  ['BZh', 'compressed by bzip2', 'unpack it with bzip2 -d'],
  ['\x28\xb5\x2f\xfd', 'compressed by Zstandard', 'unpack it with zstd -d'],
  ['7z\xbc\xaf\x27\x1c', 'a 7-Zip archive', 'unpack it and give the folder'],
  ['Rar!', 'a RAR archive', 'unpack it and give the folder'],
  ['\x89HDF', 'an HDF5 file', 'write its images as files'],
  ['\x93NUMPY', 'an array of NumPy', 'write its images as files'],
  ['ARROW1', 'an Arrow file', 'write it as Parquet'],
  ['SQLite format', 'an SQLite database', 'write its images as files'],
  ['%PDF', 'a PDF document', 'write its images as files'],
];

/** Says what a file is that contains no images here, by its first bytes and its name, and what to do about it. */
export function describeOther(head: Uint8Array, file?: string): { readonly what: string; readonly todo: string } {
  const todo = 'give images, a folder, a list or an archive of them (tar, tar.gz, zip, Parquet), or an LMDB';
  if (head.length === 0) return { what: 'an empty file', todo };
  const start = String.fromCharCode(...head.subarray(0, 16));
  const unread = describeUnreadImage(head, file);
  if (unread) return unread;
  const known = others.find(([text]) => start.startsWith(text));
  if (known) return { what: known[1], todo: known[2] };
  // The head may end in the middle of a character.
  const text = new TextDecoder().decode(head.subarray(0, archiveHeadBytes - 4));
  const isText = !head.includes(0) && !text.slice(0, -1).includes('\ufffd');
  return {
    what: isText ? 'a text, and no list of images that are there' : 'no image, and nothing known that holds images',
    todo,
  };
}
