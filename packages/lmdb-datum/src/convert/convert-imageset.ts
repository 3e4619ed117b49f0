/** Makes an LMDB from image files, by the rules of Caffe's convert_imageset. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Random, shuffleInPlace } from '../batches/random';
import { ImageError, MixedSizesError, reasonOf, WriteError } from '../errors';
import { pathText } from '../files/regular-file';
import { keyText } from '../lmdb/scan';
import { DatumWriter, maxKeyBytes } from '../write/writer';
import { type ImageClass, type ImageFile, keyOf, nameFew, type OddLabel } from './image-file';

import { readImageList } from './image-list';
import { type ImageSource, openImages } from './image-source';
import type { Converted } from './image-to-message';
import { ConvertJournal, committedSince, type Progress, type SkippedImage } from './journal';
import { type ConvertOptions, type ConvertPlan, checkConvertOptions } from './options';
import { moveIntoPlace, partialName } from './output-folder';
import { findComplete, type ImportedPart, importPart, noteComplete, placeOf } from './shards';
import type { ConvertThreads } from './threads';
import { chunkImages, commitRecords } from './transactions';
import { claimWorkFolder, labelsName, removeTraces, removeWorkFolder, type WorkFolder } from './work-folder';

export interface ConvertReport {
  /** The folder that was made: with `shard` that of the shard. */
  output: string;
  /** The shard was complete before, and nothing was done. */
  wasComplete?: true;
  records: number;
  /** Of the pixels of all images, before `encoded` stores their files, as `CxHxW`; absent if they have different sizes. */
  size?: string;
  skipped: SkippedImage[];
  /** Files and folders of the folder that were passed over, since there is no image in them, or images lie beside classes. */
  ignored: string[];
  /** Classes in label order, when they come from folders or are named by a list. */
  classes?: ImageClass[];
  /** Where the names of a list's classes are kept, one per line. */
  labelsFile?: string;
  /** Labels of a list that are no whole numbers of 32 bits: how many, and the first of them. */
  oddLabels?: { count: number; examples: OddLabel[] };
  /** What may not be meant as it was taken, in sentences. */
  warnings: string[];
  elapsedMs: number;
}

/**
 * Converts images to a database. Images that can't be read are skipped, leave a gap in the numbering as in Caffe, and are named
 * in the report. Until it is complete the database has the name `output` + '.partial'. That is removed if anything fails, unless
 * `resume` keeps it. The same call goes on from what a process that was killed left there. With `shard` only a part is converted, into a
 * database beside `output`; `mergeShards` makes the whole one of them.
 *
 * @throws InvalidOptionError, OutputExistsError, NotReadableError, MissingDependencyError, WriteError, MixedSizesError, ImageError
 *   if no image decodes, or the signal's reason.
 */
export async function convertImageset(options: ConvertOptions): Promise<ConvertReport> {
  const startedMs = performance.now();
  const plan = checkConvertOptions(options);
  const source = await openSource(options);
  try {
    return await convertSource(source, plan, options, startedMs);
  } finally {
    source.close();
  }
}

async function openSource({ input, list, labels, output, signal }: ConvertOptions): Promise<ImageSource> {
  if (list === undefined) return openImages(input, output, signal);
  return { ...readImageList(list, input as string, labels), close() {} };
}

async function convertSource(
  { images, ignored, classes, oddLabels, warnings }: ImageSource,
  plan: ConvertPlan,
  options: ConvertOptions,
  startedMs: number,
): Promise<ConvertReport> {
  const { output } = options;
  if (images.length === 0) throw noImages(sourceOf(options), ignored);
  if (options.shuffle !== undefined && options.shuffle !== false) shuffleInPlace(images, new Random(options.shuffle));
  const labels = options.labels === undefined || options.labels === 'numbers' ? undefined : classes;
  const part = options.shard && importPart(images, plan, options.shard, options.checkSize, classes);
  const place = placeOf(output, options.shard);
  const reportOf = ({ records, sizes, skipped }: ImportedPart, isThere?: true): ConvertReport => ({
    ...{ output: place, records, ...(sizes.length === 1 && { size: sizes[0] }), skipped, ignored },
    ...(isThere && { wasComplete: isThere }),
    ...(classes && { classes }),
    ...(labels && { labelsFile: path.join(place, labelsName) }),
    ...(oddLabels && { oddLabels }),
    ...{ warnings, elapsedMs: performance.now() - startedMs },
  });
  const complete = part && findComplete<ImportedPart>(place, part.work);
  if (complete) {
    removeTraces(place);
    return reportOf(complete, true);
  }
  const work = new Conversion(images, plan, options, startedMs, labels, part);
  // Killed when all was done but for the last touch.
  if (!work.isFinished(place)) {
    const folder = claimWorkFolder(place, () => work.goOnIn(partialName(place)));
    const note = () => part && noteComplete(folder.path, part.work, { ...work.result, ...(classes && { classes }) });
    await finish(folder, place, work, note);
  }
  removeTraces(place);
  return reportOf(work.result);
}

