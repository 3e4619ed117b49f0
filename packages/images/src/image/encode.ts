/** Encodes pixels as image files. */
import { type EncodedKind, encodedKinds } from '../codecs/encode-options';
import { checkPixels, checkWhole, checkWord } from '../pixels/checks';
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
  checkWord('kind', kind, encodedKinds);
  checkWhole('quality', quality, 100);
  return encodeFile(pixels, kind, quality);
}
