/** Lists the files of a tar, and of tars in it, by reading only their headers: `tar` parses a header, and this module finds them. */
import { Header } from 'tar';
import { isTar } from '../files/archive-kind';
import { nameFew } from '../files/image-tree';
import { readAt } from '../files/packed-file';
import { hasImageExtension } from '../kind/kind';
import { type ArchiveEntry, type ArchiveFacts, type ArchiveInput, Breath, damaged, plainName } from './entry';
import { followLinks, type Link } from './links';
import { type EntryName, type Extra, extraOf, isExtra, nameOf } from './tar-extra';

const blockBytes = 512;
/** Maximum size of a header that describes the next file: usually its name. */
const mostExtraBytes = 1 << 20;
/** A tar is padded to a multiple of a few blocks, usually 20. */
const mostPaddingBytes = 1 << 20;
/** Maximum nesting of tars in tars. */
const mostDepth = 4;

/** A file that is a tar, or a part of one that is. */
interface Range {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  /** For errors. */
  readonly place: string;
}

/** Lists the files of a tar; those of a nested tar are listed as in a folder with its name. @throws NotReadableError */
export async function listTar({ place, fd, fileBytes, signal }: ArchiveInput): Promise<ArchiveFacts> {
  const walk = new TarWalk(fd);
  const breath = new Breath(signal);
  const range = { start: 0, end: fileBytes, depth: 0, place };
  const entries: ArchiveEntry[] = [];
  for (const entry of walk.entriesIn(range)) {
    entries.push(entry);
    if (breath.isDue) await breath.pause();
  }
  const { warnings, sparse, isOfFolder, links } = walk;
  if (sparse.length > 0) {
    const images = sparse.length === 1 ? '1 image' : `${sparse.length} images`;
    const what = 'left out, as what tar --sparse stores is not read';
    warnings.push(`${place}: ${images} ${what}: ${nameFew(sparse)}; make the tar again without --sparse.`);
  }
  return { entries: links.length > 0 ? followLinks(entries, links) : entries, warnings, isOfFolder };
}

