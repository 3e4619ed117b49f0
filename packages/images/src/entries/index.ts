export type { DecodeImageOptions } from '../codecs/decode-options';
export type { EncodedKind } from '../codecs/encode-options';
export {
  BadImageError,
  type ErrorParts,
  ImagesError,
  InvalidOptionError,
  NotReadableError,
  PlatformError,
  SharpMissingError,
} from '../errors';
export { decodeImage } from '../image/decode';
export { encodeImage } from '../image/encode';
export {
  ImageFolder,
  type ImageFolderOptions,
  imageFolder,
  type OpenImagesOptions,
  openImages,
} from '../image/image-folder';
export { fromPixels, fromTensor, type ImageChannels, type ImageNames, RawImage } from '../image/raw-image';
export { type ImageInput, readImage } from '../image/read-image';
export type { ReadImageOptions } from '../image/read-options';
export { type ImageKind, type ImageSize, kindOfImage, readImageSize } from '../kind/kind';
export type { ImageDataLike } from '../pixels/canvas';
export { toColor, toGray, toInterleavedRgb, toPlanarBgr } from '../pixels/channels';
export {
  type CanvasLike,
  type Drawable,
  type InterleavedPixels,
  kindOfPixels,
  type PixelSource,
  type SharpRaw,
} from '../pixels/from-pixels';
export type { Box, Pixels, PlanarImage, Planes, RgbColor, RgbImage, Size } from '../pixels/pixels';
export type { TensorLike, TensorMaker } from '../pixels/tensors';
export { loadSharp } from '../platform/node';
export type { ResizeOptions, SizedResize } from '../resize/options';
export type { FitMode, Resampler, Resize } from '../resize/plan';
export { resizePixels } from '../resize/resize';
export { drawGrid, encodePng, type GridOptions, toRgbImage } from './png';
