/** Makes an LMDB from image files, following the rules of Caffe's convert_imageset. */

import path from 'node:path';
import { areLines, labelsName } from '@ae/ground/class-names';
import { adviseOn, sayUnreadImages } from '@ae/images/files';
import { Random, shuffleInPlace } from '../batches/random';
import { ImageError, reasonOf, WriteError } from '../errors/errors';
import { Conversion, sourceOf } from './conversion';
import { type ImageClass, nameFew, type OddLabel } from './image-file';
import { readImageList } from './image-list';
import { type ImageSource, openImages } from './image-source';
import type { SkippedImage } from './journal';
import { type ConvertOptions, type ConvertPlan, checkConvertOptions } from './options';
import { moveIntoPlace, partialName } from './output-folder';
import { findComplete, type ImportedPart, importPart, noteComplete, placeOf } from './shards';
import { claimWorkFolder, removeTraces, removeWorkFolder, type WorkFolder } from './work-folder';

/** The result of `convertImageset`. */
export interface ConvertReport {
  /** The folder that was created; with `shard`, the shard's folder. */
  output: string;
  /** The shard was already complete, and nothing was done. */
  wasComplete?: true;
  records: number;
  /** Size of the pixels of all images, before `encoded` stores their files, as `CxHxW`; absent if they have different sizes. */
  size?: string;
  skipped: SkippedImage[];
  /** Files and folders that were skipped because they contain no images, or because images are beside class folders. */
  ignored: string[];
  /** Classes in label order, if they come from folders or are named in a list. */
  classes?: ImageClass[];
  /** File with the class names of a list, one per line. */
  labelsFile?: string;
  /** Labels in a list that are not 32-bit whole numbers: how many, and the first of them. */
  oddLabels?: { count: number; examples: OddLabel[] };
  /** Warnings about input that may not have been interpreted as intended, as sentences. */
  warnings: string[];
  elapsedMs: number;
}

/**
 * Converts images to a database. Unreadable images are skipped, leave a gap in the numbering as in Caffe, and are listed in the report.
 * Until it is complete, the database has the name `output` + '.partial', which is removed if anything fails, unless `resume` keeps it. The
 * same call continues from what a killed process left there. With `shard`, only a part is converted, to a database beside `output`;
 * `mergeShards` combines them.
 *
 * @throws InvalidOptionError, OutputExistsError, NotReadableError, MissingDependencyError, WriteError, MixedSizesError, ImageError if no
 * image can be decoded, or the signal's reason.
 */
export async function convertImageset(options: ConvertOptions): Promise<ConvertReport> {
  const startedMs = performance.now();
  const plan = checkConvertOptions(options);
  const source = await openSource(options);
  try {
    return await convertSource(source, plan, options, startedMs);
  } finally {
    source.close();
  }
}

async function openSource({ input, list, labels, output, signal }: ConvertOptions): Promise<ImageSource> {
  if (list === undefined) return openImages(input, output, signal);
  return { ...readImageList(list, input as string, labels), close() {} };
}

async function convertSource(
  { images, ignored, classes, oddLabels, warnings }: ImageSource,
  plan: ConvertPlan,
  options: ConvertOptions,
  startedMs: number,
): Promise<ConvertReport> {
  const { output } = options;
  if (images.length === 0) throw noImages(sourceOf(options), ignored);
  if (options.shuffle !== undefined && options.shuffle !== false) shuffleInPlace(images, new Random(options.shuffle));
  const labels = options.list === undefined ? namedClasses(classes) : classes;
  const part = options.shard && importPart(images, plan, options.shard, options.checkSize, classes);
  const place = placeOf(output, options.shard);
  const reportOf = ({ records, sizes, skipped }: ImportedPart, isThere?: true): ConvertReport => ({
    ...{ output: place, records, ...(sizes.length === 1 && { size: sizes[0] }), skipped, ignored },
    ...(isThere && { wasComplete: isThere }),
    ...(classes && { classes }),
    ...(labels && { labelsFile: path.join(place, labelsName) }),
    ...(oddLabels && { oddLabels }),
    ...{ warnings: withUnread(warnings, ignored), elapsedMs: performance.now() - startedMs },
  });
  const complete = part && findComplete<ImportedPart>(place, part.work);
  if (complete) {
    removeTraces(place);
    return reportOf(complete, true);
  }
  const work = new Conversion(images, plan, options, startedMs, labels, part);
  // Killed when everything was done except the last step.
  if (!work.isFinished(place)) {
    await work.start();
    try {
      const folder = claimWorkFolder(place, () => work.goOnIn(partialName(place)));
      const note = () => part && noteComplete(folder.path, part.work, { ...work.result, ...(classes && { classes }) });
      await finish(folder, place, work, note);
    } finally {
      await work.stop();
    }
  }
  removeTraces(place);
  return reportOf(work.result);
}

/** Returns the classes whose names are worth a file: those of folders and Parquet files, if there are several. */
function namedClasses(classes: ImageClass[] | undefined): ImageClass[] | undefined {
  const isWorth = classes && classes.length > 1 && areLines(classes.map(({ name }) => name));
  return isWorth ? classes : undefined;
}

/** Adds which images were skipped because no decoder reads them: that may be most of a phone's. */
function withUnread(warnings: string[], ignored: readonly string[]): string[] {
  const unread = sayUnreadImages(ignored);
  return unread === undefined ? warnings : [...warnings, `${unread}.`];
}

function noImages(source: string, ignored: readonly string[]): ImageError {
  const found = ignored.length === 0 ? '' : `, only ${nameFew(ignored)}`;
  return new ImageError(
    {
      state: `${source} contains no images${found}`,
      todo: adviseOn(ignored),
    },
    { path: source },
  );
}

/** Does the work in its folder, which is then renamed to the output. */
async function finish(folder: WorkFolder, output: string, work: Conversion, note: () => void): Promise<void> {
  try {
    await work.run(folder);
    note();
    moveIntoPlace(folder.path, output);
  } catch (cause) {
    const isKept = work.keepsWork;
    if (!isKept) removeWorkFolder(folder.path);
    throw cause instanceof WriteError ? tellWhatIsKept(cause, isKept ? folder.path : undefined) : cause;
  } finally {
    folder.release();
  }
}

/** What remains of an import that could not write. */
function tellWhatIsKept(error: WriteError, partial: string | undefined): WriteError {
  const kept = partial
    ? `${partial} keeps the images that were committed; the same import continues from there`
    : 'nothing was kept of this import';
  const message = reasonOf(error).replace(/\.$/, '');
  return new WriteError({ state: message, todo: kept }, { path: error.path, cause: error });
}
