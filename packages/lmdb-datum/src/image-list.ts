/** Which images to convert, and their labels: from a list file as Caffe reads it, or from a folder of class folders. */
import fs from 'node:fs';
import path from 'node:path';
import { NotReadableError, reasonOf } from './errors';
import { type FilePath, readRegularFile, sayOf } from './regular-file';
import { caffeKey } from './writer';

export interface ImageFile {
  /** As the list has it, or `class/file.jpg`: the part of the key behind the number. */
  name: string;
  /** The name's bytes, if they are no UTF-8. The key has these. */
  nameBytes?: Uint8Array;
  /** Where the file is. */
  path: FilePath;
  label: number;
}

/** The key of image number `i`, as Caffe makes it. */
export function keyOf(i: number, { name, nameBytes }: ImageFile): string | Uint8Array {
  return nameBytes ? Buffer.concat([Buffer.from(caffeKey(i, '')), nameBytes]) : caffeKey(i, name);
}

export interface ImageClass {
  name: string;
  label: number;
}

export interface ImageList {
  images: ImageFile[];
  /** Folder names in label order. Only from a folder: a list has labels without names. */
  classes?: ImageClass[];
  /** Names of files that were passed over because they don't look like images. */
  ignored: string[];
}

/** A text that a string can hold. */
const MOST_LIST_BYTES = 1 << 28;
const IMAGE_FILE = /\.(jpe?g|jpe|png|webp|gif|tiff?|avif|bmp)$/i;

/**
 * Parses a list of images as convert_imageset does: a line is split at its last space, the label is what C's atoi makes of
 * the rest, and a line without a space is a file name (with the label that atoi makes of it, usually 0). Blank lines count in
 * the numbering, so they stay in. Unlike there, a carriage return before the line's end is dropped.
 *
 * @param root Put before each name. A separator is added if it is a folder without one.
 */
export function parseImageList(text: string, root: string): ImageFile[] {
  const lines = text.replace(/^\ufeff/, '').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const prefix = root !== '' && !/[/\\]$/.test(root) && isFolder(root) ? `${root}/` : root;
  return lines.map((ended) => {
    const line = ended.replace(/\r$/, '');
    const space = line.lastIndexOf(' ');
    const name = space < 0 ? line : line.slice(0, space);
    return { name, path: prefix + name, label: atoi(line.slice(space + 1)) };
  });
}

/** C's atoi on a 64-bit system: leading whitespace, a sign, digits; 0 if there are none; cut to 32 bits. */
export function atoi(text: string): number {
  const digits = /^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text)?.[1];
  if (digits === undefined) return 0;
  const limit = 2n ** 63n;
  const value = BigInt(digits.replace('+', ''));
  return Number(BigInt.asIntN(32, value >= limit ? limit - 1n : value < -limit ? -limit : value));
}

/** Reads a list file. */
export function readImageList(file: string, root: string): ImageList {
  const text = readText(file);
  if (text.includes('\0')) {
    throw new NotReadableError(
      `${file}: expected lines of "name label", received a binary file; give a list of images, or the folder they are in.`,
      { path: file },
    );
  }
  return { images: parseImageList(text, root), ignored: [] };
}

function readText(file: string): string {
  try {
    return readRegularFile(file, MOST_LIST_BYTES).toString();
  } catch (cause) {
    throw new NotReadableError(`${file} ${sayOf(cause)}; give a list of images as a file, or the folder they are in.`, {
      path: file,
      cause,
    });
  }
}

/**
 * Lists the images of a folder of class folders: each folder is a class, labels count from 0 in the order of the names' bytes,
 * images are found at any depth. A folder with images but without folders is one class with label 0.
 */
export function listImageFolder(folder: string): ImageList {
  const entries = readFolder(folder);
  const classNames = entries.filter((entry) => entry.isDirectory).map((entry) => entry.name);
  const ignored: string[] = [];
  const images: ImageFile[] = [];
  if (classNames.length === 0) {
    for (const { name } of entries) collect(folder, name, 0, images, ignored);
    return { images, ignored };
  }
  for (const { name, isDirectory } of entries) if (!isDirectory) ignored.push(name);
  classNames.forEach((name, label) => {
    collectFolder(folder, name, label, images, ignored);
  });
  return { images, classes: classNames.map((name, label) => ({ name, label })), ignored };
}

function collectFolder(folder: string, within: string, label: number, images: ImageFile[], ignored: string[]): void {
  for (const { name, isDirectory } of readFolder(path.join(folder, within))) {
    if (isDirectory) collectFolder(folder, `${within}/${name}`, label, images, ignored);
    else collect(folder, `${within}/${name}`, label, images, ignored);
  }
}

function collect(folder: string, name: string, label: number, images: ImageFile[], ignored: string[]): void {
  if (IMAGE_FILE.test(name)) images.push({ name, path: path.join(folder, name), label });
  else ignored.push(name);
}

/** Entries without hidden ones, sorted by the bytes of their names, the same on every system. Links are followed. */
function readFolder(folder: string): { name: string; isDirectory: boolean }[] {
  try {
    return fs
      .readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map((name) => ({ name, isDirectory: isFolder(path.join(folder, name)) }));
  } catch (cause) {
    throw notReadable(folder, 'a folder of images', cause);
  }
}

function isFolder(name: string): boolean {
  try {
    return fs.statSync(name).isDirectory();
  } catch {
    // What can't be looked at is named when it is read as an image.
    return false;
  }
}

function notReadable(where: string, expected: string, cause: unknown): NotReadableError {
  return new NotReadableError(`${where}: expected ${expected}, received ${reasonOf(cause)}; check the path.`, {
    path: where,
    cause,
  });
}
