/** Makes the whole database of the shards that imports or resizes have made: the same bytes as one process makes. */
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { collectShards, type FoundShard } from '@ae/ground/shard-notes';
import { assertKeys, assertPath, type Known, refuse } from '../checks';
import { CorruptDatabaseError, MixedSizesError, ShardError } from '../errors';
import { PageFile } from '../lmdb/page-file';
import type { Damage } from '../lmdb/salvage';
import { keyText, scanTree } from '../lmdb/scan';
import { ValueReader } from '../lmdb/value-reader';
import { DatumWriter } from '../writer';
import { noneRead } from './convert-imageset';
import type { ImageClass } from './image-file';
import type { SkippedImage } from './journal';
import { makeDatabase } from './make-database';
import { assertFree } from './output-folder';
import { noImages } from './resize-database';
import type { ImportedPart, ResizedPart, ShardWork } from './shards';
import { commitRecords, isBetweenChunks } from './transactions';
import { labelsName } from './work-folder';

export interface MergeOptions {
  /** Folder of the database to make: what the commands of the shards were given as output. It must not exist. */
  output: string;
  /** Folders of the shards, in any order. Default: those beside `output` that are called like its shards. */
  shards?: readonly string[];
  /** Called after each transaction. */
  onProgress?: (progress: MergeProgress) => void;
  /** Stops between two records; the call then rejects with the signal's reason, and nothing is left behind. */
  signal?: AbortSignal;
}

export interface MergeProgress {
  /** Records written so far. */
  done: number;
  total: number;
  elapsedMs: number;
}

export interface MergeReport {
  output: string;
  /** How many there were. They stay. */
  shards: number;
  records: number;
  /** Of all images as `CxHxW`, where imports know it; absent if they have different sizes. */
  size?: string;
  /** Images that imports could not read. */
  skipped: SkippedImage[];
  /** Records that resizes left out. */
  damage: Damage[];
  classes?: ImageClass[];
  /** Where the names of a list's classes are kept, one per line. */
  labelsFile?: string;
  elapsedMs: number;
}

const knownOptions: Known<MergeOptions> = { output: true, shards: true, onProgress: true, signal: true };

/**
 * Makes one database of the shards of `convertImageset` or `resizeDatabase`: the same bytes as one call without `shard` makes. Reads them
 * one after the other, and holds one transaction in memory. Until it is complete the database has the name `output` + '.partial', which is
 * removed if anything fails.
 *
 * @throws InvalidOptionError, OutputExistsError, ShardError if a shard is missing, there twice or made with other settings than the
 *   others, ImageError if no image could be read, MixedSizesError, a reader's error if a shard is damaged, WriteError, or the signal's reason.
 */
export async function mergeShards(options: MergeOptions): Promise<MergeReport> {
  const startedMs = performance.now();
  assertKeys('mergeShards', options, knownOptions);
  const { output, shards: given } = options;
  assertPath('output', output);
  if (given !== undefined && !(Array.isArray(given) && given.every((one) => typeof one === 'string'))) {
    refuse('shards', 'a list of folders', given);
  }
  assertFree(output);
  const shards = collectShards(output, given, (what, folder) => new ShardError(what, { path: folder })).map(checkKind);
  const parts = shards.map(({ note }) => note.result);
  assertSomething(output, shards);
  const labels = path.join(shards[0].folder, labelsName);
  const hasLabels = fs.existsSync(labels);
  const records = await makeDatabase(output, async (folder) => {
    const written = await writeMerged(shards, folder, options, startedMs);
    if (hasLabels) fs.copyFileSync(labels, path.join(folder, labelsName));
    return written;
  });
  const sizes = new Set(parts.flatMap(({ sizes = [] }) => sizes));
  const { classes } = parts[0];
  return {
    ...{ output, shards: shards.length, records, ...(sizes.size === 1 && { size: [...sizes][0] }) },
    skipped: parts.flatMap(({ skipped = [] }) => skipped),
    damage: withoutTwins(parts.flatMap(({ damage = [] }) => damage)),
    ...(classes && { classes }),
    ...(hasLabels && { labelsFile: path.join(output, labelsName) }),
    elapsedMs: performance.now() - startedMs,
  };
}

