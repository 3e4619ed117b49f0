/** Converts image files of any kind to Datum messages: everything that ordinary JPEGs do not need. */
import {
  BadImageError,
  decodeImage,
  encodeImage,
  kindOfImage,
  type Pixels,
  resizePixels,
  toPlanarBgr,
} from '@ae/images';
import { readJpegHeader, readPngHeader } from '@ae/images/kind';
import { encodeDatumInto } from '../datum/encode';
import { ownError } from '../datum/image-codec';
import { pathText } from '../files/regular-file';
import type { ImageFile } from './image-file';
import type { Allocate, Converted } from './image-to-message';
import { type ConvertPlan, imageTypeOf } from './options';

/**
 * Converts an image file of any kind.
 *
 * @throws BadImageError, MissingDependencyError without sharp, and the errors of `allocate`.
 */
export async function convertWhole(
  file: Uint8Array,
  image: ImageFile,
  plan: ConvertPlan,
  allocate: Allocate,
): Promise<Converted> {
  const { resize, background, maxPixels } = plan;
  const mode = plan.gray ? 'gray' : 'color';
  const name = pathText(image.path);
  const decoded = await bySharp(
    decodeImage(file, { mode, orient: true, background, name, maxPixels, isAccounted: true }),
  );
  const pixels = resize ? resizePixels(decoded, resize) : decoded;
  const { channels, height, width } = pixels;
  const { label } = image;
  const datum = plan.encoded
    ? { data: await encodedBytes(file, pixels, plan), label, encoded: true }
    : { channels, height, width, data: toPlanarBgr(pixels), label };
  const message = encodeDatumInto(allocate, datum, image.name);
  return { message, size: `${channels}x${height}x${width}` };
}

/** Waits for an operation that needs sharp, and reports a missing sharp in this package's words. */
async function bySharp<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof BadImageError ? error : ownError(error);
  }
}

/** Without resizing, a file that already is what is wanted is stored byte for byte, as in Caffe. */
async function encodedBytes(file: Uint8Array, pixels: Pixels, plan: ConvertPlan): Promise<Uint8Array> {
  const kind = kindOfImage(file);
  // A GIF, TIFF, AVIF or BMP keeps its pixels in a PNG, and so does a gray image that was a WebP, which has only colors.
  const own = plan.gray && kind === 'webp' ? 'png' : (kind ?? 'png');
  const type = imageTypeOf(plan.encodeType || own) ?? 'png';
  const mayHaveAlpha = plan.background !== undefined && type !== 'jpeg';
  if (!plan.resize && !mayHaveAlpha && kind === type && isAsWanted(file, kind, plan.gray)) return file;
  return bySharp(encodeImage(pixels, type));
}

/** Tells whether a file is gray if that is wanted: readers turn images upright, but do not make them gray. */
function isAsWanted(file: Uint8Array, kind: 'jpeg' | 'png' | 'webp', gray: boolean): boolean {
  if (kind === 'png') {
    const { colorType, hasTransparency } = readPngHeader(file) ?? {};
    return !gray || (colorType === 0 && !hasTransparency);
  }
  if (kind === 'webp') return !gray;
  return !gray || readJpegHeader(file)?.components === 1;
}
