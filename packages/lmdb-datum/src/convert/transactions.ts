/**
 * When an import ends a transaction, which decides where the pages of its database lie: a merge that does so at the same records makes the
 * same bytes.
 */

/** Images that a thread converts at once. */
export const chunkImages = 25;
/** A whole number of chunks, whose memory a transaction needs to its end. */
export const commitRecords = 40 * chunkImages;

/** Tells whether a chunk of images ends between two images, of which one is the next to be written after the other. */
export function isBetweenChunks(number: number, next: number): boolean {
  return Math.floor(number / chunkImages) !== Math.floor(next / chunkImages);
}
