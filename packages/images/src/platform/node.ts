/** What Node.js and browsers do differently. The build for browsers uses browser.ts instead. */
import type { ImageSource, SourceOptions } from '../archives/image-source';

export { decodeBySharp as decodeOther } from '../codecs/decode-by-sharp';
export { encodeBySharp as encodeFile } from '../codecs/encode-by-sharp';
export { pngFile } from '../codecs/png-file';
export { requireSharp as loadSharp } from '../codecs/require-sharp';
export { listPlace } from '../files/list-place';
export { readPackedFile } from '../files/packed-file';
export { readBytes } from '../files/read-bytes';

/** Lists the images at paths; readers of archives are loaded only then. */
export async function openPlaces(places: readonly string[], options: SourceOptions): Promise<ImageSource> {
  const { openImageSource } = await import('../archives/image-source');
  return openImageSource(places, options);
}

export { pathText } from '../files/regular-file';