function noImages(source: string, ignored: readonly string[]): ImageError {
  const found = ignored.length === 0 ? '' : `, but ${nameFew(ignored)}`;
  return new ImageError(
    { state: `${source} holds no images${found}`, todo: 'check the path and the file names' },
    { path: source },
  );
}

/** Does the work in its folder, which then gets the output's name. */
async function finish(folder: WorkFolder, output: string, work: Conversion, note: () => void): Promise<void> {
  try {
    await work.run(folder);
    note();
    moveIntoPlace(folder.path, output);
  } catch (cause) {
    const isKept = work.keepsWork;
    if (!isKept) removeWorkFolder(folder.path);
    throw cause instanceof WriteError ? tellWhatIsKept(cause, isKept ? folder.path : undefined) : cause;
  } finally {
    folder.release();
  }
}

/** Decodes several images at once and writes them in the order of the list. */
class Conversion {
  records = 0;
  skipped: SkippedImage[] = [];
  done = 0;
  #committed = new Set<number>();
  /** Of the images as `CxHxW`: two if there are more than that. */
  sizes = new Set<string>();
  readonly #journal: ConvertJournal;
  #folder = '';

  /** Those to convert, of which the first one has this number among all. */
  readonly #images: ImageFile[];
  readonly #first: number;
  readonly #isPart: boolean;
  readonly #plan: ConvertPlan;
  readonly #options: ConvertOptions;
  readonly #startedMs: number;
  /** To be kept beside the database. */
  readonly #classes?: ImageClass[];

  constructor(
    images: ImageFile[],
    plan: ConvertPlan,
    options: ConvertOptions,
    startedMs: number,
    classes?: ImageClass[],
    part?: { readonly start: number; readonly end: number },
  ) {
    this.#images = part ? images.slice(part.start, part.end) : images;
    this.#first = part?.start ?? 0;
    this.#isPart = part !== undefined;
    this.#plan = plan;
    this.#options = options;
    this.#startedMs = startedMs;
    this.#classes = classes;
    this.#journal = new ConvertJournal(this.#images, plan, options.resume ?? false, this.#first);
  }

  /** Takes over what a folder's journal says of this import. Returns false if there is nothing to go on with. */
  goOnIn(folder: string): boolean {
    const progress = this.#journal.load(folder);
    if (progress) this.#takeOver(progress);
    return progress !== undefined;
  }

