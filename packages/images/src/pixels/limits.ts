/** The limit on the pixels of an image, which guards memory against files that claim to be huge. */
import { BadImageError } from '../errors';
import type { Size } from './pixels';

/**
 * The number from which Pillow warns of a "decompression bomb": a quarter of a GiB as colors. A photograph of a camera has fewer; a
 * file that needs more is more likely an attack, or a mistake, than an image to train on.
 */
export const defaultMaxPixels = 89_478_485;

/** Assumed where a file's first bytes don't tell. */
const unknownPixels = 1 << 26;

/** Refuses an image of more than `maxPixels`. @throws BadImageError BAD_IMAGE */
export function assertPixels(name: string, { height, width }: Size, maxPixels: number): void {
  if (height * width <= maxPixels) return;
  throw new BadImageError({
    state: `${name}: its header says ${width}x${height} pixels, more than the limit of ${maxPixels}`,
    todo: 'raise the limit if that is correct',
  });
}

/** Returns more bytes than the file of an image has, even where it isn't compressed and has other pages. */
export function mostFileBytes({ height, width }: Size, maxPixels: number): number {
  return (256 << 20) + 8 * (height * width || maxPixels);
}

/** Returns the bytes of memory that it takes to decode an image and to make a Datum of it: its file, the decoder's pixels and ours. */
export function decodingBytes(fileBytes: number, { height, width }: Size): number {
  return fileBytes + 8 * (height * width || unknownPixels);
}
