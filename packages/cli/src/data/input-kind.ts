/** Determines what kind of images an argument names. */
import fs from 'node:fs';
import path from 'node:path';
import { isLmdbHead } from '@ae/ground/lmdb-head';
import { archiveHeadBytes, describeOther, isPattern, kindOfArchive } from '@ae/images/files';
import { describeImage, hasImageExtension, kindOfImage } from '@ae/images/kind';
import { CliError } from '../shell/cli-error';
import { quote } from '../shell/command-line';

/** `lmdb` is read directly; anything else (a folder, an archive, a list or a pattern) is imported first. */
export type InputKind = 'lmdb' | 'images';

/** Tells an LMDB from images in another form. @throws CliError for anything else: a path that does not exist, a run, a text file */
export function kindOfInput(input: string): InputKind {
  if (isPattern(input)) return 'images';
  const stats = fs.statSync(input, { throwIfNoEntry: false });
  if (!stats) throw missing(input);
  if (stats.isDirectory()) return kindOfFolder(input);
  // A device or a pipe is refused by the LMDB's reader.
  return stats.isFile() ? kindOfFile(input) : 'lmdb';
}

function kindOfFolder(folder: string): InputKind {
  const has = (name: string) => fs.lstatSync(path.join(folder, name), { throwIfNoEntry: false }) !== undefined;
  // Its reader has its own message for a LevelDB.
  if (has('data.mdb') || has('CURRENT')) return 'lmdb';
  if (has('config.json') && (has('checkpoints') || has('metrics.csv') || has('model'))) throw runFor(folder, 'a run');
  if (has('model.json')) throw runFor(folder, 'a saved network');
  return 'images';
}

function missing(input: string): CliError {
  return new CliError('NOT_READABLE', sayMissing(input, 'name a folder of images, or an LMDB'));
}

/** Says that something does not exist, and what to do: for an address, to download it. */
export function sayMissing(input: string, todo: string): string {
  if (/^(https?|ftp|file|data|s3|gs):/i.test(input)) {
    return `${input} is an address, but images are read from files; download it, and pass its path.`;
  }
  return `${input || 'An empty name'} does not exist; ${todo}.`;
}

function runFor(folder: string, what: string): CliError {
  return new CliError(
    'NOT_LMDB',
    `${folder} is the folder of ${what}, but images are expected here; the network comes first, as in ae test ${quote(folder)} <images>; ` +
      `ae train continues a run with --resume, or starts from its weights with --from ${quote(folder)}.`,
  );
}

function kindOfFile(file: string): InputKind {
  const head = headOf(file);
  // A damaged archive is recognized by its name.
  if (isLmdbHead(head) || /\.(mdb|lmdb)$/i.test(file)) return 'lmdb';
  if (kindOfImage(head) !== undefined || kindOfArchive(head) !== undefined || isImageList(file, head)) return 'images';
  throw new CliError('NOT_READABLE', whyNot(file, head));
}

/** Says what a file without images is, and what to do about it. */
export function whyNot(file: string, head = headOf(file)): string {
  if (hasImageExtension(file)) return `${file}: expected an image, received ${describeImage(head)}.`;
  const { what, todo } = describeOther(head, file);
  return `${file} is ${what}; ${todo}.`;
}

function headOf(file: string): Buffer {
  const head = Buffer.alloc(archiveHeadBytes);
  const fd = fs.openSync(file, 'r');
  try {
    return head.subarray(0, fs.readSync(fd, head, 0, head.length, 0));
  } finally {
    fs.closeSync(fd);
  }
}

/** Tells whether a text file is a list: its first line names an existing file. */
export function isImageList(file: string, head?: Buffer): boolean {
  if (!head) return !isPattern(file) && fs.statSync(file).isFile() && isImageList(file, headOf(file));
  const [line = ''] = head
    .toString()
    .replace(/^\ufeff/, '')
    .split(/\r?\n/);
  const name = line.slice(0, line.lastIndexOf(' '));
  if (head.includes(0) || name === '') return false;
  return fs.existsSync(path.resolve(path.dirname(file), name));
}

/** Returns the kind of an image or archive file; undefined if it is neither or cannot be read. */
export function kindOfHead(file: string): string | undefined {
  try {
    const head = headOf(file);
    return kindOfImage(head) ?? kindOfArchive(head);
  } catch {
    return undefined;
  }
}
