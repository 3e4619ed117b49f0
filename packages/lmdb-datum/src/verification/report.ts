import type { Damage } from '../lmdb/salvage';
import type { DatabaseMetaInfo } from '../schemas/meta-info';
import type { DatabaseSchema } from '../schemas/record-format';

/** What `verify` checks. */
export interface VerifyOptions {
  /** Check only this named database. Default: the unnamed one and all named ones. */
  database?: string;
  /**
   * Decode encoded images, too. Default true; without it, only the Datum around them is checked, and records whose images are damaged count
   * as readable.
   */
  images?: boolean;
  /** The format of the records; see `openDatumLmdb`. Default: detected from the first records of each database. */
  schema?: string;
  /**
   * Do not decode images with more pixels: they count as damaged. Default 89,478,485, the limit from which Pillow warns of a decompression
   * bomb.
   */
  maxPixels?: number;
  signal?: AbortSignal;
  onProgress?: (progress: { records: number; total: number; damaged: number }) => void;
}

/** What was found in one database of a file. */
export interface VerifiedDatabase {
  /** Absent for the unnamed one. */
  name?: string;
  /** How its values store images. Absent if they were not examined. */
  schema?: DatabaseSchema;
  /** Number of images according to its header; named databases, labels and counts do not count as records. */
  records: number;
  readable: number;
  /** Number of records that are not images, such as labels and counts, if the schema has them. */
  others?: number;
  /** BasicSR's meta_info.txt, which lists the images and their sizes, if it is beside image files; differences count as damage. */
  metaInfo?: DatabaseMetaInfo;
  /** Why its records were not examined: an unsupported kind of database, or one without a single Datum. */
  notRead?: string;
}

/** The result of `verify`. */
export interface VerifyReport {
  path: string;
  /** True if nothing is damaged, so that every way of reading returns everything. */
  ok: boolean;
  /** Number of records according to the headers, in all supported databases. */
  records: number;
  /** Number of records that can be read completely, and have pixels. */
  readable: number;
  /** Each database of the file: the unnamed one, unless it contains only named ones, and the named ones. */
  databases: VerifiedDatabase[];
  /** Number of image files that were not decoded, because of `images: false`. */
  imagesSkipped: number;
  /** Pages of the snapshot, and those of them that contain the trees, their values and the list of free pages. */
  pages: number;
  usedPages: number;
  freePages: number;
  damage: Damage[];
}
