/** Makes databases from image files, without the code for reading them: it loads faster. */
export { type ConvertReport, convertImageset } from '../convert/convert-imageset';
export type { ImageClass, OddLabel } from '../convert/image-file';
export type { SkippedImage } from '../convert/journal';
export type { ConvertOptions, ConvertProgress } from '../convert/options';
export { startConvertThreads } from '../convert/threads-ahead';
