/** The work of an import: decodes and resizes images in threads, and writes them in the order of the list. */

import { writeClassNames } from '@ae/ground/class-names';
import { ImageError, MixedSizesError } from '../errors/errors';
import { pathText } from '../files/regular-file';
import { keyText } from '../lmdb/scan';
import { DatumWriter, maxKeyBytes } from '../write/writer';
import { type ImageClass, type ImageFile, keyOf, nameFew } from './image-file';
import type { Converted } from './image-to-message';
import { ConvertJournal, committedSince, type Progress, type SkippedImage } from './journal';
import type { ConvertOptions, ConvertPlan } from './options';
import type { ImportedPart } from './shards';
import type { ConvertThreads } from './threads';
import { defaultWorkers } from './threads-ahead';
import { chunkImages, commitRecords } from './transactions';
import type { WorkFolder } from './work-folder';

/** The numbers in keys have eight digits, and more from here on. */
const mostInKeyOrder = 1e8;

/** Decodes several images at a time and writes them in the order of the list. */
export class Conversion {
  records = 0;
  skipped: SkippedImage[] = [];
  done = 0;
  #committed = new Set<number>();
  /** Sizes of the images as `CxHxW`: two of them if there are more. */
  sizes = new Set<string>();
  #lastSize?: string;
  readonly #journal: ConvertJournal;
  #folder = '';

