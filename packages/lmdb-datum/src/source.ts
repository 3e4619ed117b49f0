/** `@ae/lmdb-datum/source`: databases that are no files of this machine, in browsers too. */
export { type HttpSourceOptions, httpSource } from './source/http-source';
export type { Source } from './source/source';
export type { SourceLike } from './source/source-of';
export {
  openDatumSource,
  type SourceOptions,
  SourceReader,
  type SourceRecord,
  type SourceScan,
} from './source/source-reader';
