export type { DecodeImageOptions } from './decoders/options';
export { encodeImage } from './encode';
export type { EncodedKind } from './encoders/sharp';
export {
  BadImageError,
  type ErrorParts,
  ImagesError,
  InvalidOptionError,
  NotReadableError,
  PlatformError,
  SharpMissingError,
} from './errors';
export { type ImageKind, type ImageSize, kindOfImage, readImageSize } from './kind';
export type { ImageDataLike } from './pixels/canvas';
export { toColor, toGray, toInterleavedRgb, toPlanarBgr } from './pixels/channels';
export {
  type CanvasLike,
  type Drawable,
  type InterleavedPixels,
  kindOfPixels,
  type PixelSource,
  type SharpRaw,
} from './pixels/from-pixels';
export type { Box, Pixels, PlanarImage, Planes, RgbColor, RgbImage, Size } from './pixels/pixels';
export type { TensorLike, TensorMaker } from './pixels/tensors';
export { loadSharp } from './platform';
export { drawGrid, encodePng, type GridOptions, toRgbImage } from './png';
export { fromPixels, fromTensor, type ImageChannels, type ImageNames, RawImage } from './raw-image';
export { decodeImage } from './reading/decode';
export {
  ImageFolder,
  type ImageFolderOptions,
  imageFolder,
  type OpenImagesOptions,
  openImages,
} from './reading/image-folder';
export { type ImageInput, readImage } from './reading/read-image';
export type { ReadImageOptions } from './reading/read-options';
export type { ResizeOptions, SizedResize } from './resize/options';
export type { FitMode, Resampler, Resize } from './resize/plan';
export { resizePixels } from './resize/resize';
