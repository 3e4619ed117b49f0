/** The progress of an import: a small file beside its database, for continuing after it was stopped or killed. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { renameAtOnce } from '@ae/ground/rename-at-once';
import { InvalidOptionError, reasonOf, WriteError } from '../errors/errors';
import { readRegularFile, sayOf } from '../files/regular-file';
import { temporaryName } from '../files/temporary-name';
import { keyText } from '../lmdb/scan';
import { type ImageFile, keyOf } from './image-file';
import type { ConvertPlan } from './options';
import { journalName } from './work-folder';

/** An image that is not in the database, and why. */
export interface SkippedImage {
  name: string;
  reason: string;
}

/** The progress of an import. */
export interface Progress {
  /** Number of images handled, including skipped ones. All records of the database belong to these, and perhaps to a few more. */
  done: number;
  skipped: SkippedImage[];
  /** Sizes of the images as `CxHxW`: two of them if there are more. */
  sizes: Set<string>;
}

interface Journal extends Omit<Progress, 'sizes'> {
  version: typeof journalVersion;
  /** Hashes of the images and the options. */
  images: string;
  options: string;
  /** The work is to be kept when it is stopped, so no other import may remove it. */
  isKept: boolean;
  sizes: string[];
}

const journalVersion = 2;
const mostBytes = 1 << 28;
const mostTextLength = 1 << 16;
const sizePattern = /^\d{1,5}x\d{1,10}x\d{1,10}$/;

/** Identifies an import: another one must not continue it. */
type Identity = Pick<Journal, 'images' | 'options'>;

export class ConvertJournal {
  readonly #list: readonly ImageFile[];
  readonly #given: object;
  #known?: Identity;
  #isKept: boolean;

  /** @param first The index of the list's first image, if it is a part of a longer list. */
  constructor(list: readonly ImageFile[], plan: ConvertPlan, isKept: boolean, first = 0) {
    this.#list = list;
    this.#given = first === 0 ? plan : { ...plan, first };
    this.#isKept = isKept;
  }

