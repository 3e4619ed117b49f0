/** What archives of all kinds are read as: the files in them, in their order. */
import { NotReadableError } from '../errors';
import type { PackedFile } from '../files/packed-file';

/** A file in an archive. */
export interface ArchiveEntry {
  /** Its path in the archive, with slashes, without a leading "./". */
  readonly name: string;
  /** The same, if it is no UTF-8. */
  readonly nameBytes?: Uint8Array;
  /** Where it is; absent where it cannot be read, such as a link to nothing. */
  readonly packed?: PackedFile;
}

/** What is known of an archive beside its files. */
export interface ArchiveFacts {
  readonly entries: ArchiveEntry[];
  /** True if it was made from within a folder, which leaves its names as they are. */
  readonly isOfFolder?: boolean;
  readonly warnings: string[];
}

/** What reads an archive. */
export interface ArchiveInput {
  /** For errors. */
  readonly place: string;
  readonly fd: number;
  readonly fileBytes: number;
  readonly signal?: AbortSignal;
}

/** Makes the error of an archive that cannot be read. */
export function unusable(place: string, what: string, todo: string, cause?: unknown): NotReadableError {
  return new NotReadableError({ state: `${place} ${what}`, todo }, { path: place, cause });
}

/** Makes the error of an archive that is damaged. */
export function damaged(place: string, what: string, cause?: unknown): NotReadableError {
  return unusable(place, what, 'download or create the archive again', cause);
}

/** Returns a name with slashes alone between folders. @throws NotReadableError for one that leads out of its archive. */
export function plainName(name: string, place: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const leadsOut = parts.includes('..') || name.startsWith('/') || /^[a-z]:[/\\]/i.test(name);
  if (!leadsOut) return parts.join('/');
  const what = `contains the name ${JSON.stringify(name.slice(0, 200))}, which points outside the archive`;
  throw unusable(place, what, 'create the archive again from within its folder');
}

const breathMs = 20;

/** Lets signals in while entries are listed. */
export class Breath {
  #last = performance.now();
  readonly #signal?: AbortSignal;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** True if it is time to await `pause`. */
  get isDue(): boolean {
    return performance.now() - this.#last > breathMs;
  }

  async pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#last = performance.now();
    this.#signal?.throwIfAborted();
  }
}
