/** Options of `convertImageset`, and their checks. */

import type { Shard } from '@ae/ground/shards';
import type { FitMode, Resampler, Resize, RgbColor } from '@ae/images';
import { assertSeed } from '../batches/random';
import {
  assertFlag,
  assertFunction,
  assertKeys,
  assertOneOf,
  assertPath,
  assertShard,
  assertSignal,
  assertWhole,
  checkMaxPixels,
  type Known,
  refuse,
} from '../errors/checks';

/** What `convertImageset` reads and writes. */
export interface ConvertOptions {
  /**
   * A folder of class folders, an image, an archive (tar, tars in a tar, WebDataset shards, tar.gz, zip, Parquet), a pattern of such names
   * such as `photos/**\/*.jpg` or `shards-{000..099}.tar`, or several of these. Or the folder that the names in `list` are relative to.
   */
  input: string | readonly string[];
  /** List file, one `name label` per line. Without it, the class folders of `input` determine the labels. */
  list?: string;
  /**
   * What the labels in `list` are: 'numbers' as in Caffe, read by atoi; 'names' of classes, which are numbered in byte order and stored in
   * the database's folder, in labels.txt; or the path of such a file, whose numbers are used again. Default 'numbers'.
   */
  labels?: string;
  /** Folder of the database to create. It must not exist. */
  output: string;
  /** Store one gray channel. Default false: three channels, blue-green-red. */
  gray?: boolean;
  /** Seed for a random order. Default false: the order of the list. */
  shuffle?: number | false;
  /** Resize to this height and width; both or neither. Default: keep sizes. */
  resizeHeight?: number;
  resizeWidth?: number;
  /** How the aspect ratio is treated. Default 'squash', as in Caffe. */
  fit?: FitMode;
  /** Default 'antialiased'. 'bilinear' produces the pixels of convert_imageset. */
  resampler?: Resampler;
  /** Color behind transparent pixels, as '#rrggbb'. Default: alpha is dropped, as in OpenCV and therefore Caffe. */
  background?: string;
  /** Skip images with more pixels. Default 89,478,485, the limit from which Pillow warns of a decompression bomb. */
  maxPixels?: number;
  /** Fail on the first image whose size differs from the first one's. Default false. */
  checkSize?: boolean;
  /** Store image files instead of raw pixels. Default false. */
  encoded?: boolean;
  /** Format of the files to store, 'jpg', 'png' or 'webp'. Implies `encoded`. Default: each file's own. */
  encodeType?: string;
  /**
   * Worker threads that decode and resize; this thread helps whenever it would have to wait for them. Default: the number of other
   * processors.
   */
  workers?: number;
  /**
   * If the work is stopped or fails, keep what was done (in `output` + '.partial'), and continue from there when called again with the same
   * images and options. Default false: nothing is kept.
   */
  resume?: boolean;
  /**
   * Convert only this part of the images, with the same numbering as for all, to a separate database beside `output`: `output` +
   * '.shard-0-of-7'. Calling it again for a complete part does nothing. `mergeShards` makes `output` from all parts.
   */
  shard?: Shard;
  /** Called about every hundred images, and at the end. */
  onProgress?: (progress: ConvertProgress) => void;
  /** Stops between two images; the call then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** The progress of `convertImageset`. */
export interface ConvertProgress {
  /** Images handled so far, including skipped ones. */
  done: number;
  total: number;
  records: number;
  skipped: number;
  elapsedMs: number;
  imagesPerSecond: number;
}

/** How each image is converted. Plain data, for worker threads. */
export interface ConvertPlan {
  gray: boolean;
  resize?: Resize;
  encoded: boolean;
  /** '' for each file's own format. */
  encodeType: string;
  background?: RgbColor;
  maxPixels: number;
}

const knownOptions: Known<ConvertOptions> = {
  ...{
    input: true,
    list: true,
    labels: true,
    output: true,
    gray: assertFlag,
    shuffle: true,
    resizeHeight: true,
    resizeWidth: true,
  },
  ...{ fit: true, resampler: true, background: true, checkSize: assertFlag, encoded: assertFlag, encodeType: true },
  ...{ workers: true, resume: assertFlag, maxPixels: true, shard: assertShard },
  ...{ onProgress: assertFunction, signal: assertSignal },
};

/** @throws InvalidOptionError */
export function checkConvertOptions(options: ConvertOptions): ConvertPlan {
  assertKeys('convertImageset', options, knownOptions);
  const { fit = 'squash', resampler = 'antialiased', resizeHeight = 0, resizeWidth = 0, encodeType = '' } = options;
  const { input, output, workers = 0, background, shuffle = false } = options;
  checkInput(input, options.list);
  assertPath('output', output);
  if (options.labels !== undefined) {
    assertPath('labels', options.labels);
    if (options.list === undefined)
      refuse('labels', 'a list with it', undefined, 'the subfolders of a folder are its labels');
  }
  assertWhole('resizeHeight', resizeHeight, 0, 65500);
  assertWhole('resizeWidth', resizeWidth, 0, 65500);
  if (resizeHeight > 0 !== resizeWidth > 0) {
    refuse('resizeHeight and resizeWidth', 'both or neither', [resizeHeight, resizeWidth].join(' and '));
  }
  assertOneOf('fit', fit, ['squash', 'crop', 'fill']);
  assertOneOf('resampler', resampler, ['antialiased', 'bilinear']);
  if (encodeType !== '' && imageTypeOf(encodeType) === undefined)
    refuse('encodeType', "'jpg', 'png' or 'webp'", encodeType);
  if (background !== undefined && !/^#[0-9a-f]{6}$/i.test(background)) refuse('background', "'#rrggbb'", background);
  assertWhole('workers', workers, 0);
  const maxPixels = checkMaxPixels(options.maxPixels);
  if (shuffle !== false) assertSeed(shuffle, 'shuffle');
  return {
    gray: options.gray ?? false,
    ...(resizeHeight > 0 && { resize: { target: { height: resizeHeight, width: resizeWidth }, fit, resampler } }),
    encoded: (options.encoded ?? false) || encodeType !== '',
    encodeType: encodeType.toLowerCase(),
    ...(background && { background: colorOf(background) }),
    maxPixels,
  };
}

function checkInput(input: unknown, list: string | undefined): void {
  if (!Array.isArray(input)) {
    assertPath('input', input);
    return;
  }
  if (input.length === 0) refuse('input', 'a path, or several', input);
  for (const each of input) assertPath('input', each);
  if (list !== undefined) refuse('input', "the list's root folder", input);
}

function colorOf(text: string): RgbColor {
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Returns the format that a file name's extension, or Caffe's encode_type, stands for. */
export function imageTypeOf(extension: string): 'jpeg' | 'png' | 'webp' | undefined {
  const lower = extension.toLowerCase();
  if (lower === 'jpg' || lower === 'jpeg') return 'jpeg';
  return lower === 'png' || lower === 'webp' ? lower : undefined;
}
