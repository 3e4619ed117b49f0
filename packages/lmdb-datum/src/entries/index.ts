export type { Shard } from '@ae/ground/shards';
export type { BatchShard } from '../batches/epoch-order';
export type { BatchData, BatchDtype, BatchOptions, BatchPosition, MeanPlanes } from '../batches/options';
export { type Batch, BatchStream } from '../batches/stream';
export { type ResizeOptions, type ResizeProgress, type ResizeReport, resizeDatabase } from '../convert/resize-database';
export type { BoundingBox, Datum, DatumInit, Sample } from '../datum/datum';
export { decodeDatum } from '../datum/decode';
export { encodeDatum } from '../datum/encode';
export { encodeSample } from '../datum/sample';
export { describeValue } from '../datum/value-layout';
export {
  ClosedError,
  CorruptDatabaseError,
  DatabaseChangedError,
  DatumError,
  type ErrorParts,
  type ErrorWhere,
  ImageError,
  InvalidOptionError,
  LmdbDatumError,
  MissingDependencyError,
  MixedSizesError,
  NotLmdbError,
  NotReadableError,
  OutputExistsError,
  ShardError,
  SourceChangedError,
  UnsupportedFormatError,
  WriteError,
} from '../errors/errors';
export {
  type ConvertDatabaseOptions,
  type ConvertDatabaseReport,
  convertDatabase,
} from '../exchange/convert-database';
export type { OutputForm } from '../exchange/forms';
export { type MergeOptions, type MergeProgress, type MergeReport, mergeShards } from '../exchange/merge-shards';
export type { ShardLimits } from '../exchange/shards';
export type { Damage } from '../lmdb/salvage';
export type { ScanOptions } from '../lmdb/scan';
export type { DatabaseIdentity } from '../read/identity';
export type { DatabaseInfo } from '../read/info';
export { channelMeans, computeMean, type MeanImage, type MeanOptions } from '../read/mean';
export { decodeMean, encodeMean, readMean, writeMean } from '../read/mean-file';
export type { OpenOptions } from '../read/options';
export { DatumReader, type Entry, openDatumLmdb } from '../read/reader';
export type { DatabaseMetaInfo } from '../schemas/meta-info';
export type { DatabaseSchema } from '../schemas/record-format';
export { type VerifiedDatabase, type VerifyOptions, type VerifyReport, verify } from '../verification/verify';
export { caffeKey, DatumWriter, type WriterOptions } from '../write/writer';
export * from './convert';
