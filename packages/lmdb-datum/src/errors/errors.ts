/**
 * One class per cause, each with a stable `code`. For a wrong value, the sentence is made from its parts: `where: expected ..., received
 * ...; what to do.` A state is described as it is: "The disk is full.".
 */

import { type ErrorParts as Parts, SentenceError, sentenceOf } from '@ae/ground/errors';

export { inWords as describe } from '@ae/ground/in-words';

/** The parts of an error's sentence, for programs. */
export interface ErrorParts extends Parts {
  /** The option of this package that `todo` refers to; the sentence names it in parentheses. */
  readonly option?: string;
}

/** A value that is not as expected. */
export type WrongValue = ErrorParts & Required<Pick<Parts, 'where' | 'expected' | 'received'>>;

/** A state, and what to do about it. */
export type State = ErrorParts & Required<Pick<Parts, 'state'>>;

/** Where an error occurred. The message contains all of it; these are for callers that branch or report. */
export interface ErrorWhere {
  /** File or folder concerned. */
  path?: string;
  /** Key of the record concerned, as text. */
  key?: string;
  /** Number of the damaged page. */
  page?: number;
  /** What the value of a record is, if it does not match the schema of its database: "a JPEG file". */
  layout?: string;
  cause?: unknown;
}

/** Base class of all errors that this package throws, except the `AbortSignal`'s own reason. */
export class LmdbDatumError extends SentenceError implements ErrorParts {
  readonly code: string = 'LMDB_DATUM';
  declare readonly option?: string;
  declare readonly path?: string;
  declare readonly key?: string;
  declare readonly page?: number;
  declare readonly layout?: string;

  /** @internal Only this package creates them. */
  constructor(what: string | WrongValue | State, where: ErrorWhere & ErrorParts = {}) {
    super('lmdb-datum', what, where, typeof what === 'string' ? what : withOption(what));
  }
}

/** Makes the sentence from its parts, including the option that helps. */
function withOption(what: WrongValue | State): string {
  return sentenceOf(what.option ? { ...what, todo: `${what.todo} (option ${what.option})` } : what);
}

/** An argument or option is out of range. */
export class InvalidOptionError extends LmdbDatumError {
  override readonly code = 'INVALID_OPTION';
}

/** There is no database (or image, or list) at the path, or it cannot be read. */
export class NotReadableError extends LmdbDatumError {
  override readonly code = 'NOT_READABLE';
}

/** The file is not an LMDB data file. The message says what it looks like. */
export class NotLmdbError extends LmdbDatumError {
  override readonly code = 'NOT_LMDB';
}

/** The file is an LMDB of an unsupported kind (32-bit, big-endian, dupsort, encrypted ...). */
export class UnsupportedFormatError extends LmdbDatumError {
  override readonly code = 'UNSUPPORTED_FORMAT';
}

/** A page, node or length contradicts the rest of the file: it is damaged or truncated. */
export class CorruptDatabaseError extends LmdbDatumError {
  override readonly code = 'CORRUPT_DATABASE';
}

/** A writer changed the database so much that the reader's snapshot is no longer in the file. */
export class DatabaseChangedError extends LmdbDatumError {
  override readonly code = 'DATABASE_CHANGED';
}

/** What is read over the network, or from a Blob, is no longer what was opened. */
export class SourceChangedError extends LmdbDatumError {
  override readonly code = 'SOURCE_CHANGED';
}

/** The reader, writer or iterator was used after `close()`. */
export class ClosedError extends LmdbDatumError {
  override readonly code = 'CLOSED';
}

/** A record's bytes are not a valid Datum. `key` names the record. */
export class DatumError extends LmdbDatumError {
  override readonly code = 'BAD_DATUM';
}

/** An image (a file, or the encoded bytes of a Datum) cannot be decoded. */
export class ImageError extends LmdbDatumError {
  override readonly code = 'BAD_IMAGE';
}

/** Records that must have the same size or kind do not. */
export class MixedSizesError extends LmdbDatumError {
  override readonly code = 'MIXED_SIZES';
}

/** An optional dependency (`sharp` or `lmdb`) is not installed or cannot be loaded here. */
export class MissingDependencyError extends LmdbDatumError {
  override readonly code = 'MISSING_DEPENDENCY';
}

/** The output already exists and would be overwritten. */
export class OutputExistsError extends LmdbDatumError {
  override readonly code = 'OUTPUT_EXISTS';
}

/** A shard of an output is missing, duplicated, or was made with different settings from the others. `path` names it. */
export class ShardError extends LmdbDatumError {
  override readonly code = 'BAD_SHARDS';
}

/** Writing failed: no space, read-only, no permission, a key that is too long or already exists. */
export class WriteError extends LmdbDatumError {
  override readonly code = 'WRITE_FAILED';
}

/** Text of a caught value, for messages that name the package and the path themselves. */
export function reasonOf(error: unknown): string {
  if (error instanceof LmdbDatumError) return error.sentence;
  if (!(error instanceof Error)) return String(error);
  // The operating system's: "ENOENT: no such file or directory, open 'name'".
  return 'syscall' in error ? error.message.replace(/, \w+( '.*)?$/s, '') : error.message;
}
