/** Images and labels from a list file, as Caffe reads it. */
import { isUtf8 } from 'node:buffer';
import fs from 'node:fs';
import { archiveHeadBytes, describeKnown, describeUnreadImage, withRegularFile } from '@ae/images/files';
import { describe, NotReadableError } from '../errors/errors';
import { readRegularFile, sayOf } from '../files/regular-file';
import type { ImageClass, ImageFile, ImageList, OddLabel } from './image-file';
import { hintOf } from './list-hints';

/** Maximum size of a text that fits in a string. */
const mostListBytes = 1 << 28;
const mostExamples = 10;
const wholeNumber = /^[ \t\v\f]*[+-]?\d+$/;

/** Converts the text of a label to its number. */
type Labeler = (text: string, line: number) => number;

/**
 * Parses a list of images as convert_imageset does: a line is split at its last space, the label is what C's atoi makes of the rest, and a
 * line without a space is a file name (with the label that atoi makes of it, usually 0). Blank lines count in the numbering, so they are
 * kept. Unlike in convert_imageset, a carriage return before the end of a line is dropped.
 *
 * @param root Prefix of each name. A separator is added if it is a folder without one.
 * @param labelOf Default: atoi.
 */
export function parseImageList(text: string, root: string, labelOf: Labeler = atoi): ImageFile[] {
  const lines = linesOf(text.replace(/^\ufeff/, ''));
  const prefix = root !== '' && !/[/\\]$/.test(root) && isFolder(root) ? `${root}/` : root;
  return lines.map((line, i) => {
    const [name, label] = splitLine(line);
    const hint = hintOf(line, i + 1, prefix);
    const image: ImageFile = {
      name,
      path: prefix + name,
      label: line === '' ? 0 : labelOf(label, i + 1),
      line: i + 1,
    };
    return hint ? { ...image, hint } : image;
  });
}

function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function splitLine(line: string): [name: string, label: string] {
  const space = line.lastIndexOf(' ');
  return [space < 0 ? line : line.slice(0, space), line.slice(space + 1)];
}

/** C's atoi on a 64-bit system: leading whitespace, a sign, digits; 0 if there are none; truncated to 32 bits. */
export function atoi(text: string): number {
  const digits = /^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text)?.[1];
  if (digits === undefined) return 0;
  const limit = 2n ** 63n;
  const value = BigInt(digits.replace('+', ''));
  return Number(BigInt.asIntN(32, value >= limit ? limit - 1n : value < -limit ? -limit : value));
}

/**
 * Reads a list file.
 *
 * @param labels 'numbers' as in Caffe; 'names' of classes, which are numbered in byte order; or the file of an earlier import that lists
 * them in order, one per line.
 * @throws NotReadableError
 */
export function readImageList(file: string, root: string, labels = 'numbers'): ImageList {
  const bytes = readList(file);
  // Bytes that are not UTF-8 pass through unchanged, one per character.
  const isText = isUtf8(bytes);
  const text = bytes.toString(isText ? 'utf8' : 'latin1');
  if (labels !== 'numbers') return withClasses(file, text, root, labels, isText);
  const odd = new OddLabels();
  const images = parseImageList(text, root, odd.labelOf);
  const { count, examples } = odd;
  const list: ImageList = { images: isText ? images : images.map(asBytes), ignored: [], warnings: [] };
  if (count === 0) return list;
  return { ...list, oddLabels: { count, examples }, warnings: [odd.sentence(file, images.length)] };
}

function readList(file: string): Buffer {
  let bytes: Buffer;
  try {
    // First, because archives may be too large to be lists.
    assertUnknown(file, withRegularFile(file, readHead));
    bytes = readRegularFile(file, mostListBytes);
  } catch (cause) {
    if (cause instanceof NotReadableError) throw cause;
    throw unusable(file, `${sayOf(cause)}; pass a file with a list of images, or the folder they are in`, cause);
  }
  const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isWide || (bytes.length > 3 && bytes[1] === 0 && bytes[3] === 0)) {
    throw unusable(file, 'is UTF-16 text; save it as UTF-8');
  }
  if (bytes.includes(0)) {
    throw unusable(
      file,
      'is a binary file; pass a list of images, one "name label" per line, or the folder they are in',
    );
  }
  if (bytes.includes('\r') && !bytes.includes('\n')) {
    throw unusable(file, 'separates its lines with carriage returns only; save it with line feeds');
  }
  return bytes;
}

