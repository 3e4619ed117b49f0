import { assertFlag, assertKeys, assertPath, checkMaxPixels, type Known } from '../errors/checks';
import { PageFile } from '../lmdb/page-file';
import { namedFormat } from '../schemas/record-format';
import type { VerifyOptions, VerifyReport } from './report';
import { verifyFile } from './verification';

export type { VerifiedDatabase, VerifyOptions, VerifyReport } from './report';

const knownOptions: Known<VerifyOptions> = {
  ...{ database: true, schema: true, images: true, maxPixels: true, signal: true, onProgress: true },
};

/**
 * Walks every page and every record, of the unnamed and of all named databases, and reports all damage: what it finds sound, every
 * way of reading gives whole. Never throws because of damage, unless nothing can be read at all. Takes what LMDB leaves behind in
 * sound files for sound: long overflow runs, pages that nothing uses, a file shorter than its last page. Databases with sorted
 * duplicates or other orders of keys, which are not read, are named in the report.
 *
 * @param path Folder with data.mdb, or a data file.
 * @throws NotReadableError, NotLmdbError, UnsupportedFormatError, CorruptDatabaseError if both meta pages are damaged,
 *   MissingDependencyError if images have to be decoded by sharp, InvalidOptionError if there is no such named database,
 *   DatabaseChangedError if a writer gets in between, or the signal's reason.
 */
export async function verify(path: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  assertPath('path', path);
  assertKeys('verify', options, knownOptions);
  assertFlag('images', options.images);
  checkMaxPixels(options.maxPixels);
  if (options.schema !== undefined) namedFormat(options.schema);
  const file = new PageFile(path, { lenient: true });
  try {
    return await verifyFile(file, options);
  } finally {
    file.close();
  }
}
