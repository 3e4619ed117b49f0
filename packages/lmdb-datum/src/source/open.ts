/** Opens a database that is not a file on this machine. */
import type { TreeRecord } from '../lmdb/meta';
import { assertPlainTree, findNamedTree } from '../lmdb/named-databases';
import type { Page } from '../lmdb/page';
import { type ScanOptions, scanTree } from '../lmdb/scan';
import { datumSchema } from '../schemas/datum';
import { firstRecords, lookupOf } from '../schemas/lookup';
import { formatOf, RecordFormat } from '../schemas/record-format';
import { checkSourceOptions, type OpenSourceOptions } from './options';
import { type SourceInput, sourceOf } from './source-of';
import { SourcePages } from './source-pages';
import { DatumSourceReader } from './source-reader';
import { takeStep, takeStepNow } from './steps';

/**
 * Opens a database that is not a file on this machine. Most databases take one request; others take a few more, down to the first record,
 * to detect their schema.
 *
 * @param source An address (of data.mdb, on a server that supports range requests), a Blob or File, bytes, or an object with `read(offset,
 * length)`.
 * @throws NotReadableError, NotLmdbError, UnsupportedFormatError, CorruptDatabaseError or InvalidOptionError.
 */
export async function openDatumSource(
  source: SourceInput,
  options: OpenSourceOptions = {},
): Promise<DatumSourceReader> {
  const { database, schema, cacheBytes, maxPixels, signal, headers, fetch } = checkSourceOptions(options);
  const pages = await SourcePages.open(sourceOf(source, { headers, fetch }), cacheBytes, signal);
  const tree = database === undefined ? pages.meta.main : await takeStep(() => findNamedTree(pages, database));
  assertPlainTree(tree, pages.path);
  const tell = () => tellFormat(pages, tree, schema);
  const isAllToTell = database === undefined && schema === undefined;
  const told = takeStepNow(tell) ?? (isAllToTell ? tellDatums(pages, tree) : undefined) ?? (await takeStep(tell));
  return DatumSourceReader.open(pages, { tree, maxPixels, ...told });
}

interface Told {
  format: RecordFormat;
  /** Number of images, if it is known without reading all keys. */
  count?: number;
}

/** A step: detects the schema of a database, and the number of its images. */
function tellFormat(pages: SourcePages, tree: TreeRecord, schema: string | undefined): Told {
  const scan = (options: ScanOptions) => scanTree(pages, tree, options);
  const values = { read: (leaf: Page, node: number) => pages.value(leaf, node) };
  const lookup = lookupOf(scan, values);
  const format = formatOf(schema, firstRecords(scan, values), lookup);
  if (format.namesImages) return { format, count: format.schema.countSaid?.(lookup)?.count };
  return { format, count: tree.entries - format.sideKeysIn(lookup).length };
}

/**
 * Recognizes Caffe's Datums by one that came with the meta pages; undefined if none did. Most databases begin with a leaf and its first
 * value, whereas the way down the tree to the first record takes as many requests as the tree is deep.
 */
function tellDatums(pages: SourcePages, { entries }: TreeRecord): Told | undefined {
  const lookup = { get: () => undefined, keyFrom: () => undefined };
  for (const leaf of pages.leavesInHead()) {
    const value = leaf.isSubtree(0) ? undefined : takeStepNow(() => pages.value(leaf, 0));
    const told = value && datumSchema.recognize(value, '', lookup);
    if (told !== undefined)
      return { format: new RecordFormat(datumSchema, `${told} at the front of the file`), count: entries };
  }
  return undefined;
}
