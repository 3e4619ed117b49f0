export type { BatchOptions, BatchPosition } from './batch-options';
export type { Batch, BatchStream } from './batches';
export * from './convert';
export type { Datum, DatumInit, Sample } from './datum';
export { decodeDatum } from './decode-datum';
export { encodeDatum } from './encode-datum';
export {
  ClosedError,
  CorruptDatabaseError,
  DatabaseChangedError,
  DatumError,
  type ErrorWhere,
  ImageError,
  InvalidOptionError,
  LmdbDatumError,
  MissingDependencyError,
  MixedSizesError,
  NotLmdbError,
  NotReadableError,
  OutputExistsError,
  UnsupportedFormatError,
  WriteError,
} from './errors';
export type { DatabaseIdentity } from './identity';
export {
  channelMeans,
  computeMean,
  decodeMean,
  encodeMean,
  type MeanImage,
  type MeanOptions,
  readMean,
  writeMean,
} from './mean';
export {
  type DatabaseInfo,
  DatumReader,
  type Entry,
  type OpenOptions,
  openDatumLmdb,
} from './reader';
export { type ResizeOptions, type ResizeProgress, type ResizeReport, resizeDatabase } from './resize-database';
export type { Damage } from './salvage';
export { encodeSample } from './sample';
export type { ScanOptions } from './scan';
export { describeValue } from './value-layout';
export { type VerifiedDatabase, type VerifyOptions, type VerifyReport, verify } from './verify';
export { caffeKey, DatumWriter, type WriterOptions } from './writer';
