/** What makes a database from image files, without what reads one: it loads sooner. */
export { type ConvertReport, convertImageset } from '../convert/convert-imageset';
export type { ImageClass, OddLabel } from '../convert/image-file';
export type { SkippedImage } from '../convert/journal';
export type { ConvertOptions, ConvertProgress } from '../convert/options';
export { startConvertThreads } from '../convert/threads-ahead';
