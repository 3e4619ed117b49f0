/** The limit on the pixels of an image, which guards memory against files that claim to be huge. */
import { assertWhole } from './checks';
import { ImageError } from './errors';

/**
 * The number from which Pillow warns of a "decompression bomb": a quarter of a GiB as colours. A photograph of a camera has fewer; a
 * file that needs more is rather an attack, or a mistake, than an image to train on.
 */
export const DEFAULT_MAX_PIXELS = 89_478_485;
/** What a raw Datum of three channels can hold. */
export const MOST_MAX_PIXELS = Math.floor((2 ** 31 - 1) / 3);

/** Fills in the default. @throws InvalidOptionError */
export function checkMaxPixels(maxPixels = DEFAULT_MAX_PIXELS): number {
  assertWhole('maxPixels', maxPixels, 1, MOST_MAX_PIXELS);
  return maxPixels;
}

/** Assumed where a file's first bytes don't tell. */
const UNKNOWN_PIXELS = 1 << 26;

/** @throws ImageError */
export function assertPixels(
  name: string,
  { height, width }: { height: number; width: number },
  maxPixels: number,
): void {
  const pixels = height * width;
  if (pixels <= maxPixels) return;
  throw new ImageError(
    `${name}: its header says ${width}x${height} pixels, more than the limit of ${maxPixels}; raise maxPixels if that is right.`,
    { key: name },
  );
}

/** More bytes than the file of an image has, even where it isn't compressed and has other pages. */
export function mostFileBytes({ height, width }: { height: number; width: number }, maxPixels: number): number {
  const pixels = height * width || maxPixels;
  return (256 << 20) + 8 * pixels;
}

/** Memory to decode an image and to make a Datum of it: its file, the decoder's pixels and ours. */
export function decodingBytes(fileBytes: number, { height, width }: { height: number; width: number }): number {
  return fileBytes + 8 * (height * width || UNKNOWN_PIXELS);
}
