/** Encodes pixels as image files. */
import type { EncodedKind } from '../codecs/encode-by-sharp';
import { checkPixels } from '../pixels/checks';
import type { Pixels } from '../pixels/pixels';
import { encodeFile } from '../platform/node';

/** OpenCV's default. */
const defaultQuality = 95;

/**
 * Encodes interleaved pixels of 1 to 4 channels as an image file, with sharp, or with a canvas in browsers. The default quality of JPEGs is
 * OpenCV's, 95 with 4:2:0; WebPs are lossless.
 *
 * @throws SharpMissingError MISSING_DEPENDENCY, InvalidOptionError INVALID_OPTION
 */
export async function encodeImage(pixels: Pixels, kind: EncodedKind, quality = defaultQuality): Promise<Uint8Array> {
  checkPixels('encodeImage', pixels);
  return encodeFile(pixels, kind, quality);
}
