import type { Pixels } from '../pixels/pixels';
import { encodePng } from './png';

/** Encodes pixels as a PNG file, without sharp. */
export async function pngFile(pixels: Pixels): Promise<Uint8Array> {
  return encodePng(pixels);
}
