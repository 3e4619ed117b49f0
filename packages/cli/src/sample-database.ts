import { stat } from 'node:fs/promises';
import type { DatabaseIdentity, DatumReader, OpenOptions, Sample } from '@ae/lmdb-datum';
import { CliError, withoutPackage } from './cli-error';

/** The records of an LMDB as images of one size: a sample source for training and testing. */
export interface SampleDatabase {
  readonly path: string;
  readonly length: number;
  /** The first record's size, which all others must have: `[height, width, channels]`. */
  readonly shape: readonly [height: number, width: number, channels: number];
  at(index: number): Sample | undefined | Promise<Sample | undefined>;
  /** What tells it from other data when a training is resumed. */
  identity(): Promise<DatabaseIdentity>;
  /** Finds a record by its key, or else by its number, counted from 0; throws NO_SUCH_RECORD. */
  find(keyOrNumber: string): number;
  close(): void;
}

/** Opens an LMDB for reading. */
export async function openDatabase(path: string, options?: OpenOptions): Promise<DatumReader> {
  await assertDatabase(path);
  const { openDatumLmdb } = await import('@ae/lmdb-datum');
  return openDatumLmdb(path, options);
}

/** Throws unless there is something of that name. */
export async function assertDatabase(path: string): Promise<void> {
  await stat(path).catch((cause) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new CliError(
      'NOT_READABLE',
      `${path}: expected an LMDB folder or its data.mdb, received nothing there; check the path.`,
      { cause },
    );
  });
}

/** Opens an LMDB of Datums and looks at its first record; throws when there is none. Sizes are checked as records are read. */
export async function openSamples(path: string): Promise<SampleDatabase> {
  const reader = await openDatabase(path);
  try {
    const first = await readFirst(reader, path);
    const check = (sample: Sample) => checkSize(sample, first, path);
    return {
      path,
      length: reader.length,
      shape: [first.height, first.width, first.channels],
      at: (index) => {
        const sample = reader.at(index);
        return sample instanceof Promise ? sample.then(check) : sample && check(sample);
      },
      identity: () => reader.identity(),
      find: (text) => findRecord(reader, path, text),
      close: () => reader.close(),
    };
  } catch (error) {
    reader.close();
    throw error;
  }
}

async function readFirst(reader: DatumReader, path: string): Promise<Sample> {
  const first = await reader.at(0);
  if (first) return first;
  throw emptyDatabase(path);
}

/** `damage` says why none of the records can be read, where there were some. */
export function emptyDatabase(path: string, damage?: string): CliError {
  if (damage !== undefined) {
    return new CliError(
      'CORRUPT_DATABASE',
      `${path}: expected records that can be read, received none, not even with --lenient: ${withoutPackage(damage)}`,
    );
  }
  return new CliError(
    'EMPTY_DATABASE',
    `${path}: expected an LMDB with images, received an empty one; fill one with ae import.`,
  );
}

function findRecord(reader: DatumReader, path: string, text: string): number {
  if (reader.getBytes(text)) {
    let index = 0;
    for (const key of reader.keys()) {
      if (key === text) return index;
      index++;
    }
  }
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number < reader.length) return number;
  throw new CliError(
    'NO_SUCH_RECORD',
    `${path}: expected a key, or a number from 0 to ${reader.length - 1}, received "${text}"; ae inspect shows the first and last key.`,
  );
}

function checkSize(sample: Sample, first: Sample, path: string): Sample {
  if (sample.height === first.height && sample.width === first.width && sample.channels === first.channels) {
    return sample;
  }
  throw new CliError(
    'MIXED_SIZES',
    `${path}: key ${sample.key}: expected ${formatSize(first)} (channels x height x width) as the first image has, ` +
      `received ${formatSize(sample)}; make them one size with ae resize.`,
  );
}

/** A sample's size as Caffe writes it, channels first: 3x64x64. */
export function formatSize({ channels, height, width }: { channels: number; height: number; width: number }): string {
  return `${channels}x${height}x${width}`;
}

/** Throws unless the images have the size that a network takes; `network` says which network, for the message. */
export function assertShape(database: SampleDatabase, shape: readonly number[], network: string, advice: string): void {
  if (database.shape.every((size, i) => size === shape[i])) return;
  const size = ([height, width, channels]: readonly number[]) => formatSize({ channels, height, width });
  throw new CliError(
    'SHAPE_MISMATCH',
    `${database.path}: expected images of ${size(shape)} (channels x height x width) for ${network}, ` +
      `received ${size(database.shape)}; ${advice}.`,
  );
}
