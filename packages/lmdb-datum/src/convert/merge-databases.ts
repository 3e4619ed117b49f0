/** Merges the shards of imports, resizes or conversions into a complete database: the same bytes as from a single process. */

import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { labelsName } from '@ae/ground/class-names';
import type { FoundShard } from '@ae/ground/shard-notes';
import { CorruptDatabaseError, MixedSizesError } from '../errors/errors';
import { PageFile } from '../lmdb/page-file';
import { keyText, scanTree } from '../lmdb/scan';
import { ValueReader } from '../lmdb/value-reader';
import { DatumWriter } from '../write/writer';
import { noneRead } from './conversion';
import { makeDatabase } from './make-database';
import { noImages } from './resize-database';
import type { ImportedPart, ResizedPart } from './shards';
import { commitRecords, isBetweenChunks } from './transactions';

/** The note in any shard that is a database. */
export type DatabasePart = Pick<ImportedPart, 'records'> & Partial<ImportedPart> & Partial<Pick<ResizedPart, 'damage'>>;

export interface MergeWork {
  readonly onDone?: (records: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Merges shards in order. Returns the number of records, and where the class names are, if there are any. */
export async function mergeDatabases(
  output: string,
  shards: readonly FoundShard<DatabasePart>[],
  work: MergeWork,
): Promise<{ records: number; labelsFile?: string }> {
  assertSomething(output, shards);
  const labels = path.join(shards[0].folder, labelsName);
  const hasLabels = fs.existsSync(labels);
  const records = await makeDatabase(output, async (folder) => {
    const written = await writeMerged(shards, folder, work);
    if (hasLabels) fs.copyFileSync(labels, path.join(folder, labelsName));
    return written;
  });
  return { records, ...(hasLabels && { labelsFile: path.join(output, labelsName) }) };
}

/** Throws the errors of a single process: individual shards may well be empty, or contain images of only one size. */
function assertSomething(output: string, shards: readonly FoundShard<DatabasePart>[]): void {
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
  const sizeOf = ({ note }: FoundShard<DatabasePart>) => note.result.sizes?.[0] ?? '';
  const other = filled.find((shard) => sizeOf(shard) !== sizeOf(filled[0]));
  if (!other) return;
  throw new MixedSizesError(
    {
      where: other.folder,
      expected: `images of ${sizeOf(filled[0])}, like those of ${filled[0].folder}`,
      received: sizeOf(other),
      todo: 'resize the images, or turn off the size check',
    },
    { path: other.folder },
  );
}

async function writeMerged(
  shards: readonly FoundShard<DatabasePart>[],
  folder: string,
  { onDone, signal }: MergeWork,
): Promise<number> {
  const total = shards.reduce((sum, { note }) => sum + note.result.records, 0);
  const writer = DatumWriter.createIn(folder, { recordsPerCommit: commitRecords });
  const commit = async () => {
    await writer.commit();
    // Lets signals run.
    await nextTurn();
    onDone?.(writer.count, total);
  };
  try {
    const byChunks = shards[0].note.kind === 'import';
    let last = -1;
    for (const { key, value } of recordsOf(shards)) {
      signal?.throwIfAborted();
      const number = byChunks ? Number.parseInt(keyText(key), 10) : last;
      // An import checks between chunks whether a transaction is due, and others after each record.
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

/** Yields all records of all shards in order, each in memory of its own. */
export function* recordsOf(shards: readonly FoundShard<DatabasePart>[]): Generator<StoredRecord, void, undefined> {
  for (const { folder, note } of shards) yield* recordsIn(folder, note.result.records);
}

export interface StoredRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Yields the records of a database in order. @throws CorruptDatabaseError if their number differs from `noted` */
export function* recordsIn(folder: string, noted: number): Generator<StoredRecord, void, undefined> {
  const file = new PageFile(folder);
  try {
    const { main } = file.meta;
    assertCount(folder, noted, main.entries);
    const values = new ValueReader(file);
    for (const { leaf, index } of scanTree(file, main, {})) {
      yield { key: Buffer.from(leaf.key(index)), value: Buffer.from(values.view(leaf, index)) };
    }
  } finally {
    file.close();
  }
}

function assertCount(folder: string, noted: number, found: number): void {
  if (noted === found) return;
  const todo = 'delete it and create it again';
  const what = { where: folder, expected: `${noted} records, as its note says`, received: `${found}`, todo };
  throw new CorruptDatabaseError(what, { path: folder });
}
