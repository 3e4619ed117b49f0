/** An image to import: its file, and its name and label in the database. */
export { nameFew } from '@ae/images/files';

import type { PackedFile } from '@ae/images/files';
import type { FilePath } from '../files/regular-file';
import { caffeKey } from '../write/writer';

export interface ImageFile {
  /** As in the list, or `class/file.jpg`: the part of the key after the number. */
  name: string;
  /** The bytes of the name, if they are not UTF-8. The key contains these. */
  nameBytes?: Uint8Array;
  /** Where the file is; only for display if it is in an archive. */
  path: FilePath;
  /** Where it is in an archive. */
  packed?: PackedFile;
  label: number;
  /** Its line in the list, counted from 1. */
  line?: number;
  /** What is unusual about that line, in case the file does not exist. */
  hint?: string;
}

/** A class of images: its name and its label. */
export interface ImageClass {
  name: string;
  label: number;
}

/** A label that is not a whole number or does not fit, and the number that it is read as. */
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
  /** Warnings about input that may not have been interpreted as intended, as sentences. */
  warnings: string[];
  /** Number of unusual labels, and the first of them. */
  oddLabels?: { count: number; examples: OddLabel[] };
}

/** Returns the key of image number `i`, in Caffe's form. */
export function keyOf(i: number, { name, nameBytes }: ImageFile): string | Uint8Array {
  return nameBytes ? Buffer.concat([Buffer.from(caffeKey(i, '')), nameBytes]) : caffeKey(i, name);
}
