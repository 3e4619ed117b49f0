/** The image files of encoded Datums, decoded by @ae/images, which is loaded only if there is such a file: raw records need no decoder. */
import {
  BadImageError,
  decodeImage,
  encodeImage,
  encodePng,
  type ImagesError,
  SharpMissingError,
  toInterleavedRgb,
  toPlanarBgr,
} from '@ae/images';
import { decodeJpeg, imageKernels } from '@ae/images/threads';
import { type ErrorParts, ImageError, MissingDependencyError } from '../errors/errors';
import type { Sample } from './datum';

/** Converts an error of @ae/images to one of this package, with the place where it occurred; others are unchanged. */
export function ownError(error: unknown, where: { key?: string; path?: string } = {}): unknown {
  if (error instanceof BadImageError)
    return new ImageError(error.sentence, { ...partsOf(error), ...where, cause: error });
  if (error instanceof SharpMissingError)
    return new MissingDependencyError(error.sentence, { ...partsOf(error), cause: error });
  return error;
}

function partsOf({ where, expected, received, state, todo }: ImagesError): ErrorParts {
  return { where, expected, received, state, todo };
}

/** Decodes the image file of a record, upright, to planar pixels, blue-green-red, as `cv2.imdecode` does. @throws ImageError, MissingDependencyError */
export async function decodeFile(
  file: Uint8Array,
  key: string,
  maxPixels?: number,
): Promise<Pick<Sample, 'data' | 'channels' | 'height' | 'width'>> {
  const kernels = imageKernels();
  const planes = kernels && decodeJpeg(kernels, file, { orient: true });
  if (planes) {
    const { channels, height, width, data } = planes;
    return { channels, height, width, data: data.slice() };
  }
  try {
    const pixels = await decodeImage(file, { orient: true, name: `key ${key}`, maxPixels });
    const { channels, height, width } = pixels;
    return { channels, height, width, data: toPlanarBgr(pixels) };
  } catch (error) {
    throw ownError(error, { key });
  }
}

/** Encodes planar pixels as an image file. @throws MissingDependencyError without sharp, which JPEG and WebP need */
export async function encodeFile(
  data: Uint8Array,
  { channels, height, width }: Pick<Sample, 'channels' | 'height' | 'width'>,
  type: 'png' | 'jpeg' | 'webp',
): Promise<Uint8Array> {
  const pixels = toInterleavedRgb(data, channels, height, width);
  if (type === 'png') return encodePng(pixels);
  try {
    return await encodeImage(pixels, type);
  } catch (error) {
    throw ownError(error);
  }
}
