/** Tells whether a database is the one that shards make: running a merge again then has nothing to do. */

import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { labelsName } from '@ae/ground/class-names';
import type { FoundShard } from '@ae/ground/shard-notes';
import { LmdbDatumError } from '../errors/errors';
import { type DatabasePart, type MergeWork, recordsIn, recordsOf } from './merge-databases';

const recordsPerTurn = 1000;

/**
 * Returns the result of merging if `output` already contains exactly the records of the shards and their class names; otherwise undefined.
 */
export async function holdsRecordsOf(
  output: string,
  shards: readonly FoundShard<DatabasePart>[],
  work: MergeWork,
): Promise<{ records: number; labelsFile?: string } | undefined> {
  const total = shards.reduce((sum, { note }) => sum + note.result.records, 0);
  const [own, merged] = [path.join(shards[0].folder, labelsName), path.join(output, labelsName)].map(bytesOf);
  if (own === undefined ? merged !== undefined : !(merged && own.equals(merged))) return undefined;
  if (!(await areSame(output, shards, total, work))) return undefined;
  return { records: total, ...(own && { labelsFile: path.join(output, labelsName) }) };
}

function bytesOf(file: string): Buffer | undefined {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ? fs.readFileSync(file) : undefined;
}

async function areSame(
  output: string,
  shards: readonly FoundShard<DatabasePart>[],
  total: number,
  { onDone, signal }: MergeWork,
): Promise<boolean> {
  const found = recordsIn(output, total);
  let done = 0;
  try {
    for (const { key, value } of recordsOf(shards)) {
      const next = firstOf(found);
      if (!(next && key.equals(next.key) && value.equals(next.value))) return false;
      if (++done % recordsPerTurn > 0) continue;
      // Lets signals run.
      await nextTurn();
      signal?.throwIfAborted();
      onDone?.(done, total);
    }
    return true;
  } finally {
    found.return();
  }
}

/** Returns the next record; undefined if there is no readable database. */
function firstOf(records: ReturnType<typeof recordsIn>): { key: Buffer; value: Buffer } | undefined {
  try {
    return records.next().value ?? undefined;
  } catch (error) {
    if (error instanceof LmdbDatumError) return undefined;
    throw error;
  }
}
