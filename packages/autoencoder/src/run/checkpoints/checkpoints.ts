import { rm } from 'node:fs/promises';
import path from 'node:path';
import { makeFolders } from '@ae/ground/make-folders';
import { rename } from '@ae/ground/rename';
import { AutoencoderError } from '../../errors/errors';
import { temporarySuffix } from '../../files/atomic-file';
import { isMissing } from '../run-file';
import { type Checkpoint, readCheckpointFile, type Snapshot, writeCheckpointFile } from './checkpoint-file';
import {
  type CheckpointEntry,
  type CheckpointIndex,
  emptyIndex,
  isCheckpointName,
  nameOf,
  namesIn,
  readIndex,
  writeIndex,
} from './checkpoint-index';

export type { CheckpointEntry } from './checkpoint-index';

/** Suffix of damaged files, which are never deleted. */
const damagedSuffix = '.damaged';

/**
 * The checkpoints of a run: the last few and the best one, and an index of them. A checkpoint exists from the moment its index is renamed
 * into place, so a process that is killed while saving leaves the previous one. Nothing is removed before another checkpoint has been
 * saved.
 */
export class Checkpoints {
  /** Damaged files that were found. */
  readonly #damaged = new Set<string>();
  readonly #folder: string;
  readonly #keep: number;
  #index: CheckpointIndex;

  private constructor(
    folder: string,
    keep: number,
    index: CheckpointIndex,
    /** Why the index had to be recreated, if it was. */
    readonly problem?: string,
  ) {
    this.#folder = folder;
    this.#keep = keep;
    this.#index = index;
  }

  /** Creates the folder of a new run, with its index from the start, so that a missing index means a lost one. */
  static async begin(folder: string, keep: number): Promise<Checkpoints> {
    makeFolders(folder);
    await writeIndex(folder, emptyIndex);
    return new Checkpoints(folder, keep, emptyIndex);
  }

  /** Opens the folder of a run without changing anything in it. Throws NOT_READABLE. */
  static async open(folder: string, keep: number): Promise<Checkpoints> {
    const { index, problem } = await readIndex(folder);
    return new Checkpoints(folder, keep, index, problem);
  }

  /** The newest checkpoint. */
  get last(): CheckpointEntry | undefined {
    return this.#index.checkpoints.at(-1);
  }

  /** The checkpoint at the end of the epoch with the lowest error. */
  get best(): CheckpointEntry | undefined {
    return this.#index.checkpoints.find(({ file }) => file === this.#index.best);
  }

  /** Oldest first. */
  get entries(): readonly CheckpointEntry[] {
    return this.#index.checkpoints;
  }

  pathOf({ file }: CheckpointEntry): string {
    return path.join(this.#folder, file);
  }

  /**
   * Saves a checkpoint and removes those that are no longer kept; with a `provisional` one, which may still be withdrawn, the previous one
   * is kept as well. Throws CHECKPOINT_FAILED; earlier ones are then kept.
   */
  async save(
    about: Pick<CheckpointEntry, 'step' | 'epochs'>,
    snapshot: Snapshot,
    provisional: boolean,
  ): Promise<CheckpointEntry> {
    const file = nameOf(about);
    try {
      if (this.#damaged.has(file)) await this.#putAside(file);
      const crc32 = await writeCheckpointFile(path.join(this.#folder, file), snapshot);
      const entry = { file, ...about, error: null, crc32 };
      const others = this.entries.filter((other) => other.file !== file);
      await this.#replace([...others, entry], this.#keep + (provisional ? 1 : 0));
      return entry;
    } catch (cause) {
      throw this.#failure(cause, file);
    }
  }

  /** Records how the epoch of a checkpoint ended. Throws CHECKPOINT_FAILED. */
  async confirm(
    { file }: CheckpointEntry,
    error: number,
    end: NonNullable<CheckpointEntry['end']>,
  ): Promise<CheckpointEntry | undefined> {
    try {
      const confirmed = this.entries.map((entry) => (entry.file === file ? { ...entry, error, end } : entry));
      await this.#replace(confirmed, this.#keep);
      return this.entries.find((entry) => entry.file === file);
    } catch (cause) {
      throw this.#failure(cause, file);
    }
  }

  /** Drops a provisional checkpoint, which turned out not to be worth going back to. */
  async withdraw(entry: CheckpointEntry): Promise<void> {
    await this.#replace(this.entries.filter(({ file }) => file !== entry.file));
  }

  /** Leaves out a damaged checkpoint, so that training continues from the one before. Its file is kept, and so is the index for now. */
  leaveOut({ file }: CheckpointEntry): void {
    this.#damaged.add(file);
    this.#index = indexOf(this.entries.filter((other) => other.file !== file));
  }

  async #putAside(file: string): Promise<void> {
    const from = path.join(this.#folder, file);
    await rename(from, `${from}${damagedSuffix}`).catch((error) => {
      if (!isMissing(error)) throw error;
    });
    this.#damaged.delete(file);
  }

  #failure(cause: unknown, file: string): unknown {
    const { code } = cause as NodeJS.ErrnoException;
    if (cause instanceof AutoencoderError || code === undefined) return cause;
    const why = code === 'ENOSPC' ? 'the disk is full' : (cause as Error).message;
    const stays = this.last ? `; ${this.last.file} stays` : '';
    return new AutoencoderError(
      'CHECKPOINT_FAILED',
      `${path.join(this.#folder, file)}: the checkpoint could not be saved: ${why}${stays}.`,
      { cause },
    );
  }

  /** Reads a checkpoint; throws CHECKPOINT_INVALID or NOT_READABLE. */
  load(entry: CheckpointEntry): Promise<Checkpoint> {
    return readCheckpointFile(this.pathOf(entry), entry.crc32);
  }

  /** Writes an index of the last `keep` of these and the best one, then removes the files of the others. */
  async #replace(entries: readonly CheckpointEntry[], keep: number = entries.length): Promise<void> {
    const index = indexOf(entries, keep);
    // The index is about to drop them, and files it does not list are removed.
    for (const name of this.#damaged) await this.#putAside(name);
    await writeIndex(this.#folder, index);
    this.#index = index;
    await this.#removeOthers();
  }

  async #removeOthers(): Promise<void> {
    const known = new Set(this.entries.map(({ file }) => file));
    for (const name of await namesIn(this.#folder)) {
      const ours = isCheckpointName(name) || name.endsWith(temporarySuffix);
      if (ours && !known.has(name)) await rm(path.join(this.#folder, name), { force: true });
    }
  }
}

/** Makes the index of the last `keep` checkpoints, and of the best one, whatever its age. */
function indexOf(entries: readonly CheckpointEntry[], keep: number = entries.length): CheckpointIndex {
  const scored = entries.filter((entry): entry is CheckpointEntry & { error: number } => entry.error !== null);
  const best = scored.reduce<(typeof scored)[number] | undefined>(
    (a, b) => (a && a.error <= b.error ? a : b),
    undefined,
  );
  const recent = entries.slice(-keep);
  const checkpoints = best && !recent.includes(best) ? [best, ...recent] : recent;
  return { version: 2, last: checkpoints.at(-1)?.file ?? null, best: best?.file ?? null, checkpoints };
}
