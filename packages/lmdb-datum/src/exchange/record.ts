/** A record during conversion: a key, a label, an image file, and the rest of its Datum. */
import type { BoundingBox } from '../datum/datum';

export interface ExchangeRecord {
  /** The key of a database. */
  readonly key: Uint8Array;
  readonly label?: number;
  /** The image file; absent if there can be none, as for floats. */
  readonly file?: Uint8Array;
  readonly facts: DatumFacts;
  /** See `Datum`. */
  readonly text?: string;
  readonly boxes?: readonly BoundingBox[];
  /** The complete message, if it is available. */
  readonly message?: Uint8Array;
}

/** What is needed to restore the message of a record, besides the label and the image file. */
export interface DatumFacts {
  /** Channels, height and width of the raw pixels that the image file, a PNG, was made from. */
  readonly raw?: readonly [channels: number, height: number, width: number];
  /** What precedes and follows the pixels or the image file in the message, if it differs from what @ae/lmdb-datum writes. */
  readonly head?: Uint8Array;
  readonly tail?: Uint8Array;
  /** The complete message, if it cannot be represented by an image file. */
  readonly whole?: Uint8Array;
}

/** Consecutive records: from `start` up to, but not including, `end`. */
export interface RecordRange {
  readonly start: number;
  readonly end: number;
}

/** Where records come from. */
export interface RecordSource {
  readonly total: number;
  /** Class names by label, from 0 on. */
  readonly classes?: readonly string[];
  /** @param range Default: all. */
  records(range?: RecordRange): AsyncIterable<ExchangeRecord> | Iterable<ExchangeRecord>;
  /** Returns what identifies these records. */
  digest(): Promise<string> | string;
  /** Warnings about input that may not have been interpreted as intended, as sentences. */
  readonly warnings: readonly string[];
  /** What was skipped, and why; it grows as records are read. */
  readonly skipped: { name: string; reason: string }[];
  close(): void;
}

/** Where they go. */
export interface RecordSink {
  add(record: ExchangeRecord): Promise<void> | void;
  /** Completes the output, which then gets its name. Returns the files or folders that were created. */
  finish(): Promise<readonly string[]>;
  /** Removes what was written. */
  abort(): Promise<void>;
}
