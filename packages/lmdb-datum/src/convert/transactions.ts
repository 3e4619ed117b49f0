/**
 * When an import ends a transaction, which determines where the pages of its database are: a merge that does so at the same records makes
 * the same bytes.
 */

/** Number of images that a thread converts at a time. */
export const chunkImages = 25;
/** A whole number of chunks, whose memory a transaction needs until it ends. */
export const commitRecords = 40 * chunkImages;

/** Tells whether a chunk ends between two consecutive images. */
export function isBetweenChunks(number: number, next: number): boolean {
  return Math.floor(number / chunkImages) !== Math.floor(next / chunkImages);
}
