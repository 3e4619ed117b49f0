/** Lists the images of an archive like those of the folder that it was made from. */
import { isUtf8 } from 'node:buffer';
import {
  byBytes,
  type FolderList,
  isHidden,
  isMissed,
  isOfSystem,
  listTree,
  type Name,
  type Tree,
} from '../files/image-tree';
import { type PackedFile, readPackedStart } from '../files/packed-file';
import { hasImageExtension, kindOfImage } from '../kind/kind';
import type { ArchiveEntry, ArchiveFacts } from './entry';

const headBytes = 64;

/** A folder while it is being filled. */
interface Growing {
  readonly name: Name;
  readonly files: Map<string, Name>;
  readonly folders: Map<string, Growing>;
}

/** Lists the images of an archive by class folder. If everything is in one folder, that folder is taken for the archive itself. */
export function listArchiveTree({ entries, isOfFolder, warnings }: ArchiveFacts, place: string): FolderList {
  let root = newFolder({ text: '' });
  const hidden = new Set<string>();
  for (const entry of entries) {
    const parts = partsOf(entry);
    if (!isLeftOut(parts, hidden)) add(root, parts, entry.packed);
  }
  const [only] = root.folders.values();
  const isWrapped = !isOfFolder && only && root.folders.size === 1 && root.files.size === 0;
  if (isWrapped) root = only;
  const above = `${root.name.text}/`;
  const ignored = [...hidden].map((name) => (isWrapped && name.startsWith(above) ? name.slice(above.length) : name));
  const list = listTree(treeOf(root, '', isImage, ignored), place, ignored);
  return { ...list, warnings: [...warnings, ...list.warnings] };
}

/** Lists individually named images like those of the folder that they have in common. */
export function listFiles(names: readonly string[], folder: string): FolderList {
  const root = newFolder({ text: '' });
  for (const name of names) add(root, partsOf({ name }));
  return listTree(
    treeOf(root, '', () => true, []),
    folder,
    [],
  );
}

function newFolder(name: Name): Growing {
  return { name, files: new Map(), folders: new Map() };
}

/** Puts a file into its folder. Of two with the same name the last one counts, as when an archive is unpacked. */
function add(root: Growing, parts: readonly Name[], packed?: PackedFile): void {
  let folder = root;
  for (const part of parts.slice(0, -1)) {
    const id = idOf(part);
    const next = folder.folders.get(id) ?? newFolder(part);
    folder.folders.set(id, next);
    folder = next;
  }
  const file = parts[parts.length - 1];
  // Written out, because a spread makes an object of twice the size, and there may be a million.
  folder.files.set(idOf(file), { text: file.text, bytes: file.bytes, packed });
}

/** Tells whether a file is hidden, or is what macOS adds to its zips. Adds what may be missed to `hidden`. */
function isLeftOut(parts: readonly Name[], hidden: Set<string>): boolean {
  if (parts.some(({ text }) => text === '__MACOSX')) return true;
  const first = parts.findIndex(({ text }) => isHidden(text));
  if (first < 0) return false;
  const isFolder = first < parts.length - 1;
  const way = parts.slice(0, first + 1).map(({ text }) => text);
  if (isMissed(parts[first].text, isFolder)) hidden.add(`${way.join('/')}${isFolder ? '/' : ''}`);
  return true;
}

function partsOf({ name, nameBytes }: ArchiveEntry): Name[] {
  if (!nameBytes) return name.split('/').map((text) => ({ text }));
  return Buffer.from(nameBytes)
    .toString('latin1')
    .split('/')
    .map((part) => {
      const own = Buffer.from(part, 'latin1');
      return { text: own.toString(), ...(!isUtf8(own) && { bytes: own }) };
    });
}

function idOf({ text, bytes }: Name): string {
  return bytes ? `\0${Buffer.from(bytes).toString('latin1')}` : text;
}

/** Keeps what contains images, in order, and records what does not. */
function treeOf(
  { name, files, folders }: Growing,
  shown: string,
  takes: (file: Name) => boolean,
  ignored: string[],
): Tree {
  const tree: Tree = { name, within: [], folders: [] };
  const here = [
    ...[...files.values()].map((file) => ({ file })),
    ...[...folders.values()].map((folder) => ({ folder })),
  ];
  const nameOf = (one: (typeof here)[number]) => ('file' in one ? one.file : one.folder.name);
  for (const one of here.sort((a, b) => byBytes(nameOf(a), nameOf(b)))) {
    const where = `${shown}${nameOf(one).text}`;
    if ('file' in one) {
      if (takes(one.file)) tree.within.push(one.file);
      else ignored.push(where);
      continue;
    }
    const within = isOfSystem(one.folder.name.text) ? undefined : treeOf(one.folder, `${where}/`, takes, ignored);
    if (!within || within.within.length === 0) ignored.push(`${where}/`);
    else {
      tree.within.push(within);
      tree.folders.push(within);
    }
  }
  return tree;
}

/** By its name; a file whose name has no extension is opened. */
function isImage({ text, packed }: Name): boolean {
  if (!packed) return false;
  if (hasImageExtension(text)) return true;
  if (text.includes('.')) return false;
  try {
    return kindOfImage(readPackedStart(packed, Buffer.alloc(headBytes))) !== undefined;
  } catch {
    return false;
  }
}
