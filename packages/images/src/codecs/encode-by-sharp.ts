import type { Pixels } from '../pixels/pixels';
import { loadSharp } from './decode-by-sharp';
import type { EncodedKind } from './encode-options';

/** Encodes pixels with sharp; see `encodeImage`. */
export async function encodeBySharp(pixels: Pixels, kind: EncodedKind, quality: number): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const { data, width, height, channels } = pixels;
  const pipeline = sharp(data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 } });
  // sharp writes RGB for gray unless told otherwise.
  const image = channels < 3 ? pipeline.toColourspace('b-w') : pipeline;
  const encoded =
    kind === 'jpeg' ? image.jpeg({ quality }) : kind === 'webp' ? image.webp({ lossless: true }) : image.png();
  return encoded.toBuffer();
}