  #takeOver(progress: Progress): void {
    ({ done: this.done, skipped: this.skipped, sizes: this.sizes } = progress);
  }

  /** True if a database is complete, and is this import's. */
  isFinished(output: string): boolean {
    const progress = this.#journal.loadComplete(output);
    if (!progress) return false;
    this.#takeOver(progress);
    this.records = this.done - this.skipped.length;
    return true;
  }

  /** Whether the work is worth going on from, and was to be kept. */
  get keepsWork(): boolean {
    return this.#journal.keepsWork && (this.records > 0 || this.done < this.#images.length);
  }

  get result(): ImportedPart {
    return { records: this.records, sizes: [...this.sizes], skipped: this.skipped };
  }

  async run(folder: WorkFolder): Promise<void> {
    this.#folder = folder.path;
    // Workers start while the database is opened.
    const { ConvertThreads } = await import('./threads');
    const threads = new ConvertThreads(this.#options.workers ?? os.availableParallelism() - 1, this.#plan);
    try {
      await this.#convertWith(await this.#openWriter(folder.isNew), threads);
    } finally {
      await threads.close();
    }
    if (this.records === 0 && !this.#isPart) throw noneRead(sourceOf(this.#options), this.#images.length, this.skipped);
    if (!this.#classes) return;
    fs.writeFileSync(path.join(folder.path, labelsName), this.#classes.map(({ name }) => `${name}\n`).join(''));
  }

  async #convertWith(writer: DatumWriter, threads: ConvertThreads): Promise<void> {
    try {
      await this.#convertAll(writer, threads);
      // Workers end while the last records are committed.
      await Promise.all([threads.close(), this.#keep(writer)]);
      await writer.close();
    } catch (error) {
      // What can't be committed is converted again by the call that goes on.
      if (this.#journal.keepsWork) await this.#keep(writer).catch(() => undefined);
      await writer.abort();
      throw error;
    }
  }

  async #openWriter(isNew: boolean): Promise<DatumWriter> {
    const settings = { recordsPerCommit: commitRecords };
    if (isNew) {
      // Before there is a database, so that none is ever found without.
      this.#journal.save(this.#folder, this);
      return DatumWriter.createIn(this.#folder, settings);
    }
    this.#committed = await committedSince(this.#folder, this.#images, this, this.#first);
    this.#journal.save(this.#folder, this);
    const writer = await DatumWriter.open(this.#folder, { ...settings, mode: 'append' });
    this.records = writer.count - this.#committed.size;
    return writer;
  }

  async #convertAll(writer: DatumWriter, threads: ConvertThreads): Promise<void> {
    let next = this.done;
    while (this.done < this.#images.length) {
      for (; threads.hasRoom && next < this.#images.length; next += chunkImages) {
        threads.begin(this.#images.slice(next, next + chunkImages));
      }
      for await (const converted of threads.first()) {
        this.#write(writer, converted);
        // Large images end a transaction whatever their chunk is.
        if (writer.isDueByBytes) await this.#keep(writer, threads);
      }
      threads.drop();
      if (!writer.isDue) continue;
      await this.#keep(writer, threads);
      threads.release();
    }
  }

  #write(writer: DatumWriter, converted: Converted): void {
    this.#options.signal?.throwIfAborted();
    const i = this.#first + this.done;
    const image = this.#images[this.done];
    const { name } = image;
    const key = keyOf(i, image);
    if ('skipped' in converted) {
      this.skipped.push({ name, reason: converted.skipped });
    } else if (Buffer.byteLength(key) > maxKeyBytes) {
      this.skipped.push({
        name,
        reason: `${pathText(image.path)}: its key has more than ${maxKeyBytes} bytes; shorten its name or its folders.`,
      });
    } else {
      this.#noteSize(converted.size, keyText(key));
      if (!this.#committed.has(i)) writer.stage(key, converted.message);
      this.records++;
    }
    this.done++;
    if (this.done % 100 === 0 || this.done === this.#images.length) this.#report();
  }

  async #keep(writer: DatumWriter, threads?: ConvertThreads): Promise<void> {
    const committed = writer.commit();
    await (threads ? threads.until(committed) : committed);
    this.#journal.save(this.#folder, this);
  }

  #report(): void {
    const elapsedMs = performance.now() - this.#startedMs;
    const { done, records } = this;
    this.#options.onProgress?.({
      done,
      total: this.#images.length,
      records,
      skipped: this.skipped.length,
      elapsedMs,
      imagesPerSecond: (done / elapsedMs) * 1000,
    });
  }

  #noteSize(size: string, key: string): void {
    const isAlike = this.sizes.size === 0 || (this.sizes.size === 1 && this.sizes.has(size));
    if (this.#options.checkSize && !isAlike) {
      const other = [...this.sizes].find((one) => one !== size);
      throw new MixedSizesError(
        {
          where: `key ${key}`,
          expected: `${other} like an image before it`,
          received: size,
          todo: 'resize the images, or leave out the check of their sizes',
        },
        { key },
      );
    }
    if (this.sizes.size < 2) this.sizes.add(size);
  }
}

/** Says that no image could be read. */
export function noneRead(source: string, images: number, skipped: readonly SkippedImage[]): ImageError {
  const reason = skipped[0]?.reason.replace(/\.$/, '');
  const count = images === 1 ? 'its only image cannot' : `none of its ${images} images can`;
  return new ImageError(`${source}: ${count} be read. ${images === 1 ? '' : 'The first: '}${reason}.`, {
    path: source,
  });
}

/** What is left of an import that couldn't write. */
function tellWhatIsKept(error: WriteError, partial: string | undefined): WriteError {
  const kept = partial
    ? `${partial} keeps the images that were committed, and to resume goes on from there`
    : 'nothing of this import is kept';
  const message = reasonOf(error).replace(/\.$/, '');
  return new WriteError({ state: message, todo: kept }, { path: error.path, cause: error });
}

function sourceOf({ list, input }: ConvertOptions): string {
  return list ?? (typeof input === 'string' ? input : nameFew(input));
}
