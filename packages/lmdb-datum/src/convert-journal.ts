/** How far an interrupted import came: a small file beside its database, for going on. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { ConvertPlan } from './convert-options';
import { InvalidOptionError, reasonOf } from './errors';
import type { ImageFile } from './image-list';
import { caffeKey } from './writer';

/** An image that isn't in the database, and why. */
export interface SkippedImage {
  name: string;
  reason: string;
}

/** How far an import came. */
interface Progress {
  /** Images handled, skipped ones included. All of the database's records are of these, and perhaps of some more. */
  done: number;
  skipped: SkippedImage[];
  /** Sizes of the images as `CxHxW`: two of them, if there are more. */
  sizes: Set<string>;
}

interface Journal extends Omit<Progress, 'sizes'> {
  /** Hash of the images and the options: another import must not go on here. */
  work: string;
  sizes: string[];
}

const FILE = 'convert-imageset.json';

export class ConvertJournal {
  private readonly file: string;
  private readonly work: string;

  constructor(folder: string, images: ImageFile[], plan: ConvertPlan) {
    this.file = path.join(folder, FILE);
    const hash = createHash('sha256').update(JSON.stringify(plan));
    for (const { name, label } of images) hash.update(`${name} ${label}\n`);
    this.work = hash.digest('hex');
  }

  /** True if an import was stopped there that can go on. */
  static isIn(folder: string): boolean {
    return fs.existsSync(path.join(folder, FILE));
  }

  /** Written after each commit, under a temporary name first. */
  save({ done, skipped, sizes }: Progress): void {
    const journal: Journal = { work: this.work, done, skipped, sizes: [...sizes] };
    fs.writeFileSync(`${this.file}.tmp`, JSON.stringify(journal));
    fs.renameSync(`${this.file}.tmp`, this.file);
  }

  /** @throws InvalidOptionError if the folder is of another import. */
  load(): Progress {
    let journal: Journal;
    try {
      journal = JSON.parse(fs.readFileSync(this.file, 'utf8'));
    } catch (cause) {
      throw this.refuse(`none that can be read (${reasonOf(cause)})`, cause);
    }
    if (journal.work !== this.work || !journal.sizes) throw this.refuse('one of other images, options or version');
    return { done: journal.done, skipped: journal.skipped, sizes: new Set(journal.sizes) };
  }

  remove(): void {
    fs.rmSync(this.file, { force: true });
  }

  private refuse(received: string, cause?: unknown): InvalidOptionError {
    const folder = path.dirname(this.file);
    return new InvalidOptionError(
      `resume: expected ${folder} to hold the journal of this import, received ${received}; remove that folder to begin anew.`,
      { path: folder, cause },
    );
  }
}

/** Numbers of the images from `done` on whose records were committed after the journal was last written. */
export async function committedSince(folder: string, images: ImageFile[], done: number): Promise<Set<number>> {
  const committed = new Set<number>();
  const { openDatumLmdb } = await import('./reader');
  const reader = openDatumLmdb(folder);
  try {
    const lastNumber = Number(reader.lastKey?.slice(0, 8) ?? -1);
    for (let i = done; i <= lastNumber && i < images.length; i++) {
      if (reader.getBytes(caffeKey(i, images[i]!.name))) committed.add(i);
    }
  } finally {
    reader.close();
  }
  return committed;
}
