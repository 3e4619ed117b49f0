/** A record on its way from one form to another: a key, a label, an image file, and what else makes its Datum what it is. */
import type { BoundingBox } from '../datum/datum';

export interface ExchangeRecord {
  /** The key of a database. */
  readonly key: Uint8Array;
  readonly label?: number;
  /** The image file; absent where there can be none, as of floats. */
  readonly file?: Uint8Array;
  readonly facts: DatumFacts;
  /** See `Datum`. */
  readonly text?: string;
  readonly boxes?: readonly BoundingBox[];
  /** The whole message, where it is at hand. */
  readonly message?: Uint8Array;
}

/** What makes the message of a record, beside the label and the image file. */
export interface DatumFacts {
  /** Channels, height and width of raw pixels, of which the image file was made, as PNG. */
  readonly raw?: readonly [channels: number, height: number, width: number];
  /** What stands before the pixels or the image file in the message, and after them, where that is not as @ae/lmdb-datum writes it. */
  readonly head?: Uint8Array;
  readonly tail?: Uint8Array;
  /** The whole message, where no image file can be made of it. */
  readonly whole?: Uint8Array;
}

/** Records that follow each other: from `start` on, before `end`. */
export interface RecordRange {
  readonly start: number;
  readonly end: number;
}

/** Where records come from. */
export interface RecordSource {
  readonly total: number;
  /** What the numbers of labels are called, from 0 on. */
  readonly classes?: readonly string[];
  /** @param range Default: all. */
  records(range?: RecordRange): AsyncIterable<ExchangeRecord> | Iterable<ExchangeRecord>;
  /** Returns what tells these records from others. */
  digest(): Promise<string> | string;
  /** What may not be meant as it was taken, in sentences. */
  readonly warnings: readonly string[];
  /** What was left out, and why; it grows as records are read. */
  readonly skipped: { name: string; reason: string }[];
  close(): void;
}

/** Where they go. */
export interface RecordSink {
  add(record: ExchangeRecord): Promise<void> | void;
  /** Completes the output, which then has its name. Returns the files or folders that were made. */
  finish(): Promise<readonly string[]>;
  /** Removes what was written. */
  abort(): Promise<void>;
}
