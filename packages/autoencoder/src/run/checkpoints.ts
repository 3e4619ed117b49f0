import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { AutoencoderError } from '../errors';
import { temporarySuffix, writeTextAtomically } from './atomic-file';
import { type Checkpoint, readCheckpointFile, type Snapshot, writeCheckpointFile } from './checkpoint-file';

/** A checkpoint in the index. */
export interface CheckpointEntry {
  /** Its name in the folder. */
  readonly file: string;
  readonly step: number;
  /** Finished epochs. */
  readonly epochs: number;
  /** The error that "best" goes by; null for a checkpoint within an epoch. */
  readonly error: number | null;
  /** Of the whole file. */
  readonly crc32: number;
}

interface Index {
  readonly version: 2;
  readonly last: string | null;
  readonly best: string | null;
  /** Oldest first. */
  readonly checkpoints: readonly CheckpointEntry[];
}

const indexFile = 'index.json';
const emptyIndex: Index = { version: 2, last: null, best: null, checkpoints: [] };

/**
 * The checkpoints of a run: the last few and the best one, and an index that says which is which. A checkpoint counts
 * from the moment its index is renamed into place, so a process that is killed while saving leaves the one before.
 */
export class Checkpoints {
  private constructor(
    private readonly folder: string,
    private readonly keep: number,
    private index: Index,
  ) {}

  /** Opens the folder, making it where needed; removes what a killed process left half written. Throws CHECKPOINT_INVALID. */
  static async open(folder: string, keep: number): Promise<Checkpoints> {
    await mkdir(folder, { recursive: true });
    const checkpoints = new Checkpoints(folder, keep, await readIndex(path.join(folder, indexFile)));
    await checkpoints.removeOthers();
    return checkpoints;
  }

  /** The newest checkpoint. */
  get last(): CheckpointEntry | undefined {
    return this.index.checkpoints.at(-1);
  }

  /** The checkpoint at the end of the epoch with the lowest error. */
  get best(): CheckpointEntry | undefined {
    return this.index.checkpoints.find(({ file }) => file === this.index.best);
  }

  /** Oldest first. */
  get entries(): readonly CheckpointEntry[] {
    return this.index.checkpoints;
  }

  pathOf({ file }: CheckpointEntry): string {
    return path.join(this.folder, file);
  }

  /** Saves a checkpoint and removes those that are kept no longer. Throws CHECKPOINT_FAILED; those before then stay. */
  async save(about: Pick<CheckpointEntry, 'step' | 'epochs' | 'error'>, snapshot: Snapshot): Promise<CheckpointEntry> {
    const file = `step-${String(about.step).padStart(9, '0')}-epoch-${String(about.epochs).padStart(4, '0')}.safetensors`;
    try {
      const crc32 = await writeCheckpointFile(path.join(this.folder, file), snapshot);
      const entry = { file, ...about, crc32 };
      const index = withEntry(this.index, entry, this.keep);
      await this.writeIndex(index);
      this.index = index;
      await this.removeOthers();
      return entry;
    } catch (cause) {
      throw this.failure(cause, file);
    }
  }

  private failure(cause: unknown, file: string): unknown {
    const { code } = cause as NodeJS.ErrnoException;
    if (cause instanceof AutoencoderError || code === undefined) return cause;
    const why = code === 'ENOSPC' ? 'the disk is full' : (cause as Error).message;
    const stays = this.last ? `; ${this.last.file} stays` : '';
    return new AutoencoderError(
      'CHECKPOINT_FAILED',
      `${path.join(this.folder, file)}: expected to save a checkpoint, which failed: ${why}${stays}.`,
      { cause },
    );
  }

  /** Reads a checkpoint; throws CHECKPOINT_INVALID. */
  load(entry: CheckpointEntry): Promise<Checkpoint> {
    return readCheckpointFile(this.pathOf(entry), entry.crc32);
  }

  /** Forgets a checkpoint that can't be read, so that training goes on from the one before. */
  async drop(entry: CheckpointEntry): Promise<void> {
    const checkpoints = this.index.checkpoints.filter((other) => other !== entry);
    const scored = checkpoints.filter(({ error }) => error !== null);
    const best = scored.reduce<CheckpointEntry | undefined>((a, b) => (a && a.error! <= b.error! ? a : b), undefined);
    this.index = { version: 2, last: checkpoints.at(-1)?.file ?? null, best: best?.file ?? null, checkpoints };
    await this.writeIndex(this.index);
    await this.removeOthers();
  }

  private writeIndex(index: Index): Promise<void> {
    return writeTextAtomically(path.join(this.folder, indexFile), `${JSON.stringify(index, null, 2)}\n`);
  }

  private async removeOthers(): Promise<void> {
    const known = new Set(this.index.checkpoints.map(({ file }) => file));
    for (const name of await readdir(this.folder)) {
      const ours = name.endsWith(temporarySuffix) || name.endsWith('.safetensors');
      if (ours && !known.has(name)) await rm(path.join(this.folder, name), { force: true });
    }
  }
}

/** Returns the index with a new last checkpoint; the oldest are left out, but never the best. */
function withEntry(index: Index, entry: CheckpointEntry, keep: number): Index {
  const others = index.checkpoints.filter(({ file }) => file !== entry.file);
  const formerBest = others.find(({ file }) => file === index.best);
  const isBest = entry.error !== null && (formerBest === undefined || entry.error < (formerBest.error as number));
  const best = isBest ? entry : formerBest;
  const recent = [...others, entry].slice(-keep);
  const checkpoints = best && !recent.includes(best) ? [best, ...recent] : recent;
  return { version: 2, last: entry.file, best: best?.file ?? null, checkpoints };
}

async function readIndex(file: string): Promise<Index> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return emptyIndex;
    throw error;
  }
  try {
    const index = JSON.parse(text) as Index;
    if (index.version === 2 && Array.isArray(index.checkpoints)) return index;
  } catch {
    // Reported below, like any other content that is no index.
  }
  throw new AutoencoderError(
    'CHECKPOINT_INVALID',
    `${file}: expected the index of checkpoints that training wrote, received something else; restore it or start a new run.`,
  );
}
