/** Lists the files of a tar, and of tars in it, by their headers alone: `tar` reads a header, and here is where they lie. */
import { isUtf8 } from 'node:buffer';
import { Header, Pax } from 'tar';
import { isTar } from '../files/archive-kind';
import { readAt } from '../files/packed-file';
import { type ArchiveEntry, type ArchiveFacts, type ArchiveInput, Breath, damaged, plainName } from './entry';
import { followLinks, type Link } from './tar-links';

const blockBytes = 512;
/** Of a header that says more of the next file: its name, as a rule. */
const mostExtraBytes = 1 << 20;
/** Tars in tars in tars. */
const mostDepth = 4;

/** A file that is a tar, or a part of one that is. */
interface Range {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  /** For errors. */
  readonly place: string;
}

/** What headers before a file say of it. */
interface Extra {
  /** Names of GNU tar. */
  name?: Buffer;
  linkName?: Buffer;
  /** POSIX's fields, of the next file and of all. */
  own?: Pax;
  all?: Pax;
}

/** Lists the files of a tar; those of a tar in it are as in a folder of its name. @throws NotReadableError */
export async function listTar({ place, fd, fileBytes, signal }: ArchiveInput): Promise<ArchiveFacts> {
  const walk = new TarWalk(fd);
  const breath = new Breath(signal);
  const range = { start: 0, end: fileBytes, depth: 0, place };
  const entries: ArchiveEntry[] = [];
  for (const entry of walk.entriesIn(range)) {
    entries.push(entry);
    if (breath.isDue) await breath.pause();
  }
  const { warnings, isOfFolder, links } = walk;
  return { entries: links.length > 0 ? followLinks(entries, links) : entries, warnings, isOfFolder };
}

class TarWalk {
  readonly warnings: string[] = [];
  readonly links: Link[] = [];
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
      if (at + blockBytes > end) throw damaged(place, 'is cut short: it ends in the middle of a header');
      const block = readAt(this.#fd, at, Buffer.alloc(blockBytes));
      const header = headerOf(block, extra);
      if (header?.nullBlock) {
        isEnded = true;
        break;
      }
      if (!header?.cksumValid) throw damaged(place, `is damaged ${at} bytes from its beginning`);
      const dataAt = at + blockBytes + sparseBytes(this.#fd, header, block, at);
      const bytes = hasData(header) ? (header.size ?? 0) : 0;
      if (dataAt + bytes > end) throw damaged(place, `is cut short: it ends in the middle of ${header.path}`);
      at = dataAt + Math.ceil(bytes / blockBytes) * blockBytes;
      if (isExtra(header)) {
        extra = this.#extraOf(header, extra, dataAt, bytes, place);
        continue;
      }
      const name = nameOf(header, block, extra, place);
      if (depth === 0 && header.path?.startsWith('./')) this.isOfFolder = true;
      yield* this.#entriesOf(header, name, { start: dataAt, end: dataAt + bytes, depth, place }, prefix, extra);
      extra = { all: extra.all };
    }
    if (!isEnded) this.warnings.push(`${place}: it lacks the mark of its end, and may be cut short.`);
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
    const isPlain = header.type !== 'SparseFile' && isFile(header);
    const packed = { fd: this.#fd, offset: start, bytes: end - start };
    yield { name: whole, ...(bytes && { nameBytes: bytes }), ...(isPlain && { packed }) };
  }

  /** A tar of one folder of its own name is taken as that folder. */
  *#entriesOfTar(range: Range, folder: string): Generator<ArchiveEntry> {
    const stem = `${folder.slice(folder.lastIndexOf('/') + 1)}/`;
    const within = [...this.entriesIn(range, `${folder}/`)];
    const again = `${folder}/${stem}`;
    const isWrapped = within.length > 0 && within.every(({ name }) => name.startsWith(again));
    if (!isWrapped) yield* within;
    else for (const entry of within) yield { ...entry, name: `${folder}/${entry.name.slice(again.length)}` };
  }

  #extraOf(header: Header, extra: Extra, dataAt: number, bytes: number, place: string): Extra {
    if (bytes > mostExtraBytes) throw damaged(place, `is damaged: it has a name of ${bytes} bytes`);
    const data = readAt(this.#fd, dataAt, Buffer.alloc(bytes));
    switch (header.type) {
      case 'NextFileHasLongPath':
      case 'OldGnuLongPath':
        return { ...extra, name: untilNull(data) };
      case 'NextFileHasLongLinkpath':
        return { ...extra, linkName: untilNull(data) };
      case 'GlobalExtendedHeader':
        return { ...extra, all: Pax.parse(data.toString(), extra.all, true) };
      default:
        return { ...extra, own: Pax.parse(data.toString(), extra.own) };
    }
  }
}

interface EntryName {
  name: string;
  nameBytes?: Uint8Array;
}

function nameOf(header: Header, block: Buffer, extra: Extra, place: string): EntryName {
  const raw = extra.name ?? (extra.own?.path === undefined ? rawNameOf(block) : undefined);
  if (!raw || isUtf8(raw)) return { name: plainName(extra.name?.toString() ?? header.path ?? '', place) };
  const nameBytes = Buffer.from(plainName(raw.toString('latin1'), place), 'latin1');
  return { name: nameBytes.toString(), nameBytes };
}

/** The name as it stands in a header, whose prefix is that of POSIX alone. */
function rawNameOf(block: Buffer): Buffer {
  const name = untilNull(block.subarray(0, 100));
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? untilNull(block.subarray(345, 500)) : name;
  return prefix === name || prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]);
}

function untilNull(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Undefined for what `tar` refuses. */
function headerOf(block: Buffer, { own, all }: Extra): Header | undefined {
  try {
    return new Header(block, 0, own, all);
  } catch {
    return undefined;
  }
}

function isFile({ type }: Header): boolean {
  return type === 'File' || type === 'OldFile' || type === 'ContiguousFile';
}

function isExtra({ type }: Header): boolean {
  return (
    type === 'ExtendedHeader' ||
    type === 'OldExtendedHeader' ||
    type === 'GlobalExtendedHeader' ||
    type === 'NextFileHasLongPath' ||
    type === 'OldGnuLongPath' ||
    type === 'NextFileHasLongLinkpath'
  );
}

/** Links, folders and devices have none, whatever their size says. */
function hasData({ type }: Header): boolean {
  return !['Link', 'SymbolicLink', 'CharacterDevice', 'BlockDevice', 'Directory', 'FIFO'].includes(type);
}

/** GNU's sparse files have a map before their data, which goes on in further blocks. */
function sparseBytes(fd: number, { type }: Header, block: Buffer, at: number): number {
  let more = 0;
  if (type !== 'SparseFile' || block[482] === 0) return 0;
  for (let isMore = true; isMore; ) {
    more += blockBytes;
    isMore = readAt(fd, at + more, Buffer.alloc(blockBytes))[504] !== 0;
  }
  return more;
}
