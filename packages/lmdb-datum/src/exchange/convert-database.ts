/** Converts images between formats: LMDBs, WebDataset tars, Parquet and folders. */
import fs from 'node:fs';
import path from 'node:path';
import { isLmdbHead } from '@ae/ground/lmdb-head';
import type { Shard } from '@ae/ground/shards';
import {
  assertFlag,
  assertFunction,
  assertKeys,
  assertName,
  assertOneOf,
  assertPath,
  assertShard,
  assertSignal,
  assertWhole,
  type Known,
  refuse,
} from '../errors/checks';
import { ImageError } from '../errors/errors';
import { withRegularFile } from '../files/regular-file';
import { convertShard, rangeOf } from './convert-shard';
import { openDatabaseSource } from './database-source';
import { type OutputForm, openSink, outputForms } from './forms';
import { openImageRecords } from './image-source';
import type { RecordRange, RecordSink, RecordSource } from './record';
import type { ShardLimits } from './shards';

/** What `convertDatabase` reads and writes. */
export interface ConvertDatabaseOptions extends ShardLimits {
  /** An LMDB, or anything else that `convertImageset` accepts as its input. */
  readonly input: string | readonly string[];
  /** What to create. It must not exist. */
  readonly output: string;
  /** Format of the output. Default: from the extension .tar, .parquet or .lmdb; a folder of images for any other name. */
  readonly to?: OutputForm;
  /** See `openDatumLmdb`. */
  readonly database?: string;
  readonly schema?: string;
  /** Skip damaged records and images, and report them. Default false: the first one is an error. */
  readonly lenient?: boolean;
  /** For tars and Parquet: images per file, to write several files: out-000000.tar ... Default: a single file. */
  readonly shardImages?: number;
  /** For tars and Parquet: bytes per file, which its last image may exceed. */
  readonly shardBytes?: number;
  /**
   * Convert only this part of the records, to a folder beside `output`: `output` + '.shard-0-of-7'. Calling it again for a complete part
   * does nothing. `mergeShards` makes `output` from all parts.
   */
  readonly shard?: Shard;
  /** Called about every hundred records, and at the end. */
  readonly onProgress?: (progress: {
    readonly done: number;
    readonly total: number;
    readonly elapsedMs: number;
  }) => void;
  /** Stops between two records; the call then rejects with the signal's reason, and nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** The result of `convertDatabase`. */
export interface ConvertDatabaseReport {
  /** The files or folders that were created. */
  readonly outputs: readonly string[];
  readonly form: OutputForm;
  /** The shard was already complete, and nothing was done. */
  readonly wasComplete?: true;
  readonly records: number;
  /** What was skipped, with `lenient`. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  readonly warnings: readonly string[];
  readonly elapsedMs: number;
}

const knownOptions: Known<ConvertDatabaseOptions> = {
  ...{ input: true, output: true, to: true, database: assertName, schema: true, lenient: assertFlag },
  ...{ shardImages: true, shardBytes: true, shard: assertShard, onProgress: assertFunction, signal: assertSignal },
};

const reportedEach = 100;

/**
 * Converts an LMDB, a folder, an archive or several of them to another format, with unchanged image files, keys and labels. Raw pixels
 * become PNG. The rest of each Datum is recorded beside its image, so that an LMDB of Datums can be restored with exactly the same bytes in
 * all keys and values. Records of other schemas become Datums. Images without recorded keys get those of `convertImageset`.
 *
 * The output gets its name when it is complete. What a killed process left of it is overwritten by the same call.
 *
 * @throws InvalidOptionError, OutputExistsError, NotReadableError, a reader's error, ImageError, WriteError, or the signal's reason
 */
export async function convertDatabase(options: ConvertDatabaseOptions): Promise<ConvertDatabaseReport> {
  const startedMs = performance.now();
  const form = check(options);
  const source = await openSource(options);
  try {
    if (options.shard) return await convertPart(source, { ...options, shard: options.shard }, form, startedMs);
    const { output, shardImages, shardBytes } = options;
    const sink = await openSink(form, { output, shardImages, shardBytes, classes: source.classes });
    try {
      const records = await passOn(source, sink, options, startedMs);
      assertAnyLeft(records, source);
      const outputs = await sink.finish();
      const { skipped, warnings } = source;
      return { outputs, form, records, skipped, warnings, elapsedMs: performance.now() - startedMs };
    } catch (error) {
      await sink.abort();
      throw error;
    }
  } finally {
    source.close();
  }
}

async function convertPart(
  source: RecordSource,
  options: ConvertDatabaseOptions & { readonly shard: Shard },
  form: OutputForm,
  startedMs: number,
): Promise<ConvertDatabaseReport> {
  const { output, shard, lenient = false, shardImages, shardBytes } = options;
  const range = rangeOf(source, shard);
  const plan = { output, shard, form, lenient, shardImages, shardBytes };
  const made = await convertShard(source, plan, (add) => passOn(source, { add }, options, startedMs, range));
  const { records, skipped } = made.part;
  return {
    ...{ outputs: [made.place], form, ...(made.wasComplete && { wasComplete: true as const }), records, skipped },
    ...{ warnings: source.warnings, elapsedMs: performance.now() - startedMs },
  };
}

function check(options: ConvertDatabaseOptions): OutputForm {
  assertKeys('convertDatabase', options, knownOptions);
  const { input, output, to, shardImages, shardBytes } = options;
  for (const each of Array.isArray(input) && input.length > 0 ? input : [input]) assertPath('input', each);
  assertPath('output', output);
  if (to !== undefined) assertOneOf('to', to, outputForms);
  if (shardImages !== undefined) assertWhole('shardImages', shardImages, 1);
  if (shardBytes !== undefined) assertWhole('shardBytes', shardBytes, 1);
  const form = to ?? formOf(output);
  const isSharded = shardImages !== undefined || shardBytes !== undefined;
  if (isSharded && form !== 'tar' && form !== 'parquet') {
    const name = shardImages === undefined ? 'shardBytes' : 'shardImages';
    refuse(name, 'a tar or Parquet file as the output', output, 'only those can be split into several files');
  }
  return form;
}

function formOf(output: string): OutputForm {
  const ending = path.extname(output.replace(/[/\\]+$/, '')).toLowerCase();
  if (ending === '.tar') return 'tar';
  if (ending === '.parquet') return 'parquet';
  return ending === '.lmdb' || /_lmdb[/\\]?$/i.test(output) ? 'lmdb' : 'folder';
}

/** Recognizes a folder or file of LMDB, or of LevelDB, whose reader then says that it is not an LMDB. */
function isDatabase(input: string): boolean {
  if (/\.mdb$/i.test(input)) return true;
  if (['data.mdb', 'CURRENT'].some((name) => fs.existsSync(path.join(input, name)))) return true;
  if (!fs.statSync(input, { throwIfNoEntry: false })?.isFile()) return false;
  const head = Buffer.alloc(32);
  withRegularFile(input, (fd) => fs.readSync(fd, head, 0, head.length, 0));
  return isLmdbHead(head);
}

async function openSource({
  input,
  output,
  database,
  schema,
  lenient,
  signal,
}: ConvertDatabaseOptions): Promise<RecordSource> {
  const only = typeof input === 'string' ? input : input.length === 1 ? input[0] : undefined;
  if (only !== undefined && isDatabase(only)) return openDatabaseSource(only, { database, schema, lenient });
  return openImageRecords(input, output, signal);
}

/** Returns the number of records. */
async function passOn(
  source: RecordSource,
  sink: Pick<RecordSink, 'add'>,
  { lenient = false, onProgress, signal }: ConvertDatabaseOptions,
  startedMs: number,
  range?: RecordRange,
): Promise<number> {
  let records = 0;
  const report = () =>
    onProgress?.({
      done: records + source.skipped.length,
      total: range ? range.end - range.start : source.total,
      elapsedMs: performance.now() - startedMs,
    });
  for await (const record of source.records(range)) {
    signal?.throwIfAborted();
    assertNoneSkipped(source, lenient);
    await sink.add(record);
    if (++records % reportedEach === 0) report();
  }
  assertNoneSkipped(source, lenient);
  report();
  return records;
}

/** @throws ImageError if all were skipped */
function assertAnyLeft(records: number, { skipped: [first] }: RecordSource): void {
  if (records > 0 || !first) return;
  throw new ImageError({ state: `none of the images can be read: ${first.reason.replace(/\.$/, '')}` });
}

/** @throws ImageError for the first one, unless `lenient` */
function assertNoneSkipped({ skipped: [first] }: RecordSource, lenient: boolean): void {
  if (!first || lenient) return;
  throw new ImageError(first.reason, { key: first.name });
}
