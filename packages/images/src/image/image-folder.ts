/** Many images, read when they are requested. */
import { NotReadableError, refused } from '../errors';
import type { PackedFile } from '../files/packed-file';
import { mostFileBytes } from '../pixels/limits';
import { listPlace, openPlaces, pathText, readBytes, readPackedFile } from '../platform/node';
import type { RawImage } from './raw-image';
import { checkInput, type ImageInput, imageOf, readPlanned } from './read-image';
import { checkReadOptions, type ReadImageOptions, type ReadPlan, readKeys } from './read-options';

/** How `imageFolder` converts files to images. */
export type ImageFolderOptions = ReadImageOptions;

/** Reads one of several images. */
interface Item {
  readonly name: string;
  readonly label?: number;
  readonly read: (plan: ReadPlan) => Promise<RawImage>;
}

const mark = Symbol.for('@ae/images ImageFolder');

/** Images in order, each of which is read when it is requested; created by `imageFolder`. */
export class ImageFolder {
  static {
    Object.defineProperty(ImageFolder.prototype, mark, { value: true });
  }

  /** Names of the images: their paths within the folder. */
  readonly names: readonly string[];
  /** The number of each image's class, if they are in class folders. */
  readonly labels: readonly (number | undefined)[];
  /** Class names by label; empty if there are no classes. */
  readonly classes: readonly string[];
  /** Warnings about input that may not have been interpreted as intended, as sentences. */
  readonly warnings: readonly string[];
  readonly #items: readonly Item[];
  readonly #options: ReadImageOptions;
  readonly #close?: () => void;

  /** @internal */
  constructor(
    items: readonly Item[],
    options: ReadImageOptions,
    details?: {
      readonly classes?: readonly string[];
      readonly warnings?: readonly string[];
      readonly close?: () => void;
    },
  ) {
    if (!Array.isArray(items) || items.length === 0 || !items.every((item) => typeof item?.read === 'function')) {
      throw refused('new ImageFolder', 'images that imageFolder() has listed', items, 'call imageFolder(place)');
    }
    this.#items = items;
    this.#options = options;
    this.names = items.map(({ name }) => name);
    this.labels = items.map(({ label }) => label);
    this.classes = details?.classes ?? [];
    this.warnings = details?.warnings ?? [];
    this.#close = details?.close;
  }

  /** Tells whether a value is an ImageFolder, of any copy of this package. */
  static isImageFolder(value: unknown): value is ImageFolder {
    return typeof value === 'object' && value !== null && mark in value;
  }

  /** The number of images. */
  get length(): number {
    return this.#items.length;
  }

