import type { Damage } from '../lmdb/salvage';
import type { DatabaseMetaInfo } from '../schemas/meta-info';
import type { DatabaseSchema } from '../schemas/record-format';

/** What `verify` checks. */
export interface VerifyOptions {
  /** Check only this named database. Default: the unnamed one and all named ones. */
  database?: string;
  /**
   * Decode encoded images too. Default true; without it only the Datum around them is checked, and records whose images are damaged
   * count as readable.
   */
  images?: boolean;
  /** The format of the records; see `openDatumLmdb`. Default: detected from the first records of each database. */
  schema?: string;
  /** Do not decode images of more pixels: they count as damaged. Default 89,478,485, from where Pillow warns of a bomb. */
  maxPixels?: number;
  signal?: AbortSignal;
  onProgress?: (progress: { records: number; total: number; damaged: number }) => void;
}

/** What was found of one database of a file. */
export interface VerifiedDatabase {
  /** Absent for the unnamed one. */
  name?: string;
  /** How its values hold images. Absent where they were not looked at. */
  schema?: DatabaseSchema;
  /** Images that its header promises; named databases, labels and counts don't count as records. */
  records: number;
  readable: number;
  /** Records that are no images, such as labels and counts, where the schema has them. */
  others?: number;
  /** BasicSR's meta_info.txt, which names the images and their sizes, where it lies beside image files; what differs is damage. */
  metaInfo?: DatabaseMetaInfo;
  /** Why its records were not looked at, in words: a kind of database that is not read, or one without a single Datum. */
  notRead?: string;
}

/** What `verify` found. */
export interface VerifyReport {
  path: string;
  /** True if nothing is damaged, so that every way of reading gives everything. */
  ok: boolean;
  /** Records that the headers promise, of all databases that are read. */
  records: number;
  /** Records that can be read whole, and have pixels. */
  readable: number;
  /** Each database of the file: the unnamed one, unless it holds nothing but named ones, and the named ones. */
  databases: VerifiedDatabase[];
  /** Image files that were not decoded, by `images: false`. */
  imagesSkipped: number;
  /** Pages of the snapshot, and those of them that hold the trees, their values and the list of free pages. */
  pages: number;
  usedPages: number;
  freePages: number;
  damage: Damage[];
}
