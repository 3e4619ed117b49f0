/** Converts a database of images of any sizes to one with images of a single size, as networks require. */

import os from 'node:os';
import { readClassNames, writeClassNames } from '@ae/ground/class-names';
import { type Shard, shardRange } from '@ae/ground/shards';
import type { FitMode, Resampler } from '@ae/images';
import type { Batch } from '../batches/stream';
import {
  assertFlag,
  assertFunction,
  assertKeys,
  assertPath,
  assertShard,
  assertSignal,
  type Known,
} from '../errors/checks';
import { ImageError } from '../errors/errors';
import type { Damage } from '../lmdb/salvage';
import { type DatumReader, openDatumLmdb } from '../read/reader';
import { DatumWriter } from '../write/writer';
import { makeDatabase } from './make-database';
import { assertFree } from './output-folder';
import { findComplete, noteComplete, placeOf, type ResizedPart, type ShardWork } from './shards';

/** What `resizeDatabase` reads and writes. */
export interface ResizeOptions {
  /** The database to read: raw or encoded records of any sizes. It is not changed. */
  input: string;
  /** Name of a named database in it. Default: the unnamed one, as in Caffe. */
  database?: string;
  /** The format of its records; see `openDatumLmdb`. Default: detected from the first ones. */
  schema?: string;
  /** Folder of the database to create. It must not exist. */
  output: string;
  height: number;
  width: number;
  /** How the aspect ratio is treated. Default 'squash', as in Caffe. */
  fit?: FitMode;
  /** Default 'antialiased'. 'bilinear' produces the pixels of convert_imageset. */
  resampler?: Resampler;
  /** Store one gray channel. Default false: three channels, blue-green-red. */
  gray?: boolean;
  /** Treat image files with more pixels as damaged. Default 89,478,485, the limit from which Pillow warns of a decompression bomb. */
  maxPixels?: number;
  /** Skip damaged records, and report them. Default false: the first one is an error. */
  lenient?: boolean;
  /** Threads that decode and resize. Default: the number of processors; 0 uses only this thread. */
  workers?: number;
  /**
   * Write only this part of the records, to a separate database beside `output`: `output` + '.shard-0-of-7'. Calling it again for a
   * complete part does nothing. `mergeShards` makes `output` from all parts.
   */
  shard?: Shard;
  /** Called after each batch of images. */
  onProgress?: (progress: ResizeProgress) => void;
  /** Stops between two batches; the call then rejects with the signal's reason, and nothing is left behind. */
  signal?: AbortSignal;
}

/** The progress of `resizeDatabase`. */
export interface ResizeProgress {
  /** Records handled so far, including damaged ones. */
  done: number;
  total: number;
  elapsedMs: number;
}

/** The result of `resizeDatabase`. */
export interface ResizeReport {
  /** The folder that was created; with `shard`, the shard's folder. */
  output: string;
  /** The shard was already complete, and nothing was done. */
  wasComplete?: true;
  records: number;
  /** Records that could not be read, with `lenient`. */
  damage: readonly Damage[];
  elapsedMs: number;
}

const batchRecords = 64;
const whole: Shard = { index: 0, count: 1 };
const knownOptions: Known<ResizeOptions> = {
  ...{ input: true, output: true, height: true, width: true, fit: true, resampler: true, gray: assertFlag },
  ...{ database: true, schema: true, lenient: true, workers: true, maxPixels: true, shard: assertShard },
  ...{ onProgress: assertFunction, signal: assertSignal },
};

/**
 * Writes all records of a database again in one size: raw pixels, with the same keys and labels. Until it is complete, the new database has
 * the name `output` + '.partial', which is removed if anything fails.
 *
 * @throws InvalidOptionError, OutputExistsError, a reader's error if the input cannot be read, DatumError or ImageError with the key of a
 * damaged record, ImageError if there are none at all, MissingDependencyError, WriteError, or the signal's reason.
 */