  /**
   * Reads an image, or returns undefined past the end; negative indexes count from the end. `defaults` are used for options that the folder
   * itself does not set.
   *
   * @throws the errors of `readImage`
   */
  async at(index: number, defaults: ReadImageOptions = {}): Promise<RawImage | undefined> {
    if (!Number.isSafeInteger(index)) throw refused('at', 'a whole number, the index of an image', index);
    const item = this.#items.at(index);
    return item?.read(checkReadOptions('at', { ...defaults, ...this.#options }));
  }

  /** Closes the archives that contain its images, which can no longer be read then. A folder has nothing to close. */
  close(): void {
    this.#close?.();
  }

  /** Reads all images, one after the other. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RawImage> {
    const plan = checkReadOptions('imageFolder', this.#options);
    for (const { read } of this.#items) yield await read(plan);
  }
}

/**
 * Lists images without reading them: those of a folder, with the labels of its class folders as in `ae import`; those that match a pattern,
 * such as `photos/**\/*.jpg`; or a list of paths, addresses, Files and Blobs.
 *
 * @throws NotReadableError NOT_READABLE if there are none, InvalidOptionError INVALID_OPTION
 */
export function imageFolder(
  images: string | Iterable<ImageInput> | ArrayLike<ImageInput>,
  options: ImageFolderOptions = {},
): ImageFolder {
  checkReadOptions('imageFolder', options);
  if (typeof images === 'string' && images !== '') return ofPlace(images, options);
  const isList = typeof images === 'object' && images !== null && !ArrayBuffer.isView(images);
  if (!isList || !(Symbol.iterator in images || 'length' in images)) {
    throw refused('imageFolder', 'a folder, a pattern such as "photos/**/*.jpg", or a list of images', images);
  }
  const inputs = Array.from(images);
  if (inputs.length === 0) throw refused('imageFolder', 'at least one image', inputs);
  for (const [i, input] of inputs.entries()) checkInput(`imageFolder, image ${i}`, input);
  return new ImageFolder(inputs.map(itemOf), options);
}

/** How `openImages` converts files to images. */
export interface OpenImagesOptions extends ReadImageOptions {
  /**
   * Folder for what must be unpacked to be read, tar.gz and Parquet; it must have space for their images. Default: the system's temporary
   * folder.
   */
  readonly unpackIn?: string;
}

/**
 * Lists images without reading them, anywhere on a disk: in a folder, an archive (tar, tars in a tar, WebDataset shards, tar.gz, zip,
 * Parquet), by a pattern such as `shards-{000..099}.tar`, or in several of these, with the labels that `ae import` gives them.
 *
 * @throws NotReadableError NOT_READABLE if there are none or an archive is damaged, InvalidOptionError INVALID_OPTION
 */
export async function openImages(
  places: string | readonly string[],
  all: OpenImagesOptions = {},
): Promise<ImageFolder> {
  checkReadOptions('openImages', all, [...readKeys, 'unpackIn']);
  const { unpackIn, ...options } = all;
  const names: readonly unknown[] = Array.isArray(places) ? places : [places];
  const isNames = names.length > 0 && names.every((name) => typeof name === 'string' && name !== '');
  if (!isNames) throw refused('openImages', 'a path, or a list of paths', places);
  const { images, classes, warnings, ignored, close } = await openPlaces(names as string[], { unpackIn });
  if (images.length === 0) {
    close();
    const others = ignored.length > 0 ? `, only ${ignored.slice(0, 3).join(', ')}` : '';
    throw new NotReadableError({ state: `${names.join(', ')} contains no images${others}` });
  }
  const items = images.map(({ name, path, packed, label }) => ({
    name,
    label,
    read: async (plan: ReadPlan) => {
      const most = mostFileBytes({ height: 0, width: 0 }, plan.maxPixels);
      const file = packed ? readPacked(packed, most, pathText(path)) : await readBytes(path, most);
      return imageOf(file, plan, { name, label }, pathText(path));
    },
  }));
  return new ImageFolder(items, options, { classes: classes?.map(({ name }) => name), warnings, close });
}

function readPacked(packed: PackedFile, mostBytes: number, name: string): Uint8Array {
  try {
    return readPackedFile(packed, mostBytes);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const state = code === 'EBADF' ? `${name} can no longer be read: its archive was closed` : `${name} ${message}`;
    throw new NotReadableError({ state }, { cause });
  }
}

function ofPlace(place: string, options: ImageFolderOptions): ImageFolder {
  const { images, classes, warnings } = listPlace(place);
  const items = images.map(({ name, path, label }) => ({
    name,
    label: classes && label,
    read: async (plan: ReadPlan) => {
      const file = await readBytes(path, mostFileBytes({ height: 0, width: 0 }, plan.maxPixels));
      return imageOf(file, plan, { name, label: classes && label }, pathText(path));
    },
  }));
  return new ImageFolder(items, options, { classes: classes?.map(({ name }) => name), warnings });
}

function itemOf(input: ImageInput, i: number): Item {
  const name = typeof input === 'string' || input instanceof URL ? String(input) : (input as { name?: unknown }).name;
  const names = { name: typeof name === 'string' ? name : String(i) };
  return { ...names, read: (plan) => readPlanned(input, plan, names) };
}
