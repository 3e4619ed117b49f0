/** Finds the images in anything that contains them: folders, archives, files, patterns, or several of these. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NotReadableError } from '../errors';
import { archiveHeadBytes, describeOther, hasArchiveExtension, isTar, kindOfArchive } from '../files/archive-kind';
import { listImageFolder } from '../files/image-folder';
import type { FolderList } from '../files/image-tree';
import { readAt } from '../files/packed-file';
import { commonFolder, folderOfPattern } from '../files/patterns';
import { openRegularFile, sayOf } from '../files/regular-file';
import { describeUnreadImage } from '../files/unread-images';
import { hasImageExtension, kindOfImage } from '../kind/kind';
import { listArchiveTree, listFiles } from './archive-tree';
import { type ArchiveInput, unusable } from './entry';
import { expandInput } from './expand-input';
import { mergeLists } from './merge-lists';
import { listParquet } from './parquet';
import { gunzip, Spool } from './spool';
import { listTar } from './tar';
import { listWebDataset } from './web-dataset';
import { listZip } from './zip';

/** The images of a source, and the files that are open for them. */
export interface ImageSource extends FolderList {
  /** Closes archives; their images can no longer be read then. */
  close(): void;
}

/** How sources are read. */
export interface SourceOptions {
  /**
   * Folder for what must be unpacked to be read: tar.gz and Parquet. It must have space for all of their images. Default: the system's
   * temporary folder.
   */
  readonly unpackIn?: string;
  readonly signal?: AbortSignal;
}

/**
 * Lists the images of folders, archives (tar, tars in a tar, WebDataset shards, tar.gz, zip, Parquet), patterns of such names and
 * individual images. Several sources with class folders are merged class by class; each of the others is a class of its own, named after
 * its file or folder. Labels in archives are kept.
 *
 * @throws NotReadableError if there are no images, or an archive is damaged
 */
export async function openImageSource(inputs: readonly string[], options: SourceOptions = {}): Promise<ImageSource> {
  const open: number[] = [];
  const close = () => {
    for (const fd of open.splice(0)) fs.closeSync(fd);
  };
  try {
    const places = inputs.flatMap(expandInput);
    // If there are many, their names are enough: files that are not images are skipped when they are decoded.
    const files = places.filter((place) => (places.length > 1 && hasImageExtension(place)) || isImageFile(place));
    const isFile = new Set(files);
    const lists: { place: string; list: FolderList; hasLabels?: boolean }[] = [];
    if (files.length > 0) lists.push({ place: path.dirname(files[0]), list: listImageFiles(files, inputs) });
    for (const place of places) {
      if (isFile.has(place)) continue;
      lists.push({ place, ...(await listPlace(place, options, open)) });
    }
    const [only] = lists;
    return { ...(only && lists.length === 1 ? only.list : mergeLists(lists)), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** By its first bytes, which determine how it is decoded. */
function isImageFile(place: string): boolean {
  if (isFolder(place)) return false;
  const head = headOf(place);
  return kindOfImage(head) !== undefined && describeUnreadImage(head, place) === undefined;
}

function isFolder(place: string): boolean {
  return fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function headOf(place: string): Buffer {
  const head = Buffer.alloc(archiveHeadBytes);
  const fd = openFile(place);
  try {
    return head.subarray(0, fs.readSync(fd, head, 0, head.length, 0));
  } finally {
    fs.closeSync(fd);
  }
}

function openFile(place: string): number {
  try {
    return openRegularFile(place);
  } catch (cause) {
    throw new NotReadableError({ state: `${place} ${sayOf(cause)}`, todo: 'check the path' }, { path: place, cause });
  }
}

/** Individually named images are treated like those of a folder: the one that a pattern begins with, or that they have in common. */
function listImageFiles(files: readonly string[], inputs: readonly string[]): FolderList {
  const folder = (inputs.length === 1 && folderOfPattern(inputs[0])) || commonFolder(files);
  if (folder === undefined) {
    const state = `${files[0]} and other images lie on several drives`;
    throw new NotReadableError({ state, todo: 'name their folders, each of which is a class' });
  }
  const names = files.map((file) => path.relative(folder, file).split(path.sep).join('/'));
  return listFiles(names, folder);
}

type Listed = { list: FolderList; hasLabels?: boolean };

async function listPlace(
  place: string,
  { unpackIn = os.tmpdir(), signal }: SourceOptions,
  open: number[],
): Promise<Listed> {
  if (isFolder(place)) return { list: listFolder(place) };
  const fd = openFile(place);
  open.push(fd);
  return listArchive({ place, fd, fileBytes: fs.fstatSync(fd).size, signal }, () => {
    const spool = new Spool(unpackIn, place);
    open.push(spool.fd);
    return spool;
  });
}

/** @throws NotReadableError for a folder of archives, which may belong to several data sets */
function listFolder(folder: string): FolderList {
  const list = listImageFolder(folder);
  if (list.images.length > 0) return list;
  const archive = list.ignored.find(hasArchiveExtension);
  if (archive === undefined) return list;
  const pattern = path.join(folder, path.dirname(archive), `*${path.extname(archive)}`);
  const todo = `name the ones to read, or all of them with a pattern: '${pattern}'`;
  throw unusable(folder, `contains no images, only archives, such as ${archive}`, todo);
}

async function listArchive(input: ArchiveInput, newSpool: () => Spool): Promise<Listed> {
  const { place, fd } = input;
  const kind = kindOfArchive(headOf(place));
  if (kind === 'parquet') return { list: await listParquet(input, newSpool()), hasLabels: true };
  if (kind === 'zip') return { list: listArchiveTree(await listZip(input), place) };
  if (kind === 'tar') return listTarred(input);
  if (kind === 'gzip') {
    const spool = newSpool();
    await gunzip(input, spool);
    const head = readAt(spool.fd, 0, Buffer.alloc(Math.min(archiveHeadBytes, spool.bytes)));
    if (!isTar(head))
      throw unusable(place, 'is a gzip file of something other than a tar', 'unpack it, and pass its images');
    return listTarred({ ...input, fd: spool.fd, fileBytes: spool.bytes });
  }
  const head = headOf(place);
  // An empty tar consists of zeros.
  if (fd >= 0 && head.length > 0 && head.every((byte) => byte === 0)) {
    throw unusable(place, 'is empty, or contains only zeros', 'check how it was created');
  }
  const { what, todo } = describeOther(head, place);
  throw unusable(place, `is ${what}`, todo);
}

async function listTarred(input: ArchiveInput): Promise<Listed> {
  const facts = await listTar(input);
  const shard = listWebDataset(facts, input.place);
  return shard ? { list: shard, hasLabels: true } : { list: listArchiveTree(facts, input.place) };
}
