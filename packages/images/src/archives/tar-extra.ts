/** What headers before a file of a tar say of it: names that its own header has no room for, sizes above 8 GB. */
import { isUtf8 } from 'node:buffer';
import type { Header } from 'tar';

/** The fields that are read. Names are bytes, as programs write those that are no UTF-8, too. */
export interface Extra {
  readonly name?: Buffer;
  readonly linkName?: Buffer;
  readonly bytes?: number;
  /** The file is stored without its holes, behind a map of them. */
  readonly isSparse?: boolean;
}

/** Tells headers that say something of the next file, or of all, and are no file themselves. */
export function isExtra({ type }: Header): boolean {
  return type === 'GlobalExtendedHeader' || isPax(type) || isLongName(type) || type === 'NextFileHasLongLinkpath';
}

function isPax(type: Header['type']): boolean {
  return type === 'ExtendedHeader' || type === 'OldExtendedHeader';
}

function isLongName(type: Header['type']): boolean {
  return type === 'NextFileHasLongPath' || type === 'OldGnuLongPath';
}

/** Adds what a header says by its data to what others before it said. POSIX's fields go before GNU's names. */
export function extraOf({ type }: Header, data: Buffer, before: Extra): Extra {
  if (isLongName(type)) return { name: untilNull(data), ...before };
  if (type === 'NextFileHasLongLinkpath') return { linkName: untilNull(data), ...before };
  // What is said of all files is no name and no size.
  return isPax(type) ? { ...before, ...fieldsOf(data) } : before;
}

/** Reads records of `length key=value\n`. Lengths count bytes, and values may have line feeds. */
function fieldsOf(data: Buffer): Extra {
  const extra: { -readonly [key in keyof Extra]: Extra[key] } = {};
  for (let at = 0; at < data.length; ) {
    const [, digits, key] = /^(\d+) ([^=]*)=/.exec(data.toString('latin1', at, at + mostKeyBytes)) ?? [];
    const end = at + Number(digits);
    const start = at + `${digits} ${key}=`.length;
    if (digits === undefined || !(end > start) || end > data.length) break;
    const value = data.subarray(start, end - 1);
    if (key === 'path') extra.name ??= value;
    // The name of a sparse file, whose path is made up.
    if (key === 'GNU.sparse.name') extra.name = value;
    if (key === 'linkpath') extra.linkName = value;
    if (key === 'size' && /^\d+$/.test(value.toString())) extra.bytes = Number(value);
    if (key.startsWith('GNU.sparse.')) extra.isSparse = true;
    at = end;
  }
  return extra;
}

const mostKeyBytes = 512;

/** A name as text, and its bytes if it is no UTF-8. */
export interface EntryName {
  readonly name: string;
  readonly nameBytes?: Uint8Array;
}

/** Returns the name of a file: the one that was said before its header, or that of the header. `plain` checks it. */
export function nameOf(block: Buffer, extra: Extra, plain: (name: string) => string): EntryName {
  const raw = extra.name ?? rawNameOf(block);
  if (isUtf8(raw)) return { name: plain(raw.toString()) };
  const nameBytes = Buffer.from(plain(raw.toString('latin1')), 'latin1');
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
