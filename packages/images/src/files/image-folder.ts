/** Lists images and labels of a folder that contains class folders or images. */
import { isUtf8 } from 'node:buffer';
import fs from 'node:fs';
import { NotReadableError } from '../errors';
import { hasImageExtension, kindOfImage } from '../kind/kind';
import { byBytes, type FolderList, isHidden, isMissed, isOfSystem, listTree, type Name, type Tree } from './image-tree';
import { sayOf, withRegularFile } from './regular-file';

const headBytes = 64;

interface Entry extends Name {
  kind: 'file' | 'folder';
}

/**
 * Lists the images of a folder; see `listTree`. Links are followed, but no folder is entered twice.
 *
 * @throws NotReadableError
 */
export function listImageFolder(folder: string): FolderList {
  const walk = new Walk(folder);
  const tree = walk.root();
  return listTree(tree, folder, walk.ignored);
}

class Walk {
  readonly ignored: string[] = [];

  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  root(): Tree {
    const place = Buffer.from(this.#folder);
    const seen = new Set([idOf(place)]);
    // A folder may appear under two names, as two classes, but not twice in one.
    return this.#tree({ text: '' }, place, '', () => new Set(seen));
  }

  /** @param seenIn The folders that have been read already, for each folder in this one. */
  #tree(name: Name, at: Buffer, shown: string, seenIn: () => Set<string>): Tree {
    const tree: Tree = { name, within: [], folders: [] };
    for (const entry of readFolder(at)) {
      const place = Buffer.concat([at, Buffer.from('/'), entry.bytes ?? Buffer.from(entry.text)]);
      const where = `${shown}${entry.text}`;
      if (isHidden(entry.text)) {
        const isFolder = entry.kind === 'folder';
        if (isMissed(entry.text, isFolder)) this.ignored.push(isFolder ? `${where}/` : where);
        continue;
      }
      if (entry.kind === 'folder') this.#addFolder(tree, entry, place, where, seenIn());
      else if (isImage(entry, place)) tree.within.push(entry);
      else this.ignored.push(where);
    }
    return tree;
  }

  #addFolder(tree: Tree, { text, bytes }: Name, place: Buffer, where: string, seen: Set<string>): void {
    const id = idOf(place);
    if (isOfSystem(text) || seen.has(id)) {
      this.ignored.push(`${where}/`);
      return;
    }
    seen.add(id);
    const found = this.#tree({ text, bytes }, place, `${where}/`, () => seen);
    if (found.within.length === 0) {
      this.ignored.push(`${where}/`);
      return;
    }
    tree.within.push(found);
    tree.folders.push(found);
  }
}

/** By its name; a file whose name has no extension is opened. */
function isImage({ text }: Name, place: Buffer): boolean {
  if (hasImageExtension(text)) return true;
  if (text.includes('.')) return false;
  try {
    return withRegularFile(place, (fd) => {
      const head = Buffer.alloc(headBytes);
      return kindOfImage(head.subarray(0, fs.readSync(fd, head, 0, headBytes, 0))) !== undefined;
    });
  } catch {
    return false;
  }
}

/** Lists entries, sorted by the bytes of their names, the same on every system. */
function readFolder(folder: Buffer): Entry[] {
  try {
    const found = fs.readdirSync(folder, { withFileTypes: true });
    // A name that is not UTF-8 contains this character instead of its bytes.
    if (found.some(({ name }) => name.includes('\ufffd'))) return readBytes(folder);
    return sorted(found.map((entry) => ({ text: entry.name, kind: kindIn(folder, entry, entry.name) })));
  } catch (cause) {
    const name = folder.toString();
    throw new NotReadableError(
      { state: `${name} ${sayOf(cause)}`, todo: 'name a readable folder of images' },
      { cause, path: name },
    );
  }
}

function readBytes(folder: Buffer): Entry[] {
  const found = fs.readdirSync(folder, { withFileTypes: true, encoding: 'buffer' });
  return sorted(
    found.map((entry) => {
      const bytes = entry.name as Buffer;
      return { text: bytes.toString(), kind: kindIn(folder, entry, bytes), ...(!isUtf8(bytes) && { bytes }) };
    }),
  );
}

function sorted(entries: Entry[]): Entry[] {
  return entries.sort(byBytes);
}

/** Links are followed. What cannot be accessed is reported when it is read as an image. */
function kindIn(folder: Buffer, entry: fs.Dirent | fs.Dirent<Buffer>, name: string | Buffer): Entry['kind'] {
  if (entry.isDirectory()) return 'folder';
  if (entry.isFile()) return 'file';
  try {
    return fs.statSync(Buffer.concat([folder, Buffer.from('/'), Buffer.from(name as string)])).isDirectory()
      ? 'folder'
      : 'file';
  } catch {
    return 'file';
  }
}

/** Identifies a folder, whatever path leads to it. */
function idOf(folder: Buffer): string {
  const stats = fs.statSync(folder, { bigint: true, throwIfNoEntry: false });
  return stats ? `${stats.dev}:${stats.ino}` : folder.toString('latin1');
}
