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
  /** Look for damaged records first, and skip them. */
  readonly lenient?: boolean;
  /** Take crops of this size from the images, which may then have any size from this one up. */
  readonly crop?: Sides;
  /** Images may have any height and width. */
  readonly anySize?: boolean;
  /** How images that are not in an LMDB are imported. Default: an LMDB is required. */
  readonly images?: Importing;
  /** Read only one side of a split. */
  readonly part?: { readonly split: SplitWish; readonly side: 'train' | 'validation' };
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Opens an LMDB of Datums and examines its records: throws if there are none, if their sizes differ, or, unless `lenient`, if one is
 * damaged. Of more than 50,000 records only that many are examined now, and the others when they are read.
 */
export async function openSamples(path: string, options: SampleOptions = {}): Promise<SampleDatabase> {
  const { database, schema, lenient = false, crop, anySize = false, images, part } = options;
  const reader = await openDatabase(path, { database, schema, lenient }, images);
  try {
    if (reader.length === 0) throw emptyDatabase(path, reader.damage[0]?.message, reader.info.databases);
    const scan = await scanRecords(reader, { lenient, database, onProgress: options.onProgress });
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

/** Keeps only the records of one side of the split. */
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
