/** An image to import: where its file is, and what it is called and labeled in the database. */
export { nameFew } from '@ae/images/files';

import type { PackedFile } from '@ae/images/files';
import type { FilePath } from '../files/regular-file';
import { caffeKey } from '../write/writer';

export interface ImageFile {
  /** As the list has it, or `class/file.jpg`: the part of the key after the number. */
  name: string;
  /** The name's bytes, if they are no UTF-8. The key has these. */
  nameBytes?: Uint8Array;
  /** Where the file is; for people alone, where it is packed. */
  path: FilePath;
  /** Where it is in an archive. */
  packed?: PackedFile;
  label: number;
  /** Its line in the list, counted from 1. */
  line?: number;
  /** What is odd about that line, in case there is no such file. */
  hint?: string;
}

/** A class of images: its name and its label. */
export interface ImageClass {
  name: string;
  label: number;
}

/** A label that isn't a whole number that fits, and what it counts as. */
export interface OddLabel {
  /** Counted from 1. */
  line: number;
  text: string;
  label: number;
}

export interface ImageList {
  images: ImageFile[];
  /** In label order: from class folders, or from labels that are names. */
  classes?: ImageClass[];
  /** Names of files and folders that were ignored because they contain no images. */
  ignored: string[];
  /** What may not be meant as it was taken, in sentences. */
  warnings: string[];
  /** How many labels are odd, and the first of them. */
  oddLabels?: { count: number; examples: OddLabel[] };
}

/** The key of image number `i`, as Caffe makes it. */
export function keyOf(i: number, { name, nameBytes }: ImageFile): string | Uint8Array {
  return nameBytes ? Buffer.concat([Buffer.from(caffeKey(i, '')), nameBytes]) : caffeKey(i, name);
}
