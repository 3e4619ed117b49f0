/** The limit on the number of pixels in an image, which protects memory from files that claim to be huge. */
import { BadImageError } from '../errors';
import type { Size } from './pixels';

/**
 * The number from which Pillow warns of a "decompression bomb": a quarter of a GiB of color pixels. Photographs have fewer; a file that
 * needs more is more likely an attack or a mistake than an image to train on.
 */
export const defaultMaxPixels = 89_478_485;

/** Assumed if a file's first bytes do not say. */
const unknownPixels = 1 << 26;

/** Refuses an image with more than `maxPixels`. @throws BadImageError BAD_IMAGE */
export function assertPixels(name: string, { height, width }: Size, maxPixels: number): void {
  if (height * width <= maxPixels) return;
  throw new BadImageError({
    state: `${name}: its header says ${width}x${height} pixels, more than the limit of ${maxPixels}`,
    todo: 'raise the limit if this is intended',
  });
}

/** Returns more bytes than the file of an image has, even if it is uncompressed and has other pages. */
export function mostFileBytes({ height, width }: Size, maxPixels: number): number {
  return (256 << 20) + 8 * (height * width || maxPixels);
}

/** Returns the number of bytes needed to decode an image and make a Datum from it: its file, the decoder's pixels and ours. */
export function decodingBytes(fileBytes: number, { height, width }: Size): number {
  return fileBytes + 8 * (height * width || unknownPixels);
}
