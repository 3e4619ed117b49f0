/** Images and labels from a folder: of class folders, or of images. */
import { isUtf8 } from 'node:buffer';
import fs from 'node:fs';
import path from 'node:path';
import { NotReadableError } from '../errors';
import { hasImageExtension, kindOfImage } from '../kind';
import { type FilePath, sayOf, withRegularFile } from './regular-file';

/** An image file in a folder. */
export interface FolderImage {
  /** Its path from the folder on, with slashes: `class/file.jpg`. */
  name: string;
  /** The name's bytes, if they are no UTF-8. */
  nameBytes?: Uint8Array;
  /** Where the file is. */
  path: FilePath;
  label: number;
}

/** The images of a folder. */
export interface FolderList {
  images: FolderImage[];
  /** In label order, where there are class folders. */
  classes?: { name: string; label: number }[];
  /** Names of files and folders that were passed over because there is no image in them. */
  ignored: string[];
  /** What may not be meant as it was taken, in sentences. */
  warnings: string[];
}

/** What systems and programs put beside a user's files. Names that begin with a dot are passed over, too. */
const notTheUsers = new Set([
  ...['__MACOSX', '@eaDir', '@tmp', '@__thumb', '#recycle', '@Recycle', '$RECYCLE.BIN', 'System Volume Information'],
  ...['lost+found', '__pycache__'],
]);
/** Parts of a data set: as names of classes they are hardly meant. */
const part = /^(train(ing)?|val(id(ation)?)?|test(ing)?|dev|eval)$/i;
const headBytes = 64;

/** A name in a folder, and its bytes if they are no UTF-8. */
interface Name {
  text: string;
  bytes?: Uint8Array;
}

interface Entry extends Name {
  kind: 'file' | 'folder';
}

/** A folder with what lies in it, in the order of the names' bytes, but for folders without any image. */
interface Tree {
  name: Name;
  within: (Name | Tree)[];
  images: number;
  folders: Tree[];
}

/**
 * Lists the images of a folder of class folders: each folder that has images is a class, labels count from 0 in the order of the names'
 * bytes, images are found at any depth. If there is nothing but one folder of such folders, those are the classes. A folder with images
 * and at most one folder beside them is one class, with label 0. Links are followed, but into no folder twice.
 *
 * @throws NotReadableError
 */
export function listImageFolder(folder: string): FolderList {
  const walk = new Walk(folder);
  let tree = walk.root();
  const warnings: string[] = [];
  const above: Name[] = [];
  for (let only = wrapped(tree); only; only = wrapped(tree)) {
    above.push(only.name);
    tree = only;
  }
  const images: FolderImage[] = [];
  const { ignored } = walk;
  if (above.length > 0) {
    warnings.push(
      `${folder}: its classes are the folders in ${above.map(({ text }) => text).join('/')}, as there is nothing beside that.`,
    );
  }
  const collect = (within: Tree['within'], parts: Name[], label: number) => {
    for (const one of within) {
      if ('within' in one) collect(one.within, [...parts, one.name], label);
      else images.push(imageFile(folder, [...parts, one], label));
    }
  };
  const loose = tree.within.filter((one): one is Name => !('within' in one));
  if (tree.folders.length === 0 || (tree.folders.length === 1 && loose.length > 0)) {
    if (tree.folders.length === 1) {
      warnings.push(`${folder}: its images and those in ${tree.folders[0]?.name.text} are one class, with label 0.`);
    }
    collect(tree.within, above, 0);
    return { images, ignored, warnings };
  }
  if (loose.length > 0) {
    const names = loose.map(({ text }) => text);
    ignored.unshift(...names);
    warnings.push(
      `${folder}: ${names.length === 1 ? '1 image lies' : `${names.length} images lie`} beside the class folders, and ` +
        `${names.length === 1 ? 'was' : 'were'} left out: ${nameFew(names)}; put them into a folder of their own to have them.`,
    );
  }
  const classes = tree.folders.map(({ name }, label) => ({ name: name.text, label }));
  if (classes.length > 1 && classes.every(({ name }) => part.test(name))) {
    const names = classes.map(({ name }) => name);
    warnings.push(
      `${folder}: ${nameFew(names)} became classes, but are named like parts of a data set; import each by itself.`,
    );
  }
  tree.folders.forEach(({ name, within }, label) => {
    collect(within, [...above, name], label);
  });
  return { images, classes, ignored, warnings };
}

