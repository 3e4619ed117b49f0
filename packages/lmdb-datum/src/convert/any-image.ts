/** Converts image files of any kind to Datum messages: everything that ordinary JPEGs do not need. */
import path from 'node:path';
import {
  BadImageError,
  decodeImage,
  encodeImage,
  kindOfImage,
  type Pixels,
  resizePixels,
  toPlanarBgr,
} from '@ae/images';
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
    ? { data: await encodedBytes(image, file, pixels, plan), label, encoded: true }
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

/** Without resizing, a file that already has the requested format is stored byte for byte, as in Caffe. */
async function encodedBytes(
  image: ImageFile,
  file: Uint8Array,
  pixels: Pixels,
  plan: ConvertPlan,
): Promise<Uint8Array> {
  const named = path.extname(image.name).slice(1).toLowerCase();
  // If the name says no format that can be stored, as with .jfif, the file itself decides.
  const extension = imageTypeOf(named) ? named : (kindOfImage(file) ?? named);
  const wanted = plan.encodeType || extension;
  // A GIF, TIFF, AVIF or BMP keeps its pixels in a PNG.
  const type = imageTypeOf(wanted) ?? 'png';
  const mayHaveAlpha = plan.background !== undefined && type !== 'jpeg';
  if (!plan.resize && !mayHaveAlpha && imageTypeOf(extension) === type) return file;
  return bySharp(encodeImage(pixels, type));
}
