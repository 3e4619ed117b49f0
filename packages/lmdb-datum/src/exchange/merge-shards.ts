/** Merges shards: the result has the same bytes as that of a single process. */
import { collectShards, type FoundShard } from '@ae/ground/shard-notes';
import type { ImageClass } from '../convert/image-file';
import type { SkippedImage } from '../convert/journal';
import { type DatabasePart, type MergeWork, mergeDatabases } from '../convert/merge-databases';
import { holdsRecordsOf } from '../convert/merged-before';
import { assertFree } from '../convert/output-folder';
import type { ShardWork } from '../convert/shards';
import { assertFunction, assertKeys, assertPath, assertSignal, type Known, refuse } from '../errors/checks';
import { OutputExistsError, ShardError } from '../errors/errors';
import type { Damage } from '../lmdb/salvage';
import type { ConvertedPart } from './convert-shard';

/** What `mergeShards` reads and writes. */
export interface MergeOptions {
  /** The output to create, as named in the commands of the shards. If it exists and is what these shards make, nothing is done. */
  output: string;
  /** Folders of the shards, in any order. Default: those beside `output` with the names of its shards. */
  shards?: readonly string[];
  /** Called after each transaction. */
  onProgress?: (progress: MergeProgress) => void;
  /** Stops between two records; the call then rejects with the signal's reason, and nothing is left behind. */
  signal?: AbortSignal;
}

/** The progress of `mergeShards`. */
export interface MergeProgress {
  /** Records written so far. */
  done: number;
  total: number;
  elapsedMs: number;
}

/** The result of `mergeShards`. */
export interface MergeReport {
  output: string;
  /** The files that conversions wrote, if there are several. */
  outputs?: readonly string[];
  /** The output already was what these shards make, and nothing was done. */
  wasComplete?: true;
  /** Number of shards. They are kept. */
  shards: number;
  records: number;
  /** Size of all images as `CxHxW`, if imports know it; absent if they have different sizes. */
  size?: string;
  /** Images that imports could not read. */
  skipped: SkippedImage[];
  /** Records that resizes skipped. */
  damage: Damage[];
  classes?: ImageClass[];
  /** File with the class names of a list, one per line. */
  labelsFile?: string;
  elapsedMs: number;
}

const knownOptions: Known<MergeOptions> = {
  ...{ output: true, shards: true, onProgress: assertFunction, signal: assertSignal },
};

/**
 * Merges the shards of `convertImageset`, `resizeDatabase` or `convertDatabase` into one output: the same bytes as from a call without
 * `shard`. Reads them one after the other, with one transaction in memory. Until it is complete, the database has the name `output` +
 * '.partial', which is removed if anything fails. Called again, it compares the output with the shards and does nothing.
 *
 * @throws InvalidOptionError, OutputExistsError if something else has that name, ShardError if a shard is missing, duplicated or made with
 * different settings from the others, ImageError if no image could be read, MixedSizesError, a reader's error if a shard is damaged,
 * WriteError, or the signal's reason.
 */
export async function mergeShards(options: MergeOptions): Promise<MergeReport> {
  const startedMs = performance.now();
  assertKeys('mergeShards', options, knownOptions);
  const { output, shards: given, onProgress, signal } = options;
  assertPath('output', output);
  if (given !== undefined && !(Array.isArray(given) && given.every((one) => typeof one === 'string'))) {
    refuse('shards', 'a list of folders', given);
  }
  const shards = findShards(output, given);
  const onDone = (done: number, total: number) =>
    onProgress?.({ done, total, elapsedMs: performance.now() - startedMs });
  const made = await mergeOnce(output, shards, { onDone, signal });
  const parts = shards.map(({ note }) => note.result);
  const sizes = new Set(parts.flatMap((part) => part.sizes ?? []));
  const [{ kind, result: first }] = shards.map(({ note }) => note);
  return {
    ...{ output, shards: shards.length, ...made, ...(sizes.size === 1 && { size: [...sizes][0] }) },
    skipped: parts.flatMap(({ skipped = [] }) => skipped),
    damage: withoutTwins(parts.flatMap(({ damage = [] }) => damage)),
    ...(kind === 'import' && first.classes && { classes: first.classes }),
    elapsedMs: performance.now() - startedMs,
  };
}

function findShards(output: string, given: readonly string[] | undefined): FoundShard<DatabasePart>[] {
  try {
    return collectShards(output, given, (what, folder) => new ShardError(what, { path: folder })).map(checkKind);
  } catch (error) {
    // If the shards were deleted after merging, that is not the error to report.
    assertFree(output);
    throw error;
  }
}

const kinds: readonly ShardWork['kind'][] = ['import', 'resize', 'convert'];

function checkKind({ folder, note }: FoundShard): FoundShard<DatabasePart> {
  const isPart = Number.isSafeInteger((note.result as DatabasePart).records);
  if (kinds.some((kind) => kind === note.kind) && isPart) {
    return { folder, note: note as FoundShard<DatabasePart>['note'] };
  }
  const state = `${folder} is a shard of ${note.kind}, not of images`;
  throw new ShardError({ state, todo: 'merge it with the command that made it' }, { path: folder });
}

type Merged = Pick<MergeReport, 'records' | 'labelsFile' | 'outputs'>;

/** Merges shards, unless the output is already what they make: jobs that rerun what failed may run it after it succeeded. */
async function mergeOnce(
  output: string,
  shards: readonly FoundShard<DatabasePart>[],
  work: MergeWork,
): Promise<Merged & { wasComplete?: true }> {
  const [{ note }] = shards;
  const isDatabase = note.kind !== 'convert' || (note.result as unknown as ConvertedPart).form === 'lmdb';
  const others = shards as unknown as readonly FoundShard<ConvertedPart>[];
  const { mergeConverted, hasConverted } = await import('./merge-converted');
  try {
    return await (isDatabase ? mergeDatabases(output, shards, work) : mergeConverted(output, others, work));
  } catch (error) {
    if (!(error instanceof OutputExistsError)) throw error;
    const made = await (isDatabase ? holdsRecordsOf(output, shards, work) : hasConverted(output, others, work));
    if (!made) throw error;
    return { ...made, wasComplete: true };
  }
}

/** Damage that concerns a whole file is reported by every shard. */
function withoutTwins(damage: readonly Damage[]): Damage[] {
  return [...new Map(damage.map((one) => [one.message, one])).values()];
}
