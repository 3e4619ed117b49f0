import { createHash } from 'node:crypto';
import type { DatabaseIdentity, DatumReader, Sample } from '@ae/lmdb-datum';
import { CliError } from '../shell/cli-error';
import { checkSizes, type SizeRule } from './image-sizes';
import type { Split } from './image-split';
import { withAdvice } from './record-damage';
import type { LeftOut, RecordScan, SizeCount } from './record-scan';

/** The records of an LMDB as images of one size: a source of samples for training and testing. */
export interface SampleDatabase {
  readonly path: string;
  readonly length: number;
  /** Size of the first record, and of all others unless crops are taken: `[height, width, channels]`. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** True if images have sizes other than `shape`. */
  readonly isMixed: boolean;
  /** The sizes that were found, and the number of images of each. */
  readonly sizes: readonly SizeCount[];
  /** Damaged records that were skipped, with `lenient`. */
  readonly leftOut: readonly LeftOut[];
  /** Warnings for the user. */
  readonly note?: string;
  /** The split that it is one side of. */
  readonly split?: Split;
  /** Where its records are stored, for programs that read them directly. */
  readonly records: RecordPlace;
  at(index: number): Sample | undefined | Promise<Sample | undefined>;
  /** Identifies the data when a training run is resumed. */
  identity(): Promise<DatabaseIdentity>;
  /** Finds a record by its key, or else by its index, counted from 0; throws NO_SUCH_RECORD. */
  find(keyOrNumber: string): number;
  /** Throws MIXED_SIZES, now or when an image is read, if the images do not all have one size. */
  requireOneSize(): void;
  close(): void;
}

/** The selected records of an LMDB, and what a program must know to read them. */
export interface RecordPlace {
  /** Its data file. */
  readonly path: string;
  readonly database?: string;
  /** Total number of records. */
  readonly records: number;
  /** Indexes of the selected records in key order; absent if all are selected. */
  readonly numbers?: Uint32Array;
  /** How its values store images, by the name that `--schema` takes. */
  readonly schema: string;
  /** LMDB's data format. */
  readonly format: number;
  readonly hasFloats: boolean;
  /** Whether images are stored as files, such as JPEG. */
  readonly files: boolean;
  /** Whether all records could be read. */
  readonly isWhole: boolean;
}

/** Provides the records that a scan has found. */
export class Samples implements SampleDatabase {
  readonly length: number;
  readonly shape: SampleDatabase['shape'];
  readonly isMixed: boolean;
  readonly sizes: readonly SizeCount[];
  readonly leftOut: readonly LeftOut[];
  readonly note?: string;
  readonly #first: SizeCount;
  /** Factor that floats are multiplied by: those from 0 to 1 are scaled to 0 to 255, the range of bytes. */
  readonly #gain: number;
  readonly #reader: DatumReader;
  readonly #scan: RecordScan;
  readonly #database?: string;
  #rule: SizeRule;

  constructor(
    readonly path: string,
    reader: DatumReader,
    scan: RecordScan,
    rule: SizeRule,
    database?: string,
    readonly split?: Split,
  ) {
    this.#reader = reader;
    this.#scan = scan;
    this.#rule = rule;
    this.#database = database;
    const { sizes, floats, indices, leftOut } = scan;
    this.#first = sizes[0];
    this.length = indices?.length ?? reader.length;
    this.shape = [this.#first.height, this.#first.width, this.#first.channels];
    this.isMixed = sizes.length > 1;
    this.sizes = sizes;
    this.leftOut = leftOut;
    this.#gain = floats && floats.least >= 0 && floats.most <= 1 ? 255 : 1;
    if (this.#gain !== 1) this.note = `${path}: float_data from 0 to 1 is scaled to 0 to 255, the range of bytes.`;
    else if (floats && (floats.least < 0 || floats.most > 255)) {
      const range = `${floats.least.toPrecision(3)} to ${floats.most.toPrecision(3)}`;
      this.note = `${path}: float_data from ${range} is not the range of pixels; scores and images treat 0 as black and 255 as white.`;
    }
  }

  at(index: number): Sample | undefined | Promise<Sample | undefined> {
    const [reader, scan] = [this.#reader, this.#scan];
    try {
      const sample = reader.at(scan.indices ? (scan.indices[index] ?? -1) : index);
      if (!(sample instanceof Promise)) return sample && this.#check(sample);
      return sample.then(
        (decoded) => this.#check(decoded),
        (error) => this.#fail(error),
      );
    } catch (error) {
      return this.#fail(error);
    }
  }

  get records(): RecordPlace {
    const { path, format } = this.#reader.info;
    const { indices, floats, leftOut } = this.#scan;
    return {
      ...{ path, database: this.#database, records: this.#reader.length, numbers: indices, format },
      schema: this.#reader.schema.name,
      hasFloats: floats !== undefined,
      files: this.#reader.datumAt(0)?.encoded === true,
      isWhole: leftOut.length === 0,
    };
  }

  requireOneSize(): void {
    checkSizes(this.path, this.sizes, undefined);
    this.#rule = undefined;
  }

  async identity(): Promise<DatabaseIdentity> {
    const whole = await this.#reader.identity();
    if (!this.split || !this.#scan.indices) return whole;
    const content = createHash('sha256').update(whole.content).update(this.#scan.indices);
    return { ...whole, content: content.digest('hex') };
  }

  find(text: string): number {
    const found = findRecord(this.#reader, this.path, text);
    const index = this.#scan.indices ? this.#scan.indices.indexOf(found) : found;
    if (index >= 0) return index;
    throw new CliError(
      'NO_SUCH_RECORD',
      `${this.path}: ${text} ${this.split ? 'is on the other side of the split' : 'is damaged and was skipped'}; name another record.`,
    );
  }

  close(): void {
    this.#reader.close();
  }

  async #fail(error: unknown): Promise<never> {
    throw await withAdvice(error, this.#reader, this.#database);
  }

  #check(sample: Sample): Sample {
    checkSizes(this.path, [this.#first, { ...sample, count: 1, key: sample.key ?? '' }], this.#rule);
    const { data } = sample;
    return this.#gain === 1 || !(data instanceof Float32Array)
      ? sample
      : { ...sample, data: data.map((value) => value * this.#gain) };
  }
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
