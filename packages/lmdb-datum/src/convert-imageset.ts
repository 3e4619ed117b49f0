/** Makes an LMDB from image files, by the rules of Caffe's convert_imageset. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DatumInit } from './datum.js';
import { describe, ImageError, InvalidOptionError, MixedSizesError, OutputExistsError, reasonOf } from './errors.js';
import { decodeImage, encodeImage, type Pixels, toPlanarBgr } from './image.js';
import { type ImageClass, type ImageFile, type ImageList, listImageFolder, readImageList } from './image-list.js';
import { assertSeed, Random, shuffleInPlace } from './random.js';
import { type FitMode, type Resampler, resizePixels } from './resize.js';
import { caffeKey, DatumWriter, MAX_KEY_BYTES } from './writer.js';

export interface ConvertOptions {
  /** Folder of class folders, or the root that stands before the names of `list`. */
  input: string;
  /** List file, `name label` a line. Without it the class folders of `input` give the labels. */
  list?: string;
  /** Folder of the database to make. It must not exist. */
  output: string;
  /** Store one grey channel. Default false: three channels, blue-green-red. */
  gray?: boolean;
  /** Random order by this seed. Default false: the order of the list. */
  shuffle?: number | false;
  /** Resize to this height and width; both or neither. Default: sizes stay. */
  resizeHeight?: number;
  resizeWidth?: number;
  /** How the aspect ratio is treated. Default 'squash', as Caffe does. */
  fit?: FitMode;
  /** Default 'antialiased'. 'bilinear' gives the pixels that convert_imageset gives. */
  resampler?: Resampler;
  /** Fail on the first image of another size than the first one's. Default false. */
  checkSize?: boolean;
  /** Store image files instead of raw pixels. Default false. */
  encoded?: boolean;
  /** Kind of file to store, 'jpg', 'png' or 'webp'. Implies `encoded`. Default: each file's own. */
  encodeType?: string;
  /** Called after each batch of images, and at the end. */
  onProgress?: (progress: ConvertProgress) => void;
  /** Stops between two images; the call then rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface ConvertProgress {
  /** Images handled so far, skipped ones included. */
  done: number;
  total: number;
  records: number;
  skipped: number;
  elapsedMs: number;
  imagesPerSecond: number;
}

/** An image that isn't in the database, and why. */
export interface SkippedImage {
  name: string;
  reason: string;
}

export interface ConvertReport {
  output: string;
  records: number;
  skipped: SkippedImage[];
  /** Files of the folder that were passed over because their names aren't those of images. */
  ignored: string[];
  /** Classes in label order, when they come from folders. */
  classes?: ImageClass[];
  elapsedMs: number;
}

/**
 * Converts images to a database. Images that can't be read are skipped, leave a gap in the numbering as in Caffe, and are named
 * in the report. Until it is complete the database has the name `output` + '.partial', and it is removed if anything fails.
 *
 * @throws InvalidOptionError, OutputExistsError, NotReadableError, MissingDependencyError, WriteError, MixedSizesError, or the
 *   signal's reason.
 */
export async function convertImageset(options: ConvertOptions): Promise<ConvertReport> {
  const startedMs = performance.now();
  const plan = checkOptions(options);
  const list = options.list === undefined ? listImageFolder(options.input) : readImageList(options.list, options.input);
  if (list.images.length === 0) {
    throw new ImageError(
      `${options.list ?? options.input}: expected images, received none; check the path and the file names.`,
    );
  }
  if (options.shuffle !== undefined && options.shuffle !== false)
    shuffleInPlace(list.images, new Random(options.shuffle));
  const report: ConvertReport = {
    output: options.output,
    records: 0,
    skipped: [],
    ignored: list.ignored,
    ...(list.classes && { classes: list.classes }),
    elapsedMs: 0,
  };
  const partial = `${options.output.replace(/[/\\]+$/, '')}.partial`;
  for (const name of [options.output, partial]) assertFree(name);
  try {
    await writeRecords(partial, list, plan, options, report, startedMs);
    fs.renameSync(partial, options.output);
  } catch (cause) {
    fs.rmSync(partial, { recursive: true, force: true });
    throw cause;
  }
  report.elapsedMs = performance.now() - startedMs;
  return report;
}

interface Plan {
  gray: boolean;
  size?: { height: number; width: number };
  fit: FitMode;
  resampler: Resampler;
  encoded: boolean;
  encodeType: string;
}

function checkOptions(options: ConvertOptions): Plan {
  const { fit = 'squash', resampler = 'antialiased', resizeHeight = 0, resizeWidth = 0, encodeType = '' } = options;
  const refuse = (name: string, expected: string, received: unknown): never => {
    throw new InvalidOptionError(`${name}: expected ${expected}, received ${describe(received)}; change the option.`);
  };
  for (const name of ['input', 'output'] as const) {
    if (typeof options[name] !== 'string' || options[name] === '') refuse(name, 'a path', options[name]);
  }
  for (const [name, value] of Object.entries({ resizeHeight, resizeWidth })) {
    if (!Number.isInteger(value) || value < 0 || value > 65500) refuse(name, 'a whole number from 0 to 65500', value);
  }
  if (resizeHeight > 0 !== resizeWidth > 0) {
    refuse('resizeHeight and resizeWidth', 'both or neither', [resizeHeight, resizeWidth].join(' and '));
  }
  if (!['squash', 'crop', 'fill'].includes(fit)) refuse('fit', "'squash', 'crop' or 'fill'", fit);
  if (!['antialiased', 'bilinear'].includes(resampler)) refuse('resampler', "'antialiased' or 'bilinear'", resampler);
  if (encodeType !== '' && imageType(encodeType) === undefined)
    refuse('encodeType', "'jpg', 'png' or 'webp'", encodeType);
  if (options.shuffle !== undefined && options.shuffle !== false) assertSeed(options.shuffle, 'shuffle');
  return {
    gray: options.gray ?? false,
    size: resizeHeight > 0 ? { height: resizeHeight, width: resizeWidth } : undefined,
    fit,
    resampler,
    encoded: (options.encoded ?? false) || encodeType !== '',
    encodeType: encodeType.toLowerCase(),
  };
}

