/** What Node.js and a browser do each in its own way. The build for browsers has browser/platform.ts in its place. */
import os from 'node:os';
import type { ImageSource, SourceOptions } from './archives/image-source';

export { requireSharp as loadSharp } from './decoders/require-sharp';
export { decodeBySharp as decodeOther } from './decoders/sharp';
export { pngFile } from './encoders/png-file';
export { encodeBySharp as encodeFile } from './encoders/sharp';
export { listPlace } from './files/list-place';
export { readPackedFile } from './files/packed-file';
export { readBytes } from './files/read-bytes';

/** Lists the images at places of a disk; what reads archives is loaded then. */
export async function openPlaces(places: readonly string[], options: SourceOptions): Promise<ImageSource> {
  const { openImageSource } = await import('./archives/image-source');
  return openImageSource(places, options);
}

/** Returns the number of processors. */
export const processors = (): number => os.availableParallelism();
export { pathText } from './files/regular-file';
