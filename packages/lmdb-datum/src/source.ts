/** `@ae/lmdb-datum/source`: databases that are no files of this machine, in browsers too. */
export { type HttpSourceOptions, httpSource } from './source/http-source';
export type { Source, SourceLike } from './source/source';
export {
  openDatumSource,
  type SourceOptions,
  SourceReader,
  type SourceRecord,
  type SourceScan,
} from './source/source-reader';
