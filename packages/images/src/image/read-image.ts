/** Reads a single image from a file, its bytes, or an address. */

import { decodeJpeg } from '../codecs/jpeg';
import { NotReadableError, refused } from '../errors';
import { imageKernels } from '../kernels/image-kernels';
import { toInterleavedRgb } from '../pixels/channels';
import { mostFileBytes } from '../pixels/limits';
import type { Pixels } from '../pixels/pixels';
import { readBytes } from '../platform/node';
import { resizePixels } from '../resize/resize';
import { decodeImage } from './decode';
import { type ImageNames, RawImage, rawImageOf } from './raw-image';
import { checkReadOptions, decodeOptionsOf, type ReadImageOptions, type ReadPlan } from './read-options';

/** Where an image is read from: a path (in browsers an address), a URL, a Blob or File, or the bytes of a file. */
export type ImageInput = string | URL | Blob | Uint8Array | ArrayBuffer;

/**
 * Reads an image file: JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP, rotated as its EXIF orientation says. In Node.js the pixels are those of
 * OpenCV and of `ae import`; in browsers, those of the browser. Addresses (http:, https:, data:, blob:) are fetched.
 *
 * @throws NotReadableError NOT_READABLE, BadImageError BAD_IMAGE, InvalidOptionError INVALID_OPTION, SharpMissingError MISSING_DEPENDENCY
 */
export async function readImage(input: ImageInput, options: ReadImageOptions = {}): Promise<RawImage> {
  checkInput('readImage', input);
  return readPlanned(input, checkReadOptions('readImage', options));
}

/** Refuses values that are not an image file. @throws InvalidOptionError INVALID_OPTION */
export function checkInput(where: string, input: unknown): asserts input is ImageInput {
  if (typeof input === 'string' ? input !== '' : input instanceof URL || input instanceof Blob || isBytes(input))
    return;
  const isPixels = RawImage.isRawImage(input) || (typeof input === 'object' && input !== null && 'width' in input);
  const todo = isPixels ? 'fromPixels() takes pixels that are already decoded' : undefined;
  throw refused(where, 'a path, a URL, a Blob, or the bytes of an image file', input, todo);
}

/** Reads an image whose options have been checked. */
export async function readPlanned(input: ImageInput, plan: ReadPlan, names: ImageNames = {}): Promise<RawImage> {
  return imageOf(await bytesOf(input, plan.maxPixels), plan, { name: nameOf(input), ...names });
}

/** Creates an image from the bytes of a file. */
export async function imageOf(
  file: Uint8Array,
  plan: ReadPlan,
  names: ImageNames,
  /** Its name in errors. */
  shown = names.name,
): Promise<RawImage> {
  const pixels = decodeResized(file, plan) ?? (await decodeAll(file, plan, shown));
  const image = rawImageOf(pixels, names);
  return plan.channels === undefined ? image : image.convert(plan.channels);
}

async function decodeAll(file: Uint8Array, plan: ReadPlan, name: string | undefined): Promise<Pixels> {
  const pixels = await decodeImage(file, decodeOptionsOf(plan, name));
  return plan.resize ? resizePixels(pixels, plan.resize) : pixels;
}

/** Decodes an ordinary JPEG directly at the requested size, without its full-size pixels. */
function decodeResized(file: Uint8Array, { resize, channels }: ReadPlan): Pixels | undefined {
  const kernels = resize && imageKernels();
  const planes =
    kernels && decodeJpeg(kernels, file, { resize, orient: true, channels: channels === 4 ? 3 : channels });
  return planes && toInterleavedRgb(planes.data, planes.channels, planes.height, planes.width);
}

async function bytesOf(input: ImageInput, maxPixels: number): Promise<Uint8Array> {
  if (input instanceof Uint8Array) return input;
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (typeof input === 'string' || input instanceof URL)
    return readBytes(input, mostFileBytes({ height: 0, width: 0 }, maxPixels));
  // The file of a File may have changed or disappeared.
  const bytes = await input.arrayBuffer().catch((cause: Error) => {
    throw new NotReadableError(
      { state: `${nameOf(input) ?? 'The Blob'} cannot be read (${cause.message})` },
      { cause },
    );
  });
  return new Uint8Array(bytes);
}

/** Returns the name of an image: its path or address, or a File's name. */
function nameOf(input: ImageInput): string | undefined {
  if (typeof input === 'string' || input instanceof URL) return String(input).slice(0, 1000);
  return input instanceof Blob ? (input as Blob & { name?: string }).name : undefined;
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array || value instanceof ArrayBuffer;
}
