import { CliError } from '../shell/cli-error';
import { formatNumberOf } from '../shell/terminal';
import type { DatabaseFlag } from './database-option';
import { checkSizes, type Sides } from './image-sizes';
import { type SplitWish, splitRecords } from './image-split';
import type { Importing } from './imported-images';
import { emptyDatabase, openDatabase } from './open-database';
import { type RecordScan, scanRecords } from './record-scan';
import { type SampleDatabase, Samples } from './sample-database';

export interface SampleOptions extends DatabaseFlag {
  /** Leave out damaged records, which are looked for first. */
  readonly lenient?: boolean;
  /** Parts of this size are taken of the images, which may have any sizes from this one on. */
  readonly crop?: Sides;
  /** Images may have any heights and widths. */
  readonly anySize?: boolean;
  /** How images that are no LMDB are imported. Default: an LMDB is expected. */
  readonly images?: Importing;
  /** Read only one side of a split. */
  readonly part?: { readonly split: SplitWish; readonly side: 'train' | 'validation' };
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Opens an LMDB of Datums and looks at its records: throws where there are none, where their sizes differ, and, unless `lenient`,
 * where one is damaged. Of more than 50,000 records so many are looked at, and the others when they are read.
 */
export async function openSamples(path: string, options: SampleOptions = {}): Promise<SampleDatabase> {
  const { database, schema, lenient = false, crop, anySize = false, images, part } = options;
  const reader = await openDatabase(path, { database, schema, lenient }, images);
  try {
    if (reader.length === 0) throw emptyDatabase(path, reader.damage[0]?.message, reader.info.databases);
    const scan = await scanRecords(reader, lenient, options.onProgress);
    const [first] = scan.sizes;
    if (!first) throw emptyDatabase(path, scan.leftOut[0]?.reason);
    const rule = anySize ? 'any' : crop;
    checkSizes(path, scan.sizes, rule);
    const split = part && splitRecords(reader, part.split);
    if (!part || !split) return new Samples(path, reader, scan, rule, database);
    if (split.validation.length === 0 || split.train.length === 0) throw nothingToKeep(path, reader.length, part.split);
    return new Samples(path, reader, within(scan, split[part.side]), rule, database, split);
  } catch (error) {
    reader.close();
    throw error;
  }
}

/** Leaves the records of a part. */
function within(scan: RecordScan, part: Uint32Array): RecordScan {
  const readable = scan.indices && new Set(scan.indices);
  return { ...scan, indices: readable ? part.filter((index) => readable.has(index)) : part };
}

function nothingToKeep(path: string, count: number, { fraction }: SplitWish): CliError {
  return new CliError(
    'INVALID_OPTION',
    `--val: expected a fraction that leaves some of the ${formatNumberOf(count, 'image')} of ${path} on either side, received ${fraction}; ` +
      'choose another fraction, or other images.',
  );
}