export async function resizeDatabase(options: ResizeOptions): Promise<ResizeReport> {
  const startedMs = performance.now();
  assertKeys('resizeDatabase', options, knownOptions);
  const { input, output, database, schema, lenient = false, maxPixels, shard } = options;
  assertPath('output', output);
  const place = placeOf(output, shard);
  if (!shard) assertFree(place);
  const reader = openDatumLmdb(input, { lenient, database, schema, maxPixels });
  try {
    const work = shard && (await resizeWork(reader, shard, options));
    const complete = work && findComplete<ResizedPart>(place, work);
    if (complete) return { output: place, wasComplete: true, ...complete, elapsedMs: performance.now() - startedMs };
    const records = await makeDatabase(place, async (folder) => {
      const records = await writeResized(reader, folder, options, startedMs);
      writeClassNames(folder, readClassNames(reader.path));
      if (work) noteComplete(folder, work, { records, damage: [...reader.damage] });
      return records;
    });
    return { output: place, records, damage: reader.damage, elapsedMs: performance.now() - startedMs };
  } finally {
    reader.close();
  }
}

/** Returns the settings that all shards of a resize share. */
async function resizeWork(
  reader: DatumReader,
  { index, count }: Shard,
  { height, width, fit = 'squash', resampler = 'antialiased', gray = false, lenient = false }: ResizeOptions,
): Promise<ShardWork> {
  const { content, revision, complete } = await reader.identity();
  const settings = {
    images: `sha256:${content}${complete ? '' : ` ${revision}`}`,
    ...{ size: `${height}x${width}`, fit, resampler, colors: gray ? 'gray' : 'blue, green, red' },
    'tolerance of damage': lenient,
  };
  return { kind: 'resize', shard: { index, count }, settings };
}

async function writeResized(
  reader: DatumReader,
  folder: string,
  options: ResizeOptions,
  startedMs: number,
): Promise<number> {
  const { start, end } = shardRange(reader.length, options.shard ?? whole);
  const total = end - start;
  const batches = resizedBatches(reader, options);
  const writer = DatumWriter.createIn(folder);
  try {
    for await (const batch of batches) {
      await writeBatch(writer, reader, batch);
      const { epoch, record } = batch.position;
      const done = epoch > 0 ? total : record;
      options.onProgress?.({ done, total, elapsedMs: performance.now() - startedMs });
    }
    if (writer.count === 0 && !options.shard) throw noImages(options.input, reader.damage);
    await writer.close();
    return writer.count;
  } finally {
    await writer.abort();
  }
}

export function noImages(input: string, damage: readonly Damage[]): ImageError {
  const first = damage[0] ? ` (first: ${damage[0].message})` : '';
  return new ImageError(
    { where: input, expected: 'images', received: `no readable record${first}`, todo: 'check the path' },
    { path: input },
  );
}

function resizedBatches(reader: DatumReader, options: ResizeOptions) {
  const { height, width, fit, resampler, gray = false, workers = os.availableParallelism(), signal } = options;
  const { index, count } = options.shard ?? whole;
  return reader.batches({
    shard: { index, count, by: 'epoch' },
    batchSize: batchRecords,
    layout: 'NCHW',
    channelOrder: 'bgr',
    dtype: 'uint8',
    channels: gray ? 1 : 3,
    resize: { height, width, fit, resampler },
    workers,
    reuse: true,
    signal,
  });
}

async function writeBatch(writer: DatumWriter, reader: DatumReader, batch: Batch): Promise<void> {
  const [, channels, height, width] = batch.shape;
  const bytes = channels * height * width;
  for (let row = 0; row < batch.size; row++) {
    const key = reader.keyBytesAt(batch.indices[row]) as Uint8Array;
    const data = (batch.data as Uint8Array).subarray(row * bytes, (row + 1) * bytes);
    await writer.put(key, { channels, height, width, data, label: batch.labels[row] });
  }
}
