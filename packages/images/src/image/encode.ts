/** Pixels to image files. */
import type { EncodedKind } from '../codecs/encode-by-sharp';
import { checkPixels } from '../pixels/checks';
import type { Pixels } from '../pixels/pixels';
import { encodeFile } from '../platform/node';

/** OpenCV's. */
const defaultQuality = 95;

/**
 * Encodes interleaved pixels of 1 to 4 channels as an image file, by sharp, in browsers by a canvas. JPEGs have OpenCV's default quality, 95
 * with 4:2:0, unless told otherwise; WebPs are lossless.
 *
 * @throws SharpMissingError MISSING_DEPENDENCY, InvalidOptionError INVALID_OPTION
 */
export async function encodeImage(pixels: Pixels, kind: EncodedKind, quality = defaultQuality): Promise<Uint8Array> {
  checkPixels('encodeImage', pixels);
  return encodeFile(pixels, kind, quality);
}