class TarWalk {
  readonly warnings: string[] = [];
  readonly links: Link[] = [];
  /** Names of images that are stored as sparse files. */
  readonly sparse: string[] = [];
  /** True if names begin with "./". */
  isOfFolder = false;
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  *entriesIn({ start, end, depth, place }: Range, prefix = ''): Generator<ArchiveEntry> {
    let extra: Extra = {};
    let isEnded = false;
    for (let at = start; at < end && !isEnded; ) {
      if (at + blockBytes > end) throw damaged(place, 'is truncated: it ends in the middle of a header');
      const block = readAt(this.#fd, at, Buffer.alloc(blockBytes));
      const header = headerOf(block);
      if (header?.nullBlock) {
        isEnded = true;
        if (this.#isFollowed(at, end)) {
          this.warnings.push(
            `${place}: another tar follows its end, and was left out; pass both as tars of their own.`,
          );
        }
        break;
      }
      if (!header?.cksumValid) throw damaged(place, `is damaged ${at} bytes from its start`);
      const dataAt = at + blockBytes + sparseBytes(this.#fd, header, block, at);
      const isOfFile = !isExtra(header);
      const bytes = hasData(header) ? ((isOfFile ? extra.bytes : undefined) ?? header.size ?? 0) : 0;
      if (dataAt + bytes > end) throw damaged(place, `is truncated: it ends in the middle of ${header.path}`);
      at = dataAt + Math.ceil(bytes / blockBytes) * blockBytes;
      if (!isOfFile) {
        if (bytes > mostExtraBytes) throw damaged(place, `is damaged: it has a name of ${bytes} bytes`);
        extra = extraOf(header, readAt(this.#fd, dataAt, Buffer.alloc(bytes)), extra);
        continue;
      }
      const name = nameOf(block, extra, (text) => plainName(text, place));
      if (depth === 0 && header.path?.startsWith('./')) this.isOfFolder = true;
      yield* this.#entriesOf(header, name, { start: dataAt, end: dataAt + bytes, depth, place }, prefix, extra);
      extra = {};
    }
    if (!isEnded) this.warnings.push(`${place}: it has no end marker, and may be truncated.`);
  }

  /** Tells whether another tar begins between the end marker and the end of a range, as in one made by `cat a.tar b.tar`. */
  #isFollowed(marker: number, end: number): boolean {
    for (let at = marker; at + blockBytes <= Math.min(end, marker + mostPaddingBytes); at += blockBytes) {
      const block = readAt(this.#fd, at, Buffer.alloc(blockBytes));
      if (block.some((byte) => byte !== 0)) return isTar(block);
    }
    return false;
  }

  *#entriesOf(
    header: Header,
    { name, nameBytes }: EntryName,
    { start, end, depth, place }: Range,
    prefix: string,
    extra: Extra,
  ): Generator<ArchiveEntry> {
    const whole = `${prefix}${name}`;
    const bytes = nameBytes && Buffer.concat([Buffer.from(prefix), nameBytes]);
    if (header.type === 'Directory' || name === '') return;
    if (header.type === 'Link' || header.type === 'SymbolicLink') {
      const target = extra.linkName?.toString() ?? header.linkpath ?? '';
      this.links.push({ name: whole, target, prefix, isSymbolic: header.type === 'SymbolicLink' });
      yield { name: whole, ...(bytes && { nameBytes: bytes }) };
      return;
    }
    const isTarred = /\.tar$/i.test(name) && depth < mostDepth && end - start >= blockBytes;
    if (isTarred && isTar(readAt(this.#fd, start, Buffer.alloc(blockBytes)))) {
      yield* this.#entriesOfTar({ start, end, depth: depth + 1, place: `${place}/${name}` }, whole.slice(0, -4));
      return;
    }
    const isSparse = header.type === 'SparseFile' || extra.isSparse;
    if (isSparse && hasImageExtension(name)) this.sparse.push(whole);
    const isPlain = isFile(header) && !isSparse;
    const packed = { fd: this.#fd, offset: start, bytes: end - start };
    yield { name: whole, ...(bytes && { nameBytes: bytes }), ...(isPlain && { packed }) };
  }

  /** A tar that contains only a folder of the same name is treated as that folder. */
  *#entriesOfTar(range: Range, folder: string): Generator<ArchiveEntry> {
    const stem = `${folder.slice(folder.lastIndexOf('/') + 1)}/`;
    const within = [...this.entriesIn(range, `${folder}/`)];
    const again = `${folder}/${stem}`;
    const isWrapped = within.length > 0 && within.every(({ name }) => name.startsWith(again));
    if (!isWrapped) yield* within;
    else for (const entry of within) yield { ...entry, name: `${folder}/${entry.name.slice(again.length)}` };
  }
}

/** Undefined for headers that `tar` refuses. */
function headerOf(block: Buffer): Header | undefined {
  try {
    return new Header(block);
  } catch {
    return undefined;
  }
}

function isFile({ type }: Header): boolean {
  return type === 'File' || type === 'OldFile' || type === 'ContiguousFile';
}

/** Links, folders and devices have none, whatever their size says. */
function hasData({ type }: Header): boolean {
  return !['Link', 'SymbolicLink', 'CharacterDevice', 'BlockDevice', 'Directory', 'FIFO'].includes(type);
}

/** GNU sparse files have a map before their data, which may continue in further blocks. */
function sparseBytes(fd: number, { type }: Header, block: Buffer, at: number): number {
  let more = 0;
  if (type !== 'SparseFile' || block[482] === 0) return 0;
  for (let isMore = true; isMore; ) {
    more += blockBytes;
    isMore = readAt(fd, at + more, Buffer.alloc(blockBytes))[504] !== 0;
  }
  return more;
}