  /** Those to convert; the first one has this index among all. */
  readonly #images: ImageFile[];
  readonly #first: number;
  readonly #isPart: boolean;
  /** The keys ascend in the order of the images: as long as their numbers have the same number of digits. */
  readonly #isInKeyOrder: boolean;
  readonly #plan: ConvertPlan;
  readonly #options: ConvertOptions;
  readonly #startedMs: number;
  /** To be stored with the database. */
  readonly #classes?: ImageClass[];
  #threads?: ConvertThreads;
  /** The images that the threads have been given. */
  #begun = { from: 0, to: 0 };

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
    this.#isInKeyOrder = this.#first + this.#images.length <= mostInKeyOrder;
    this.#plan = plan;
    this.#options = options;
    this.#startedMs = startedMs;
    this.#classes = classes;
    this.#journal = new ConvertJournal(this.#images, plan, options.resume ?? false, this.#first);
  }

  /** Restores the progress from a folder's journal of this import. Returns false if there is nothing to continue. */
  goOnIn(folder: string): boolean {
    const progress = this.#journal.load(folder);
    if (progress) this.#takeOver(progress);
    return progress !== undefined;
  }

  #takeOver(progress: Progress): void {
    ({ done: this.done, skipped: this.skipped, sizes: this.sizes } = progress);
  }

  /** True if a database is complete, and belongs to this import. */
  isFinished(output: string): boolean {
    const progress = this.#journal.loadComplete(output);
    if (!progress) return false;
    this.#takeOver(progress);
    this.records = this.done - this.skipped.length;
    return true;
  }

  /** Whether the work is worth keeping, and was meant to be kept. */
  get keepsWork(): boolean {
    return this.#journal.keepsWork && (this.records > 0 || this.done < this.#images.length);
  }

  get result(): ImportedPart {
    return { records: this.records, sizes: [...this.sizes], skipped: this.skipped };
  }

  /** Starts the threads with the first images: they work while the folder is claimed and the database is opened. */
  async start(): Promise<ConvertThreads> {
    const { ConvertThreads } = await import('./threads');
    this.#threads = new ConvertThreads(this.#options.workers ?? defaultWorkers(), this.#plan);
    this.#begun = { from: this.done, to: this.done };
    this.#beginImages(this.#threads);
    return this.#threads;
  }

  /** Ends the threads, whatever they are doing. */
  async stop(): Promise<void> {
    const threads = this.#threads;
    this.#threads = undefined;
    await threads?.close();
  }

  async run(folder: WorkFolder): Promise<void> {
    this.#folder = folder.path;
    // The work in the folder may continue with other images than the first ones.
    if (this.#begun.from !== this.done) await this.stop();
    const threads = this.#threads ?? (await this.start());
    await this.#convertWith(await this.#openWriter(folder.isNew), threads);
    if (this.records === 0 && !this.#isPart) throw noneRead(sourceOf(this.#options), this.#images.length, this.skipped);
    writeClassNames(
      folder.path,
      this.#classes?.map(({ name }) => name),
    );
  }

  async #convertWith(writer: DatumWriter, threads: ConvertThreads): Promise<void> {
    try {
      await this.#convertAll(writer, threads);
      const kept = this.#keep(writer);
      // Idle threads end while the last records are committed, and nothing waits for them.
      void this.stop();
      await kept;
      await writer.close();
    } catch (error) {
      // What cannot be committed is converted again by the call that continues.
      if (this.#journal.keepsWork) await this.#keep(writer).catch(() => undefined);
      await writer.abort();
      throw error;
    }
  }

  async #openWriter(isNew: boolean): Promise<DatumWriter> {
    const settings = { recordsPerCommit: commitRecords };
    if (isNew) {
      // Before there is a database, so that none is ever found without it.
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
    while (this.done < this.#images.length) {
      this.#beginImages(threads);
      for (const one of await threads.first()) {
        // Awaiting each takes as long as writing it.
        this.#write(writer, one instanceof Promise ? await one : one);
        // Large images end a transaction wherever their chunk ends.
        if (writer.isDueByBytes) await this.#keep(writer, threads);
      }
      threads.drop();
      if (writer.isDue) {
        await this.#keep(writer, threads);
        threads.release();
      } else if (writer.writeAhead(this.#isInKeyOrder)) threads.release();
    }
  }

  #beginImages(threads: ConvertThreads): void {
    const begun = this.#begun;
    for (; threads.hasRoom && begun.to < this.#images.length; begun.to += chunkImages) {
      threads.begin(this.#images.slice(begun.to, begun.to + chunkImages));
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
    } else if (isTooLong(key)) {
      this.skipped.push({
        name,
        reason: `${pathText(image.path)}: its key is longer than ${maxKeyBytes} bytes; shorten its name or its folders.`,
      });
    } else {
      this.#noteSize(converted.size, key);
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

  #noteSize(size: string, key: string | Uint8Array): void {
    if (size === this.#lastSize) return;
    const isAlike = this.sizes.size === 0 || (this.sizes.size === 1 && this.sizes.has(size));
    if (this.#options.checkSize && !isAlike) {
      const other = [...this.sizes].find((one) => one !== size);
      const name = keyText(key);
      throw new MixedSizesError(
        {
          where: `key ${name}`,
          expected: `${other}, like an earlier image`,
          received: size,
          todo: 'resize the images, or turn off the size check',
        },
        { key: name },
      );
    }
    if (this.sizes.size < 2) this.sizes.add(size);
    this.#lastSize = size;
  }
}

/** A character has three bytes at most (those of four are two of JavaScript's), so few keys need to be encoded for this. */
function isTooLong(key: string | Uint8Array): boolean {
  return 3 * key.length > maxKeyBytes && Buffer.byteLength(key) > maxKeyBytes;
}

/** Makes the error if no image could be read. */
export function noneRead(source: string, images: number, skipped: readonly SkippedImage[]): ImageError {
  const reason = skipped[0]?.reason.replace(/\.$/, '');
  const count = images === 1 ? 'its only image cannot' : `none of its ${images} images can`;
  return new ImageError(`${source}: ${count} be read. ${images === 1 ? '' : 'The first: '}${reason}.`, {
    path: source,
  });
}

/** Returns the name of images in a message. */
export function sourceOf({ list, input }: ConvertOptions): string {
  return list ?? (typeof input === 'string' ? input : nameFew(input));
}
