export type { BatchOptions, BatchPosition } from './batch-options.js';
export type { Batch, BatchStream } from './batches.js';
export { type ConvertReport, convertImageset } from './convert-imageset.js';
export type { SkippedImage } from './convert-journal.js';
export type { ConvertOptions, ConvertProgress } from './convert-options.js';
export { type Datum, type DatumInit, decodeDatum, encodeDatum, type Sample } from './datum.js';
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
} from './errors.js';
export {
  channelMeans,
  computeMean,
  decodeMean,
  encodeMean,
  type MeanImage,
  type MeanOptions,
  readMean,
  writeMean,
} from './mean.js';
export {
  type DatabaseInfo,
  DatumReader,
  type Entry,
  type OpenOptions,
  openDatumLmdb,
} from './reader.js';
export type { Damage } from './salvage.js';
export { encodeSample } from './sample.js';
export type { ScanOptions } from './scan.js';
export { type VerifyOptions, type VerifyReport, verify } from './verify.js';
export { caffeKey, DatumWriter, type WriterOptions } from './writer.js';
