/** What Node.js and a browser do each in its own way. The build for browsers has browser/platform.ts in its place. */
import os from 'node:os';

export { decodeBySharp as decodeOther, loadSharp } from './decoders/sharp';
export { pngFile } from './encoders/png-file';
export { encodeBySharp as encodeFile } from './encoders/sharp';
export { listPlace } from './files/list-place';
export { readBytes } from './files/read-bytes';

/** Returns the number of processors. */
export const processors = (): number => os.availableParallelism();
export { pathText } from './files/regular-file';
