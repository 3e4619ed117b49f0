/** Recognizes kinds of image files by their first bytes. Loads no decoder. */
export { type JpegHeader, readJpegHeader } from '../kind/jpeg';
export {
  describeImage,
  formatOf,
  hasImageExtension,
  type ImageFormat,
  type ImageKind,
  type ImageSize,
  imageKinds,
  kindOfImage,
  nameOfKind,
  nameUnreadImage,
  readImageSize,
} from '../kind/kind';
export { type PngHeader, readPngHeader } from '../kind/png';
export { defaultMaxPixels } from '../pixels/limits';
