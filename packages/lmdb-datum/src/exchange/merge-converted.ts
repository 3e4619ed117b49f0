import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FoundShard } from '@ae/ground/shard-notes';
import type { MergeWork } from '../convert/merge-databases';
import { recordsName } from '../convert/work-folder';
import type { ConvertedPart } from './convert-shard';
import { openSink } from './forms';
import { readRecords } from './record-file';

const recordsPerTurn = 100;

/** Makes what a conversion was asked for of the records of its shards, which pass the way that they go in one process. */
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
        // Lets signals in.
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