/** What one of the two kinds of shards holds. */
type Part = Pick<ImportedPart, 'records'> &
  Partial<Omit<ImportedPart, 'records'>> &
  Partial<Pick<ResizedPart, 'damage'>>;

const kinds: readonly ShardWork['kind'][] = ['import', 'resize'];

function checkKind({ folder, note }: FoundShard): FoundShard<Part> {
  const isPart = Number.isSafeInteger((note.result as Part).records);
  if (kinds.some((kind) => kind === note.kind) && isPart) return { folder, note: note as FoundShard<Part>['note'] };
  const state = `${folder} is the shard of ${note.kind}, not of a database`;
  throw new ShardError({ state, todo: 'merge it by the command that made it' }, { path: folder });
}

/** Throws what one process would: shards by themselves may well hold nothing, and images of one size each. */
function assertSomething(output: string, shards: readonly FoundShard<Part>[]): void {
  const parts = shards.map(({ note }) => note.result);
  const [{ kind, settings }] = shards.map(({ note }) => note);
  if (parts.every(({ records }) => records === 0)) {
    const skipped = parts.flatMap(({ skipped = [] }) => skipped);
    if (kind === 'import') throw noneRead(output, skipped.length, skipped);
    throw noImages(
      output,
      parts.flatMap(({ damage = [] }) => damage),
    );
  }
  if (settings['check of sizes'] !== true) return;
  const filled = shards.filter(({ note }) => note.result.records > 0);
  const sizeOf = ({ note }: FoundShard<Part>) => note.result.sizes?.[0] ?? '';
  const other = filled.find((shard) => sizeOf(shard) !== sizeOf(filled[0]));
  if (!other) return;
  throw new MixedSizesError(
    {
      where: other.folder,
      expected: `images of ${sizeOf(filled[0])} like those of ${filled[0].folder}`,
      received: sizeOf(other),
      todo: 'resize the images, or leave out the check of their sizes',
    },
    { path: other.folder },
  );
}

/** What is damaged in a whole file every shard says. */
function withoutTwins(damage: readonly Damage[]): Damage[] {
  return [...new Map(damage.map((one) => [one.message, one])).values()];
}

async function writeMerged(
  shards: readonly FoundShard<Part>[],
  folder: string,
  { onProgress, signal }: MergeOptions,
  startedMs: number,
): Promise<number> {
  const total = shards.reduce((sum, { note }) => sum + note.result.records, 0);
  const writer = DatumWriter.createIn(folder, { recordsPerCommit: commitRecords });
  const commit = async () => {
    await writer.commit();
    // Lets signals in.
    await nextTurn();
    onProgress?.({ done: writer.count, total, elapsedMs: performance.now() - startedMs });
  };
  try {
    const byChunks = shards[0].note.kind === 'import';
    let last = -1;
    for (const { key, value } of recordsOf(shards)) {
      signal?.throwIfAborted();
      const number = byChunks ? Number.parseInt(keyText(key), 10) : last;
      // An import looks between chunks, whether a transaction is due, and others after each record.
      if (writer.isDue && isBetweenChunks(last, number)) await commit();
      last = number;
      writer.stage(key, value);
      if (byChunks ? writer.isDueByBytes : writer.isDue) await commit();
    }
    await commit();
    await writer.close();
    return writer.count;
  } finally {
    await writer.abort();
  }
}

/** All records of all shards in order, each in memory of its own. */
function* recordsOf(shards: readonly FoundShard<Part>[]): Generator<{ key: Buffer; value: Buffer }, void, undefined> {
  for (const { folder, note } of shards) {
    const file = new PageFile(folder);
    try {
      const { main } = file.meta;
      assertCount(folder, note.result.records, main.entries);
      const values = new ValueReader(file);
      for (const { leaf, index } of scanTree(file, main, {})) {
        yield { key: Buffer.from(leaf.key(index)), value: Buffer.from(values.view(leaf, index)) };
      }
    } finally {
      file.close();
    }
  }
}

function assertCount(folder: string, noted: number, found: number): void {
  if (noted === found) return;
  const todo = 'delete it and make it again';
  const what = { where: folder, expected: `${noted} records, as its note says`, received: `${found}`, todo };
  throw new CorruptDatabaseError(what, { path: folder });
}
