import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FoundShard } from '@ae/ground/shard-notes';
import type { MergeWork } from '../convert/merge-databases';
import { recordsName } from '../convert/work-folder';
import { temporaryName } from '../files/temporary-name';
import type { ConvertedPart } from './convert-shard';
import { openSink } from './forms';
import { readRecords } from './record-file';

const recordsPerTurn = 100;

/** Makes the output of a conversion from the records of its shards, in the same way as a single process. */
export async function mergeConverted(
  output: string,
  shards: readonly FoundShard<ConvertedPart>[],
  { onDone, signal }: MergeWork,
): Promise<{ records: number; outputs: readonly string[] }> {
  const parts = shards.map(({ note }) => note.result);
  const [{ form, shardImages, shardBytes, classes }] = parts;
  const total = parts.reduce((sum, { records }) => sum + records, 0);
  const sink = await openSink(form, { output, shardImages, shardBytes, classes });
  let records = 0;
  try {
    for (const { folder } of shards) {
      for (const record of readRecords(path.join(folder, recordsName))) {
        signal?.throwIfAborted();
        await sink.add(record);
        if (++records % recordsPerTurn > 0) continue;
        // Lets signals run.
        await nextTurn();
        onDone?.(records, total);
      }
    }
    return { records, outputs: await sink.finish() };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/**
 * Returns the result of merging if identical outputs exist already; otherwise undefined. Makes them again, in a folder that is then
 * removed.
 */
export async function hasConverted(
  output: string,
  shards: readonly FoundShard<ConvertedPart>[],
  work: MergeWork,
): Promise<{ records: number; outputs: readonly string[] } | undefined> {
  const folder = temporaryName(path.resolve(output));
  try {
    const { records, outputs } = await mergeConverted(path.join(folder, path.basename(output)), shards, work);
    const pairs = outputs.map((made) => ({ made, there: path.join(path.dirname(output), path.basename(made)) }));
    if (!pairs.every(({ made, there }) => isSame(made, there))) return undefined;
    return { records, outputs: pairs.map(({ there }) => there) };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Compares files, or folders with everything in them. */
function isSame(made: string, there: string): boolean {
  const [a, b] = [made, there].map((place) => fs.statSync(place, { throwIfNoEntry: false }));
  if (!(a && b)) return false;
  if (a.isFile() && b.isFile()) return a.size === b.size && fs.readFileSync(made).equals(fs.readFileSync(there));
  if (!(a.isDirectory() && b.isDirectory())) return false;
  const [names, others] = [made, there].map((place) => fs.readdirSync(place).sort());
  const isAlike = names.length === others.length && names.every((name, i) => name === others[i]);
  return isAlike && names.every((name) => isSame(path.join(made, name), path.join(there, name)));
}
