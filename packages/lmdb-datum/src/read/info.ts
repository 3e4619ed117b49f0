/** Facts about an open database. */
import { listNames } from '../lmdb/named-databases';
import { imageFilesSchema } from '../schemas/image-files';
import { type DatabaseMetaInfo, MetaInfo } from '../schemas/meta-info';
import type { DatabaseSchema } from '../schemas/record-format';
import type { Images } from './images';
import type { Places } from './places';

/** Facts about the open file. */
export interface DatabaseInfo {
  /** The data file. */
  path: string;
  /** How its values store images. */
  schema: DatabaseSchema;
  /** LMDB data format: 1 (LMDB 0.9, Caffe, py-lmdb) or 2 (npm lmdb 3.x, LMDB 1.0). */
  format: 1 | 2;
  /** Number of images. */
  count: number;
  /** Number of records that are not images, such as labels and counts, if the schema has any; otherwise absent. */
  others?: number;
  /** BasicSR's meta_info.txt, if it is beside image files. `verify` compares it with them. */
  metaInfo?: DatabaseMetaInfo;
  firstKey?: string;
  lastKey?: string;
  pageSizeBytes: number;
  /** Levels of the tree, including leaves. 0 if empty. */
  depth: number;
  branchPages: number;
  leafPages: number;
  overflowPages: number;
  mapSizeBytes: number;
  fileSizeBytes: number;
  lastTransactionId: number;
  /** Names of the named databases in the file, if there are any and the unnamed one is small. */
  databases?: string[];
  /** What is wrong with one of the meta pages. Only if opened with `lenient`. */
  metaDamage?: string;
}

/** Collects what is known. */
export function infoOf(
  places: Places,
  images: Images,
  { firstKey, lastKey }: { readonly firstKey?: string; readonly lastKey?: string },
): DatabaseInfo {
  const { file, tree, count: records, addDamage } = places;
  const { length: count } = images;
  const metaInfo = images.format.schema === imageFilesSchema ? MetaInfo.beside(file.path)?.said : undefined;
  const databases = addDamage ? [] : listNames(file);
  return {
    path: file.path,
    schema: images.format.description,
    format: file.layout.format,
    count,
    ...(records > count && { others: records - count }),
    ...(metaInfo && { metaInfo }),
    firstKey,
    lastKey,
    pageSizeBytes: file.pageSizeBytes,
    depth: tree.depth,
    branchPages: tree.branchPages,
    leafPages: tree.leafPages,
    overflowPages: tree.overflowPages,
    mapSizeBytes: file.meta.mapSizeBytes,
    fileSizeBytes: file.fileBytes,
    lastTransactionId: file.meta.transactionId,
    ...(databases.length > 0 && { databases }),
    ...(file.metaDamage !== undefined && { metaDamage: file.metaDamage }),
  };
}
