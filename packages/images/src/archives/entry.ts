/** The common form of all kinds of archives: their files, in order. */
import { NotReadableError } from '../errors';
import type { PackedFile } from '../files/packed-file';

/** A file in an archive. */
export interface ArchiveEntry {
  /** Its path in the archive, with slashes, without a leading "./". */
  readonly name: string;
  /** The same as bytes, if it is not UTF-8. */
  readonly nameBytes?: Uint8Array;
  /** Where its contents are; absent if they cannot be read, such as those of a dangling link. */
  readonly packed?: PackedFile;
}

/** What is known about an archive besides its files. */
export interface ArchiveFacts {
  readonly entries: ArchiveEntry[];
  /** True if it was made from within a folder, which is then part of no name. */
  readonly isOfFolder?: boolean;
  readonly warnings: string[];
}

/** Options for reading an archive. */
export interface ArchiveInput {
  /** For errors. */
  readonly place: string;
  readonly fd: number;
  readonly fileBytes: number;
  readonly signal?: AbortSignal;
}

/** Makes the error for an archive that cannot be read. */
export function unusable(place: string, what: string, todo: string, cause?: unknown): NotReadableError {
  return new NotReadableError({ state: `${place} ${what}`, todo }, { path: place, cause });
}

/** Makes the error for a damaged archive. */
export function damaged(place: string, what: string, cause?: unknown): NotReadableError {
  return unusable(place, what, 'download or create the archive again', cause);
}

/** Returns a name with slashes as the only separators. @throws NotReadableError for one that points outside its archive. */
export function plainName(name: string, place: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const leadsOut = parts.includes('..') || name.startsWith('/') || /^[a-z]:[/\\]/i.test(name);
  if (!leadsOut) return parts.join('/');
  const what = `contains the name ${JSON.stringify(name.slice(0, 200))}, which points outside the archive`;
  throw unusable(place, what, 'create the archive again from within its folder');
}

const breathMs = 20;

/** Lets signals run while entries are listed. */
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