/** The only folder in a folder, if it has folders of images itself, and no images beside them. */
function wrapped({ folders, within }: Tree): Tree | undefined {
  const [only] = folders;
  return within.length === 1 && only && only.folders.length === only.within.length ? only : undefined;
}

function imageFile(folder: string, parts: Name[], label: number): FolderImage {
  const name = parts.map(({ text }) => text).join('/');
  if (parts.every(({ bytes }) => bytes === undefined)) return { name, path: path.join(folder, name), label };
  const nameBytes = Buffer.concat(
    parts.flatMap(({ text, bytes }, i) => [Buffer.from(i > 0 ? '/' : ''), bytes ?? Buffer.from(text)]),
  );
  return { name, nameBytes, path: Buffer.concat([Buffer.from(`${folder}/`), nameBytes]), label };
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
    // A folder may be there under two names, as two classes, but not twice in one.
    return this.#tree({ text: '' }, place, '', () => new Set(seen));
  }

  /** @param seenIn The folders that were read already, for each folder in this one. */
  #tree(name: Name, at: Buffer, shown: string, seenIn: () => Set<string>): Tree {
    const tree: Tree = { name, within: [], images: 0, folders: [] };
    for (const entry of readFolder(at)) {
      const place = Buffer.concat([at, Buffer.from('/'), entry.bytes ?? Buffer.from(entry.text)]);
      const where = `${shown}${entry.text}`;
      if (entry.kind === 'folder') this.#addFolder(tree, entry, place, where, seenIn());
      else if (isImage(entry, place)) tree.within.push(entry);
      else this.ignored.push(where);
    }
    tree.images += tree.within.length - tree.folders.length;
    return tree;
  }

  #addFolder(tree: Tree, { text, bytes }: Name, place: Buffer, where: string, seen: Set<string>): void {
    const id = idOf(place);
    if (notTheUsers.has(text) || seen.has(id)) {
      this.ignored.push(`${where}/`);
      return;
    }
    seen.add(id);
    const found = this.#tree({ text, bytes }, place, `${where}/`, () => seen);
    if (found.images === 0) {
      this.ignored.push(`${where}/`);
      return;
    }
    tree.images += found.images;
    tree.within.push(found);
    tree.folders.push(found);
  }
}

/** By its name; a file whose name has no ending is looked at. */
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

/** Entries without hidden ones, sorted by the bytes of their names, the same on every system. */
function readFolder(folder: Buffer): Entry[] {
  try {
    const found = fs.readdirSync(folder, { withFileTypes: true });
    // A name that is no UTF-8 has this character instead of its bytes.
    if (found.some(({ name }) => name.includes('\ufffd'))) return readBytes(folder);
    return sorted(found.map((entry) => ({ text: entry.name, kind: kindIn(folder, entry, entry.name) })));
  } catch (cause) {
    const name = folder.toString();
    throw new NotReadableError(
      { state: `${name} ${sayOf(cause)}`, todo: 'give a folder of images that can be read' },
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
  const bytesOf = ({ text, bytes }: Entry) => bytes ?? Buffer.from(text);
  return entries.filter(({ text }) => !text.startsWith('.')).sort((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)));
}

/** Links are followed. What can't be looked at is named when it is read as an image. */
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

/** Tells a folder from all others, whatever path leads there. */
function idOf(folder: Buffer): string {
  const stats = fs.statSync(folder, { bigint: true, throwIfNoEntry: false });
  return stats ? `${stats.dev}:${stats.ino}` : folder.toString('latin1');
}

/** Names the first few of many, for a sentence. */
export function nameFew(names: readonly string[], most = 3): string {
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  return names.slice(0, most).join(', ') + more;
}
