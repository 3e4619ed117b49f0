/** Converts a tree of names to images with labels: in the same way for a folder and for an archive of it. */
import path from 'node:path';
import { hasImageExtension } from '../kind/kind';
import type { PackedFile } from './packed-file';
import type { FilePath } from './regular-file';

/** An image file in a folder or in an archive. */
export interface FolderImage {
  /** Its path within the folder, with slashes: `class/file.jpg`. */
  name: string;
  /** The bytes of its name, if they are not UTF-8. */
  nameBytes?: Uint8Array;
  /** Where the file is; only for display if it is in an archive. */
  path: FilePath;
  /** Where it is in an archive. */
  packed?: PackedFile;
  label: number;
  /** What `ae convert` recorded about it, as JSON. */
  note?: string;
}

/** The images of a folder or another source. */
export interface FolderList {
  images: FolderImage[];
  /** Class names in the order of labels, if there are class folders. */
  classes?: { name: string; label: number }[];
  /** Names of files and folders that were ignored because they contain no images. */
  ignored: string[];
  /** Warnings about input that may not have been interpreted as intended, as sentences. */
  warnings: string[];
}

/** A name in a folder, its bytes if they are not UTF-8, and the position of an archived file. */
export interface Name {
  text: string;
  bytes?: Uint8Array;
  packed?: PackedFile;
}

/** A folder with its contents, in the order of the names' bytes, without folders that contain no images. */
export interface Tree {
  name: Name;
  within: (Name | Tree)[];
  folders: Tree[];
}

/** Files and folders that systems and programs create among the user's. Names that begin with a dot are skipped, too. */
const notTheUsers = new Set([
  ...['__MACOSX', '@eaDir', '@tmp', '@__thumb', '#recycle', '@Recycle', '$RECYCLE.BIN', 'System Volume Information'],
  ...['lost+found', '__pycache__'],
]);
/** Parts of a data set, which are hardly intended as names of classes. */
const part = /^(train(ing)?|val(id(ation)?)?|test(ing)?|dev|eval)$/i;

/** Tells whether systems and programs create folders with this name. */
export function isOfSystem(name: string): boolean {
  return notTheUsers.has(name);
}

/** Tells whether a name is hidden, and whatever it contains is left out. */
export function isHidden(name: string): boolean {
  return name.startsWith('.');
}

/** Tells whether something hidden is worth mentioning: a folder or an image, but none of the files that macOS adds for each file. */
export function isMissed(name: string, isFolder: boolean): boolean {
  return isFolder || (hasImageExtension(name) && !name.startsWith('._'));
}

/** Orders names by their bytes, the same on every system. */
export function byBytes(a: Name, b: Name): number {
  return Buffer.compare(a.bytes ?? Buffer.from(a.text), b.bytes ?? Buffer.from(b.text));
}

/**
 * Lists the images of a tree of class folders: each folder that contains images is a class, labels count from 0 in byte order of the names,
 * and images are found at any depth. If there is only one folder and it contains such folders, those are the classes. A folder with images
 * and at most one folder beside them is a single class with label 0.
 *
 * @param place What the tree was made from.
 * @param ignored What was skipped while the tree was made.
 */
export function listTree(root: Tree, place: string, ignored: string[]): FolderList {
  let tree = root;
  const warnings: string[] = [];
  const above: Name[] = [];
  for (let only = wrapped(tree); only; only = wrapped(tree)) {
    above.push(only.name);
    tree = only;
  }
  const images: FolderImage[] = [];
  if (above.length > 0) {
    warnings.push(
      `${place}: its classes are the folders in ${above.map(({ text }) => text).join('/')}, because there is nothing beside it.`,
    );
  }
  const collect = (within: Tree['within'], parts: Name[], label: number) => {
    for (const one of within) {
      if ('within' in one) collect(one.within, [...parts, one.name], label);
      else images.push(imageFile(place, [...parts, one], label));
    }
  };
  const loose = tree.within.filter((one): one is Name => !('within' in one));
  if (tree.folders.length === 0 || (tree.folders.length === 1 && loose.length > 0)) {
    if (tree.folders.length === 1) {
      warnings.push(`${place}: its images and those in ${tree.folders[0]?.name.text} are one class, with label 0.`);
    }
    collect(tree.within, above, 0);
    return { images, ignored, warnings };
  }
  if (loose.length > 0) ignored.unshift(...loose.map(({ text }) => text));
  warnings.push(...warningsOf(tree, loose, place));
  const classes = tree.folders.map(({ name }, label) => ({ name: name.text, label }));
  tree.folders.forEach(({ name, within }, label) => {
    collect(within, [...above, name], label);
  });
  return { images, classes, ignored, warnings };
}

function warningsOf({ folders }: Tree, loose: readonly Name[], place: string): string[] {
  const warnings: string[] = [];
  if (loose.length > 0) {
    const names = loose.map(({ text }) => text);
    warnings.push(
      `${place}: ${names.length === 1 ? '1 image lies' : `${names.length} images lie`} beside the class folders and ` +
        `${names.length === 1 ? 'was' : 'were'} skipped: ${nameFew(names)}; put them in their own folder to include them.`,
    );
  }
  const names = folders.map(({ name }) => name.text);
  if (names.length > 1 && names.every((name) => part.test(name))) {
    warnings.push(
      `${place}: ${nameFew(names)} became classes, but look like splits of a data set; import each one separately.`,
    );
  }
  return warnings;
}

/** Returns the only folder in a folder, if that contains folders with images and no images beside them. */
function wrapped({ folders, within }: Tree): Tree | undefined {
  const [only] = folders;
  return within.length === 1 && only && only.folders.length === only.within.length ? only : undefined;
}

function imageFile(place: string, parts: Name[], label: number): FolderImage {
  const name = parts.map(({ text }) => text).join('/');
  const packed = parts.at(-1)?.packed;
  if (parts.every(({ bytes }) => bytes === undefined)) {
    return packed ? { name, path: `${place}/${name}`, packed, label } : { name, path: path.join(place, name), label };
  }
  const nameBytes = Buffer.concat(
    parts.flatMap(({ text, bytes }, i) => [Buffer.from(i > 0 ? '/' : ''), bytes ?? Buffer.from(text)]),
  );
  const file = Buffer.concat([Buffer.from(`${place}/`), nameBytes]);
  return { name, nameBytes, path: file, ...(packed && { packed }), label };
}

/** Lists the first few of many names, for a sentence. */
export function nameFew(names: readonly string[], most = 3): string {
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  return names.slice(0, most).join(', ') + more;
}
