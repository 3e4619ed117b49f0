/** Reads databases that are not files on this machine: in browsers, and over a network. */
export type { Datum, Sample } from '../datum/datum';
export {
  ClosedError,
  CorruptDatabaseError,
  DatumError,
  ImageError,
  InvalidOptionError,
  LmdbDatumError,
  NotLmdbError,
  NotReadableError,
  SourceChangedError,
  UnsupportedFormatError,
} from '../errors/errors';
export type { ByteSource } from '../source/byte-source';
export type { HttpOptions } from '../source/http-source';
export { openDatumSource } from '../source/open';
export type { OpenSourceOptions, WalkOptions } from '../source/options';
export type { SourceInput } from '../source/source-of';
export { DatumSourceReader, type SourceEntry, type SourceInfo } from '../source/source-reader';
