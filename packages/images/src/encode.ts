/** Pixels to image files, by sharp. */
import { loadSharp } from './decoders/sharp';
import type { Pixels } from './pixels';

/**
 * Encodes interleaved pixels of 1 to 4 channels as an image file. JPEGs have OpenCV's default quality, 95 with 4:2:0; WebPs are lossless.
 *
 * @throws SharpMissingError MISSING_DEPENDENCY
 */
export async function encodeImage(pixels: Pixels, type: 'jpeg' | 'png' | 'webp'): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const { data, width, height, channels } = pixels;
  const pipeline = sharp(data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 } });
  // sharp makes RGB of gray unless told otherwise.
  const image = channels < 3 ? pipeline.toColourspace('b-w') : pipeline;
  const encoded =
    type === 'jpeg' ? image.jpeg({ quality: 95 }) : type === 'webp' ? image.webp({ lossless: true }) : image.png();
  return encoded.toBuffer();
}
