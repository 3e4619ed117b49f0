/** Headers that describe the next file of a tar: names that its own header has no room for, and sizes above 8 GB. */
import { isUtf8 } from 'node:buffer';
import type { Header } from 'tar';

/** The fields that are read. Names are bytes, because some programs write names that are not UTF-8. */
export interface Extra {
  readonly name?: Buffer;
  readonly linkName?: Buffer;
  readonly bytes?: number;
  /** The file is stored without its holes, behind a map of them. */
  readonly isSparse?: boolean;
}

/** Tells headers that describe the next file, or all files, from those of files. */
export function isExtra({ type }: Header): boolean {
  return type === 'GlobalExtendedHeader' || isPax(type) || isLongName(type) || type === 'NextFileHasLongLinkpath';
}

function isPax(type: Header['type']): boolean {
  return type === 'ExtendedHeader' || type === 'OldExtendedHeader';
}

function isLongName(type: Header['type']): boolean {
  return type === 'NextFileHasLongPath' || type === 'OldGnuLongPath';
}

/** Adds the information in a header's data to that of the headers before it. POSIX fields take precedence over GNU names. */
export function extraOf({ type }: Header, data: Buffer, before: Extra): Extra {
  if (isLongName(type)) return { name: untilNull(data), ...before };
  if (type === 'NextFileHasLongLinkpath') return { linkName: untilNull(data), ...before };
  // What applies to all files is neither a name nor a size.
  return isPax(type) ? { ...before, ...fieldsOf(data) } : before;
}

/** Parses records of `length key=value\n`. Lengths count bytes, and values may contain line feeds. */
function fieldsOf(data: Buffer): Extra {
  const extra: { -readonly [key in keyof Extra]: Extra[key] } = {};
  for (let at = 0; at < data.length; ) {
    const [, digits, key] = /^(\d+) ([^=]*)=/.exec(data.toString('latin1', at, at + mostKeyBytes)) ?? [];
    const end = at + Number(digits);
    const start = at + `${digits} ${key}=`.length;
    if (digits === undefined || !(end > start) || end > data.length) break;
    const value = data.subarray(start, end - 1);
    if (key === 'path') extra.name ??= value;
    // The name of a sparse file, whose path is artificial.
    if (key === 'GNU.sparse.name') extra.name = value;
    if (key === 'linkpath') extra.linkName = value;
    if (key === 'size' && /^\d+$/.test(value.toString())) extra.bytes = Number(value);
    if (key.startsWith('GNU.sparse.')) extra.isSparse = true;
    at = end;
  }
  return extra;
}

const mostKeyBytes = 512;

/** A name as text, and its bytes if it is not UTF-8. */
export interface EntryName {
  readonly name: string;
  readonly nameBytes?: Uint8Array;
}

/** Returns the name of a file: the one given before its header, or that of the header. `plain` checks it. */
export function nameOf(block: Buffer, extra: Extra, plain: (name: string) => string): EntryName {
  const raw = extra.name ?? rawNameOf(block);
  if (isUtf8(raw)) return { name: plain(raw.toString()) };
  const nameBytes = Buffer.from(plain(raw.toString('latin1')), 'latin1');
  return { name: nameBytes.toString(), nameBytes };
}

/** The name in a header, whose prefix exists only in POSIX. */
function rawNameOf(block: Buffer): Buffer {
  const name = untilNull(block.subarray(0, 100));
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? untilNull(block.subarray(345, 500)) : name;
  return prefix === name || prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]);
}

function untilNull(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
