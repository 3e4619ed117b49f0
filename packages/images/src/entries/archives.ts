/** Images wherever they lie on a disk: folders, archives, patterns, and several of these. Loads no decoder, and each archive's reader when it is met. */

export { expandInput } from '../archives/expand-input';
export { type ImageSource, openImageSource, type SourceOptions } from '../archives/image-source';
export { TarWriter } from '../archives/tar-writer';
export { NotReadableError } from '../errors';
