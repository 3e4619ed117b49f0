/** How a database is opened. */
import { assertFlag, assertKeys, assertName, type Known, refuse } from '../errors/checks';

/** How a database is opened. */
export interface OpenOptions {
  /** Name of a named database inside the file. Default: the unnamed one, as in Caffe. */
  database?: string;
  /**
   * Read around damage instead of stopping at it: unreadable records are skipped and listed in `reader.damage`; of two meta pages, the
   * intact one is used. Walks the tree once when opening. Default false.
   */
  lenient?: boolean;
  /**
   * Store the index of the keys, which `at()` and `batches()` need, in this file; true: beside the data file, with `.index` added. It is
   * written if it is missing or belongs to another transaction. Default: it is built in memory each time.
   */
  indexFile?: string | true;
  /** Refuse to decode image files with more pixels. Default 89,478,485, the limit from which Pillow warns of a decompression bomb. */
  maxPixels?: number;
  /**
   * How the values store images: 'datum' (Caffe's), 'annotated-datum', 'caffe2', 'ocr', 'stylegan2', 'image-files', 'pickle' or 'msgpack';
   * optionally followed by a colon and one of `reader.schema.variants`, such as 'stylegan2:128'. Default: detected from the first records.
   */
  schema?: string;
}

const knownOptions: Known<OpenOptions> = {
  ...{ database: assertName, schema: true, lenient: assertFlag, maxPixels: true, indexFile: true },
};

/** @throws InvalidOptionError */
export function checkOpenOptions(options: OpenOptions): void {
  assertKeys('openDatumLmdb', options, knownOptions);
  const { indexFile } = options;
  if (indexFile !== undefined && indexFile !== true && typeof indexFile !== 'string') {
    refuse('indexFile', 'true or a path', indexFile);
  }
}