interface Converted {
  datum: DatumInit;
  channels: number;
  height: number;
  width: number;
}

/** Decodes several images at once and writes them in the order of the list. */
async function writeRecords(
  output: string,
  list: ImageList,
  plan: Plan,
  options: ConvertOptions,
  report: ConvertReport,
  startedMs: number,
): Promise<void> {
  const { images } = list;
  const writer = await DatumWriter.open(output);
  const ahead = 2 * os.availableParallelism();
  const queue: Promise<Converted | ImageError>[] = [];
  const convertNext = () => {
    const image = images[queue.length + done];
    if (image) queue.push(convertImage(image, plan).catch(skippable));
  };
  let done = 0;
  let first: Converted | undefined;
  try {
    for (let i = 0; i < ahead; i++) convertNext();
    for (const image of images) {
      options.signal?.throwIfAborted();
      const converted = (await queue.shift()) as Converted | ImageError;
      const key = caffeKey(done, image.name);
      done++;
      convertNext();
      const tooLong = Buffer.byteLength(key) > MAX_KEY_BYTES;
      if (converted instanceof ImageError || tooLong) {
        const reason =
          converted instanceof ImageError ? converted.message : `its key has more than ${MAX_KEY_BYTES} bytes`;
        report.skipped.push({ name: image.name, reason });
      } else {
        first ??= converted;
        if (options.checkSize) assertSameSize(first, converted, key);
        await writer.put(key, converted.datum);
        report.records++;
      }
      if (done % 100 === 0 || done === images.length)
        options.onProgress?.(progress(done, images.length, report, startedMs));
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    await Promise.all(queue);
    throw error;
  }
  if (report.records > 0) return;
  throw new ImageError(
    `${options.list ?? options.input}: expected at least one image that decodes, received ${images.length} that don't ` +
      `(first: ${report.skipped[0]?.reason}); check the paths.`,
  );
}

function progress(done: number, total: number, report: ConvertReport, startedMs: number): ConvertProgress {
  const elapsedMs = performance.now() - startedMs;
  const skipped = report.skipped.length;
  return { done, total, records: report.records, skipped, elapsedMs, imagesPerSecond: (done / elapsedMs) * 1000 };
}

/** Damaged images are skipped; anything else (sharp is missing, say) ends the work. */
function skippable(error: unknown): ImageError {
  if (error instanceof ImageError) return error;
  throw error;
}

async function convertImage(image: ImageFile, plan: Plan): Promise<Converted> {
  const file = await readFile(image);
  const decoded = await decodeImage(file, { mode: plan.gray ? 'gray' : 'color', orient: true, name: image.path });
  const pixels = plan.size ? resizePixels(decoded, plan.size, plan.fit, plan.resampler) : decoded;
  const { channels, height, width } = pixels;
  const datum = plan.encoded
    ? { data: await encodedBytes(image, file, pixels, plan), label: image.label, encoded: true }
    : { channels, height, width, data: toPlanarBgr(pixels), label: image.label };
  return { datum, channels, height, width };
}

async function readFile(image: ImageFile): Promise<Uint8Array> {
  try {
    return await fs.promises.readFile(image.path);
  } catch (cause) {
    throw new ImageError(`${image.path}: expected an image file, received ${reasonOf(cause)}; check the path.`, {
      path: image.path,
      cause,
    });
  }
}

/** Without a resize, a file that is of the wanted kind already is stored byte by byte, as Caffe does. */
async function encodedBytes(image: ImageFile, file: Uint8Array, pixels: Pixels, plan: Plan): Promise<Uint8Array> {
  const extension = path.extname(image.name).slice(1).toLowerCase();
  const wanted = plan.encodeType || extension;
  const type = imageType(wanted);
  if (!type) {
    throw new ImageError(
      `${image.path}: expected a file name that tells the kind of image to store, received ${describe(extension)}; set encodeType.`,
    );
  }
  if (!plan.size && imageType(extension) === type) return file;
  return encodeImage(pixels, type);
}

function imageType(extension: string): 'jpeg' | 'png' | 'webp' | undefined {
  const lower = extension.toLowerCase();
  if (lower === 'jpg' || lower === 'jpeg') return 'jpeg';
  return lower === 'png' || lower === 'webp' ? lower : undefined;
}

function assertSameSize(first: Converted, other: Converted, key: string): void {
  const size = (image: Converted) => `${image.channels}x${image.height}x${image.width}`;
  if (size(first) === size(other)) return;
  throw new MixedSizesError(
    `key ${key}: expected ${size(first)} like the first image, received ${size(other)}; ` +
      'set resizeHeight and resizeWidth, or leave checkSize out.',
    { key },
  );
}

function assertFree(name: string): void {
  if (!fs.existsSync(name)) return;
  throw new OutputExistsError(
    `${name}: expected a name that is free, received one that exists; remove it or choose another output.`,
    { path: name },
  );
}
