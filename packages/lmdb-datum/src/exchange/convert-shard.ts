/**
 * Shards of conversions: an LMDB of their records if the output is one, otherwise a file of records, from which merging makes the output.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { ShardSettings } from '@ae/ground/shard-notes';
import { type Shard, shardRange } from '@ae/ground/shards';
import { makeDatabase } from '../convert/make-database';
import { findComplete, noteComplete, placeOf, type ShardWork } from '../convert/shards';
import { recordsName } from '../convert/work-folder';
import { DatumWriter } from '../write/writer';
import type { OutputForm } from './forms';
import { messageOf } from './message';
import type { ExchangeRecord, RecordSource } from './record';
import { appendRecord } from './record-file';
import type { ShardLimits } from './shards';
import { writing } from './work-file';

/** The note in a shard of a conversion. */
export interface ConvertedPart extends ShardLimits {
  readonly records: number;
  readonly form: OutputForm;
  readonly classes?: readonly string[];
  readonly skipped: RecordSource['skipped'];
}

export interface ShardPlan extends ShardLimits {
  readonly output: string;
  readonly shard: Shard;
  readonly form: OutputForm;
  readonly lenient: boolean;
}

/** Makes a shard unless it is complete. `pass` passes its records to a function, and returns their number. */
export async function convertShard(
  source: RecordSource,
  { output, shard: { index, count }, form, lenient, shardImages, shardBytes }: ShardPlan,
  pass: (add: (record: ExchangeRecord) => Promise<void> | void) => Promise<number>,
): Promise<{ place: string; part: ConvertedPart; wasComplete: boolean }> {
  const limits = { ...(shardImages !== undefined && { shardImages }), ...(shardBytes !== undefined && { shardBytes }) };
  const settings: ShardSettings = {
    images: `sha256:${await source.digest()}`,
    ...{ form, 'tolerance of damage': lenient },
    ...(shardImages !== undefined && { 'images of a file': shardImages }),
    ...(shardBytes !== undefined && { 'bytes of a file': shardBytes }),
  };
  const work: ShardWork = { kind: 'convert', shard: { index, count }, settings };
  const place = placeOf(output, work.shard);
  const before = findComplete<ConvertedPart>(place, work);
  if (before) return { place, part: before, wasComplete: true };
  const part = await makeDatabase(place, async (folder) => {
    const records = form === 'lmdb' ? await writeDatabase(folder, pass) : await writeFile(folder, pass);
    const { classes, skipped } = source;
    const made: ConvertedPart = { records, form, ...limits, ...(classes && { classes }), skipped };
    noteComplete(folder, work, made);
    return made;
  });
  return { place, part, wasComplete: false };
}

/** Returns which records belong to a shard. */
export function rangeOf(source: RecordSource, shard: Shard): { start: number; end: number } {
  return shardRange(source.total, shard);
}

type Pass = Parameters<typeof convertShard>[2];

async function writeDatabase(folder: string, pass: Pass): Promise<number> {
  const writer = DatumWriter.createIn(folder);
  try {
    const records = await pass(async (record) => writer.putBytes(record.key, await messageOf(record)));
    await writer.close();
    return records;
  } finally {
    await writer.abort();
  }
}

async function writeFile(folder: string, pass: Pass): Promise<number> {
  const name = path.join(folder, recordsName);
  const fd = writing(name, () => fs.openSync(name, 'w'));
  try {
    const records = await pass((record) => writing(name, () => appendRecord(fd, record)));
    writing(name, () => fs.fsyncSync(fd));
    return records;
  } finally {
    fs.closeSync(fd);
  }
}
