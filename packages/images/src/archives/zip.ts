/** Lists the files of a zip from its directory, which `yauzl` reads. */
import { isUtf8 } from 'node:buffer';
import { joinZip } from '../files/archive-kind';
import { readAt, readPackedFile } from '../files/packed-file';
import { hasImageExtension } from '../kind/kind';
import { type ArchiveEntry, type ArchiveFacts, type ArchiveInput, damaged, plainName, unusable } from './entry';
import { followLinks, type Link } from './links';

const localHeaderBytes = 30;
const utf8Flag = 0x800;
const stored = 0;
const deflated = 8;
const methods: Record<number, string> = {
  9: 'Deflate64',
  12: 'bzip2',
  14: 'LZMA',
  93: 'Zstandard',
  95: 'XZ',
  99: 'AES',
};

/** Lists the files of a zip. @throws NotReadableError if it is damaged, encrypted or uses an unsupported method */
export async function listZip(input: ArchiveInput): Promise<ArchiveFacts> {
  const yauzl = await import('yauzl');
  const { place, fd, signal } = input;
  const entries: ArchiveEntry[] = [];
  const links: Link[] = [];
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: Error) => reject(ownError(place, cause));
    const options = { lazyEntries: true, autoClose: false, decodeStrings: false };
    yauzl.fromFd(fd, options, (error, zip) => {
      if (error) return fail(error);
      zip.on('error', fail);
      zip.on('end', resolve);
      zip.on('entry', (entry: ZipEntry) => {
        try {
          signal?.throwIfAborted();
          const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
          // Many programs write UTF-8 without the flag that says so. A name with backslashes comes from Windows.
          const flags = generalPurposeBitFlag | (isUtf8(fileNameRaw) ? utf8Flag : 0);
          const name = yauzl.getFileNameLowLevel(flags, fileNameRaw, extraFields, false);
          const found = entryOf(entry, name, input);
          const target = found && isLink(entry) ? targetOf(found) : undefined;
          if (found) entries.push(target === undefined ? found : { name: found.name });
          if (found && target !== undefined) links.push({ name: found.name, target, prefix: '', isSymbolic: true });
          zip.readEntry();
        } catch (cause) {
          reject(cause);
        }
      });
      zip.readEntry();
    });
  });
  return { entries: links.length > 0 ? followLinks(entries, links) : entries, warnings: [] };
}

/** The part of the library that is used. */
interface ZipEntry {
  readonly fileNameRaw: Buffer;
  readonly extraFields: { id: number; data: Buffer }[];
  readonly generalPurposeBitFlag: number;
  readonly compressionMethod: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly relativeOffsetOfLocalHeader: number;
  readonly versionMadeBy: number;
  readonly externalFileAttributes: number;
}

const unix = 3;
const modeOfLink = 0o12;
const mostTargetBytes = 4096;

/** Tells a symbolic link, whose contents are the path that it leads to. */
function isLink({ versionMadeBy, externalFileAttributes }: ZipEntry): boolean {
  return versionMadeBy >> 8 === unix && externalFileAttributes >>> 28 === modeOfLink;
}

/** Undefined for one that cannot be read, which is then reported as an image that cannot be. */
function targetOf({ packed }: ArchiveEntry): string | undefined {
  try {
    return packed && readPackedFile(packed, mostTargetBytes).toString();
  } catch {
    return undefined;
  }
}

function entryOf(entry: ZipEntry, fileName: string, { place, fd, fileBytes }: ArchiveInput): ArchiveEntry | undefined {
  const name = plainName(fileName, place);
  if (fileName.endsWith('/')) return undefined;
  const { compressionMethod: method, compressedSize: bytes } = entry;
  // Other files in it do not matter.
  const isWanted = hasImageExtension(name);
  if (isWanted && entry.generalPurposeBitFlag & 1) {
    throw unusable(place, `is encrypted (${name})`, 'unpack it with its password, and pass the folder');
  }
  if (method !== stored && method !== deflated) {
    if (!isWanted) return { name };
    const todo = 'create it again with the Deflate method, or unpack it and pass the folder';
    throw unusable(
      place,
      `compresses ${name} with ${methods[method] ?? `method ${method}`}, which is not supported`,
      todo,
    );
  }
  const start = entry.relativeOffsetOfLocalHeader;
  if (start + localHeaderBytes > fileBytes) throw damaged(place, `is damaged: ${name} lies past its end`);
  const header = readAt(fd, start, Buffer.alloc(localHeaderBytes));
  if (header.readUInt32LE(0) !== 0x04034b50)
    throw damaged(place, `is damaged: ${name} is not where its directory says`);
  const offset = start + localHeaderBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (offset + bytes > fileBytes) throw damaged(place, `is damaged: ${name} lies past its end`);
  return { name, packed: { fd, offset, bytes, ...(method === deflated && { inflatedBytes: entry.uncompressedSize }) } };
}

/** Rephrases the library's errors about a zip. */
function ownError(place: string, cause: Error): Error {
  if (/multi-disk/i.test(cause.message))
    return unusable(place, 'is the last of several parts of a zip', joinZip, cause);
  if (/end of central directory/i.test(cause.message)) {
    return damaged(place, 'is truncated: the directory at its end is missing', cause);
  }
  if (/comment length/i.test(cause.message)) {
    return damaged(place, 'is damaged: its directory is not at its end', cause);
  }
  return damaged(place, `is damaged (${cause.message.replace(/\.$/, '')})`, cause);
}
