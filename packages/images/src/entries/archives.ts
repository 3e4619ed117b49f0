/**
 * Images anywhere on a disk: in folders, archives, by pattern, or in several of these. Loads no decoder, and loads the reader of an archive
 * only when one is found.
 */

export { expandInput } from '../archives/expand-input';
export { type ImageSource, openImageSource, type SourceOptions } from '../archives/image-source';
export { TarWriter } from '../archives/tar-writer';
export { NotReadableError } from '../errors';
