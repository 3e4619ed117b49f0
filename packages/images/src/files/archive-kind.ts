/** Recognizes archives and other files by their first bytes. */
import { isLmdbHead } from '@ae/ground/lmdb-head';
import { describeUnreadImage, sayUnreadImages } from './unread-images';

/** Supported archives. */
export type ArchiveKind = 'tar' | 'gzip' | 'zip' | 'parquet';

/** Number of bytes that suffices to recognize any of them. */
export const archiveHeadBytes = 4096;

/** Returns the kind of a supported archive; undefined for any other file. */
export function kindOfArchive(head: Uint8Array): ArchiveKind | undefined {
  const start = String.fromCharCode(...head.subarray(0, 4));
  if (start.startsWith('\x1f\x8b')) return 'gzip';
  if (start === 'PK\x03\x04' || start === 'PK\x05\x06') return 'zip';
  if (start === 'PAR1') return 'parquet';
  return isTar(head) ? 'tar' : undefined;
}

const endings = /\.(tar|tgz|tar\.gz|zip|parquet)$/i;

/** Tells whether a file name has the extension of an archive. */
export function hasArchiveExtension(name: string): boolean {
  return endings.test(name);
}

/** Returns the name of an archive without its extension. */
export function withoutArchiveExtension(name: string): string {
  return name.replace(endings, '');
}

const headerBytes = 512;

/** Tells whether bytes begin with a tar header, by the header's checksum. */
export function isTar(head: Uint8Array): boolean {
  if (head.length < headerBytes) return false;
  const said = Number.parseInt(String.fromCharCode(...head.subarray(148, 156)).replace(/[\0 ]+/g, ' '), 8);
  let sum = 8 * 32;
  for (let i = 0; i < headerBytes; i++) if (i < 148 || i >= 156) sum += head[i];
  return head[0] !== 0 && said === sum;
}

/** Advice for the parts of a split zip. */
export const joinZip = 'join its parts: zip -s 0 <name>.zip --out whole.zip';

/** By extension: parts of larger files, whose first bytes say nothing. */
const parts: readonly (readonly [ending: RegExp, name: string, todo: string])[] = [
  [/\.z\d\d$/i, 'a part of a zip', joinZip],
  [/\.zip$/i, 'a zip whose start is missing, such as the last of several parts', joinZip],
  [
    /[._-]part[._-]?\w{1,3}$|\.(tar|tgz|gz|zip)[._-]?(\d{2,3}|[a-z]{2})$/i,
    'a part of a larger file, judging by its name',
    'join all parts in order: cat <parts> > whole.tar',
  ],
];

/** Common files that contain no images in a supported form: how they begin, what they are, and what to do. */
const others: readonly (readonly [start: string, name: string, todo: string])[] = [
  ['\xfd7zXZ\0', 'compressed with xz', 'unpack it with xz -d'],
  ['BZh', 'compressed with bzip2', 'unpack it with bzip2 -d'],
  ['\x28\xb5\x2f\xfd', 'compressed with Zstandard', 'unpack it with zstd -d'],
  ['\x04\x22\x4d\x18', 'compressed with LZ4', 'unpack it with lz4 -d'],
  ['\x1f\x9d', 'compressed with compress', 'unpack it with gzip -d'],
  ['PK\x07\x08', 'the first of several parts of a zip', joinZip],
  ['7z\xbc\xaf\x27\x1c', 'a 7-Zip archive', 'unpack it and pass the folder'],
  ['Rar!', 'a RAR archive', 'unpack it and pass the folder'],
  ['\x89HDF', 'an HDF5 file', 'write its images as files'],
  ['\x93NUMPY', 'a NumPy array', 'write its images as files'],
  ['ARROW1', 'an Arrow file', 'write it as Parquet'],
  ['SQLite format', 'an SQLite database', 'write its images as files'],
  ['%PDF', 'a PDF document', 'write its images as files'],
];

const lmdbAdvice = 'an LMDB needs no import, and cannot be combined with other images';

/** What a file is, in a few words, and what to do about it. */
export interface OtherFile {
  readonly what: string;
  readonly todo: string;
}

/** Recognizes a common file without supported images by its first bytes and its name. Returns undefined for any other file. */
export function describeKnown(head: Uint8Array, file?: string): OtherFile | undefined {
  if (isLmdbHead(head)) return { what: 'an LMDB', todo: lmdbAdvice };
  const start = String.fromCharCode(...head.subarray(0, 16));
  const unread = describeUnreadImage(head, file);
  if (unread) return unread;
  const known = others.find(([text]) => start.startsWith(text));
  const part = file === undefined ? undefined : parts.find(([ending]) => ending.test(file));
  const [, what, todo] = known ?? part ?? [];
  return what === undefined || todo === undefined ? undefined : { what, todo };
}

/** Describes any file without supported images by its first bytes and its name, and says what to do about it. */
export function describeOther(head: Uint8Array, file?: string): OtherFile {
  const todo = 'name images, a folder, a list or an archive of them (tar, tar.gz, zip, Parquet), or an LMDB';
  if (head.length === 0) return { what: 'an empty file', todo };
  const known = describeKnown(head, file);
  if (known) return known;
  // The head may end in the middle of a character.
  const text = new TextDecoder().decode(head.subarray(0, archiveHeadBytes - 4));
  const isText = !head.includes(0) && !text.slice(0, -1).includes('\ufffd');
  return {
    what: isText
      ? 'a text file, but not a list of existing images'
      : 'neither an image nor anything known to contain images',
    todo,
  };
}

/** Says what to do about a folder or an archive that contains no images, only these other files. */
export function adviseOn(ignored: readonly string[]): string {
  const archive = ignored.find(hasArchiveExtension);
  const unpack = archive === undefined ? undefined : `unpack it, and name the archives in it, such as ${archive}`;
  const isLmdb = ignored.some((name) => /(^|[\\/])data\.mdb$/.test(name));
  return sayUnreadImages(ignored) ?? unpack ?? (isLmdb ? lmdbAdvice : 'check the path and the file names');
}