function readHead(fd: number): Buffer {
  const head = Buffer.alloc(archiveHeadBytes);
  return head.subarray(0, fs.readSync(fd, head, 0, head.length, 0));
}

/** @throws NotReadableError for a file that is known to be something else, such as an unsupported archive */
function assertUnknown(file: string, head: Buffer): void {
  const other = head.includes(0) ? describeKnown(head, file) : describeUnreadImage(head, file);
  if (other) throw unusable(file, `is ${other.what}; ${other.todo}`);
}

function unusable(file: string, what: string, cause?: unknown): NotReadableError {
  return new NotReadableError(`${file} ${what}.`, { path: file, cause });
}

/** A name that is not UTF-8 is stored as bytes, with a text for display. */
function asBytes(image: ImageFile): ImageFile {
  const nameBytes = Buffer.from(image.name, 'latin1');
  const root = (image.path as string).slice(0, (image.path as string).length - image.name.length);
  const name = nameBytes.toString();
  if (isUtf8(nameBytes)) return { ...image, name, path: root + name };
  return { ...image, name, nameBytes, path: Buffer.concat([Buffer.from(root), nameBytes]) };
}

function withClasses(file: string, text: string, root: string, labels: string, isText: boolean): ImageList {
  const lines = linesOf(text.replace(/^\ufeff/, ''));
  for (const [i, line] of lines.entries()) {
    if (line === '' || (line.includes(' ') && !line.endsWith(' '))) continue;
    throw unusable(file, `has no class name in line ${i + 1}: ${hintOf(line, i + 1, '')}`);
  }
  const names = labels === 'names' ? namesIn(lines) : readClassNames(labels);
  const numbers = new Map(names.map((name, label) => [name, label]));
  const images = parseImageList(text, root, (name, line) => {
    const number = numbers.get(name);
    if (number !== undefined) return number;
    throw unusable(
      file,
      `has the class ${describe(name)} in line ${line}, which ${labels} lacks; add it at that file's end`,
    );
  });
  const classes: ImageClass[] = names.map((name, label) => ({ name, label }));
  return { images: isText ? images : images.map(asBytes), classes, ignored: [], warnings: [] };
}

/** In byte order, so that the order of the lines does not matter. */
function namesIn(lines: readonly string[]): string[] {
  const names = new Set(lines.filter((line) => line !== '').map((line) => splitLine(line)[1]));
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function readClassNames(file: string): string[] {
  try {
    return linesOf(readRegularFile(file, mostListBytes).toString());
  } catch (cause) {
    throw unusable(
      file,
      `${sayOf(cause)}; pass the labels.txt of an import, or 'names' to number the classes anew`,
      cause,
    );
  }
}

/** Counts labels that are not 32-bit whole numbers, with the number that atoi makes of them. */
class OddLabels {
  count = 0;
  readonly examples: OddLabel[] = [];
  #words = 0;

  readonly labelOf = (text: string, line: number): number => {
    const plain = Number(text) | 0;
    // All but unusual ones.
    if (String(plain) === text) return plain;
    const label = atoi(text);
    if (wholeNumber.test(text) && BigInt(text.trim().replace('+', '')) === BigInt(label)) return label;
    this.count++;
    if (/^\p{L}/u.test(text)) this.#words++;
    if (this.examples.length < mostExamples) this.examples.push({ line, text, label });
    return label;
  };

  sentence(file: string, lines: number): string {
    const few = this.examples
      .slice(0, 3)
      .map(({ line, text, label }) => `${describe(text)} in line ${line} as ${label}`);
    const more = this.count > few.length ? ` and ${this.count - few.length} more` : '';
    const what = this.count === 1 ? '1 label is not a whole number' : `${this.count} labels are not whole numbers`;
    const todo =
      this.#words * 2 > lines ? '; if they are class names, set labels to names' : '; use 32-bit whole numbers';
    return `${file}: ${what} that a Datum can hold, and read as Caffe reads them: ${few.join(', ')}${more}${todo}.`;
  }
}

function isFolder(name: string): boolean {
  try {
    return fs.statSync(name).isDirectory();
  } catch {
    // Errors in it are reported for each image.
    return false;
  }
}
