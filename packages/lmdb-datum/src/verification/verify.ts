import {
  assertFlag,
  assertFunction,
  assertKeys,
  assertName,
  assertPath,
  assertSignal,
  checkMaxPixels,
  type Known,
} from '../errors/checks';
import { PageFile } from '../lmdb/page-file';
import { namedFormat } from '../schemas/record-format';
import type { VerifyOptions, VerifyReport } from './report';
import { verifyFile } from './verification';

export type { VerifiedDatabase, VerifyOptions, VerifyReport } from './report';

const knownOptions: Known<VerifyOptions> = {
  ...{ database: assertName, schema: true, images: assertFlag, maxPixels: true },
  ...{ signal: assertSignal, onProgress: assertFunction },
};

/**
 * Walks every page and every record of the unnamed and all named databases, and reports all damage: if it finds none, every way of reading
 * returns everything. Never throws because of damage, unless nothing can be read at all. Leftovers of LMDB in intact files are not damage:
 * long overflow runs, unused pages, a file shorter than its last page. Databases with sorted duplicates or other key orders, which are not
 * supported, are listed in the report.
 *
 * @param path Folder with data.mdb, or a data file.
 * @throws NotReadableError, NotLmdbError, UnsupportedFormatError, CorruptDatabaseError if both meta pages are damaged,
 * MissingDependencyError if sharp is needed to decode images, InvalidOptionError if the named database does not exist, DatabaseChangedError
 * if a writer interferes, or the signal's reason.
 */
export async function verify(path: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  assertPath('path', path);
  assertKeys('verify', options, knownOptions);
  checkMaxPixels(options.maxPixels);
  if (options.schema !== undefined) namedFormat(options.schema);
  const file = new PageFile(path, { lenient: true });
  try {
    return await verifyFile(file, options);
  } finally {
    file.close();
  }
}
