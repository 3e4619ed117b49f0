/** How a database is opened. */
import { assertFlag, assertKeys, type Known, refuse } from '../errors/checks';

/** How a database is opened. */
export interface OpenOptions {
  /** Name of a named database inside the file. Caffe uses the unnamed one, which is the default. */
  database?: string;
  /**
   * Read around damage instead of stopping at it: records that can't be read are left out and listed in `reader.damage`; of two
   * meta pages the sound one is taken. Walks the tree once when opening. Default false.
   */
  lenient?: boolean;
  /**
   * Keep the index of the keys, which `at()` and `batches()` need, in this file; true: beside the data file, with `.index` added.
   * It is written if it is missing or of another transaction. Default: it is built anew, in memory.
   */
  indexFile?: string | true;
  /** Refuse to decode image files of more pixels. Default 89,478,485, from where Pillow warns of a decompression bomb. */
  maxPixels?: number;
  /**
   * How the values hold images: 'datum' (Caffe's), 'annotated-datum', 'caffe2', 'ocr', 'stylegan2', 'image-files', 'pickle' or
   * 'msgpack'; with what `reader.schema.variants` names after a colon, such as 'stylegan2:128'. Default: told by the first records.
   */
  schema?: string;
}

const knownOptions: Known<OpenOptions> = {
  ...{ database: true, schema: true, lenient: true, maxPixels: true, indexFile: true },
};

/** @throws InvalidOptionError */
export function checkOpenOptions(options: OpenOptions): void {
  assertKeys('openDatumLmdb', options, knownOptions);
  const { database, lenient, indexFile } = options;
  if (database !== undefined && typeof database !== 'string') refuse('database', 'a name', database);
  assertFlag('lenient', lenient);
  if (indexFile !== undefined && indexFile !== true && typeof indexFile !== 'string') {
    refuse('indexFile', 'true or a path', indexFile);
  }
}