  /** Computed when it is needed: threads can start before that. */
  get #identity(): Identity {
    this.#known ??= {
      images: digestOfImages(this.#list),
      options: createHash('sha256').update(JSON.stringify(this.#given)).digest('hex'),
    };
    return this.#known;
  }

  /** True if the work is to be kept when it is stopped: this call asks for it, or the one that it continues did. */
  get keepsWork(): boolean {
    return this.#isKept;
  }

  /** The progress of this import, if its database is complete except for the journal that is still in it. */
  loadComplete(output: string): Progress | undefined {
    try {
      const text = readJournal(output);
      if (text === undefined) return undefined;
      const journal = parseJournal(text, output);
      const { images, options } = this.#identity;
      const isOurs = journal.images === images && journal.options === options;
      return isOurs && journal.done === this.#list.length ? checkProgress(journal, this.#list, output) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Written before the database is created, and after each commit; under a temporary name first. */
  save(folder: string, { done, skipped, sizes }: Progress): void {
    const isKept = this.#isKept;
    const { images, options } = this.#identity;
    const journal: Journal = { version: journalVersion, images, options, isKept, done, skipped, sizes: [...sizes] };
    const file = path.join(folder, journalName);
    const temporary = temporaryName(file);
    try {
      fs.writeFileSync(temporary, JSON.stringify(journal), { flush: isKept });
      renameAtOnce(temporary, file);
    } catch (cause) {
      fs.rmSync(temporary, { force: true });
      throw new WriteError(
        { state: `${file} cannot be written (${reasonOf(cause)})`, todo: 'free some space, and check its permissions' },
        { path: file, cause },
      );
    }
  }

  /**
   * Returns the progress of this import in a folder.
   *
   * @returns undefined if there is nothing to continue: no journal, or that of another import whose work was not to be kept.
   * @throws InvalidOptionError if there is something that must not be lost.
   */
  load(folder: string): Progress | undefined {
    const text = readJournal(folder);
    if (text === undefined) return undefined;
    const journal = parseJournal(text, folder);
    if (journal.done === 0) return undefined;
    const { images, options } = this.#identity;
    const other = journal.images !== images ? 'other images' : journal.options !== options && 'other options';
    if (!other) {
      this.#isKept ||= journal.isKept;
      return checkProgress(journal, this.#list, folder);
    }
    if (!journal.isKept) return undefined;
    throw keptWork(folder, `an import of ${other} that was stopped`);
  }
}

/** Returns a hash that identifies a list of images: their names, labels and order, and the names of their classes. */
export function digestOfImages(list: readonly ImageFile[], classes: readonly string[] = []): string {
  const hash = createHash('sha256');
  // A few long texts: each call takes longer than the bytes of a name.
  let text = '';
  for (const { name, nameBytes, label } of list) {
    if (nameBytes) {
      hash.update(text).update(nameBytes);
      text = ` ${label}\n`;
    } else text += `${name} ${label}\n`;
    if (text.length < mostTextLength) continue;
    hash.update(text);
    text = '';
  }
  for (const name of classes) text += `\n${name}`;
  return hash.update(text).digest('hex');
}

/** Throws if a folder keeps the work of an import. */
export function assertNothingKept(folder: string): void {
  const text = readJournal(folder);
  if (text === undefined || !parseJournal(text, folder).isKept) return;
  throw keptWork(folder, 'an import that was stopped');
}

function readJournal(folder: string): string | undefined {
  const file = path.join(folder, journalName);
  try {
    return readRegularFile(file, mostBytes).toString();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw refuse(folder, `contains the journal of an import, ${journalName}, which ${sayOf(cause)}`, cause);
  }
}

/** Checks each field: a damaged journal must not make an import lose images. */
function parseJournal(text: string, folder: string): Journal {
  let journal: Partial<Journal> | null;
  try {
    journal = JSON.parse(text);
  } catch (cause) {
    throw damaged(folder, 'is not valid JSON', cause);
  }
  const { version, images, options, isKept, done, skipped, sizes } = journal ?? {};
  if (version !== journalVersion) throw refuse(folder, `was written by another version of this package`);
  if (!isHash(images) || !isHash(options) || typeof isKept !== 'boolean')
    throw damaged(folder, 'does not say what it is about');
  if (!Number.isSafeInteger(done) || (done as number) < 0)
    throw damaged(folder, `has ${JSON.stringify(done)} images done`);
  if (!Array.isArray(skipped) || !skipped.every(isSkipped))
    throw damaged(folder, 'has no valid list of skipped images');
  if (
    !Array.isArray(sizes) ||
    sizes.length > 2 ||
    !sizes.every((size) => typeof size === 'string' && sizePattern.test(size))
  ) {
    throw damaged(folder, 'has no valid list of sizes');
  }
  return journal as Journal;
}

/** Compares a journal with the images that it describes. */
function checkProgress({ done, skipped, sizes }: Journal, list: readonly ImageFile[], folder: string): Progress {
  if (done > list.length) throw damaged(folder, `says that ${done} images of ${list.length} are done`);
  let next = 0;
  for (const { name } of skipped) {
    while (next < done && list[next]?.name !== name) next++;
    if (next++ >= done)
      throw damaged(folder, `has skipped ${JSON.stringify(name)}, which is not among the images done`);
  }
  return { done, skipped, sizes: new Set(sizes) };
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isSkipped(value: unknown): boolean {
  const { name, reason } = (value ?? {}) as Partial<SkippedImage>;
  return typeof name === 'string' && typeof reason === 'string';
}

function damaged(folder: string, what: string, cause?: unknown): InvalidOptionError {
  return refuse(folder, `cannot be resumed because its journal ${journalName} is damaged: it ${what}`, cause);
}

function refuse(folder: string, what: string, cause?: unknown): InvalidOptionError {
  return new InvalidOptionError(
    { state: `${folder} ${what}`, todo: 'delete the folder to start over' },
    { path: folder, cause },
  );
}

/** Intact work must not be deleted. */
function keptWork(folder: string, whose: string): InvalidOptionError {
  const todo = 'finish that one, or choose another output';
  return new InvalidOptionError({ state: `${folder} contains the work of ${whose}`, todo }, { path: folder });
}

/**
 * Compares the records of a database with the images that a journal calls done.
 *
 * @param first The index of the list's first image.
 * @returns The indexes of images that were committed after the journal was last written.
 * @throws InvalidOptionError if records are missing, or belong to other images.
 */
export async function committedSince(
  folder: string,
  list: readonly ImageFile[],
  { done, skipped }: Progress,
  first = 0,
): Promise<Set<number>> {
  const { openDatumLmdb } = await import('../read/reader');
  const reader = openDatumLmdb(folder);
  const committed = new Set<number>();
  let before = 0;
  try {
    for (const key of reader.keys()) {
      const number = Number(key.split('_', 1)[0]);
      const image = list[number - first];
      if (!image || key !== keyText(keyOf(number, image))) {
        throw refuse(folder, `contains a record that belongs to no image of this import, ${JSON.stringify(key)}`);
      }
      if (number - first < done) before++;
      else committed.add(number);
    }
  } finally {
    reader.close();
  }
  if (before === done - skipped.length) return committed;
  throw damaged(
    folder,
    `has ${done} images done and ${skipped.length} of them skipped, but there are ${before} records of them`,
  );
}
