export type { ImageDataLike } from './canvas';
export { toColor, toGray, toInterleavedRgb, toPlanarBgr } from './channels';
export { decodeImage } from './decode';
export { newBudget, takeBudget, useBudget } from './decode-budget';
export { decodeJpeg, type JpegOptions } from './decoders/jpeg';
export type { DecodeImageOptions } from './decoders/options';
export { encodeImage } from './encode';
export {
  BadImageError,
  doesNotDecode,
  type ErrorParts,
  ImagesError,
  InvalidOptionError,
  NotReadableError,
  PlatformError,
  SharpMissingError,
} from './errors';
export {
  type CanvasLike,
  type Drawable,
  type InterleavedPixels,
  kindOfPixels,
  type PixelSource,
  type SharpRaw,
} from './from-pixels';
export { ImageFolder, type ImageFolderOptions, imageFolder, type OpenImagesOptions, openImages } from './image-folder';
export type { PackKernels } from './kernels/contracts';
export { ImageKernels, imageKernels, type KernelModule, kernelModule, useKernelModule } from './kernels/image-kernels';
export type { KernelMemory } from './kernels/kernel-memory';
export {
  describeImage,
  formatOf,
  hasImageExtension,
  type ImageFormat,
  type ImageKind,
  type ImageSize,
  imageKinds,
  kindOfImage,
  readImageSize,
} from './kind';
export { assertPixels, decodingBytes, defaultMaxPixels, mostFileBytes } from './limits';
export type { Box, Pixels, PlanarImage, Planes, RgbColor, RgbImage, Size } from './pixels';
export { loadSharp } from './platform';
export { drawGrid, encodePng, type GridOptions, toRgbImage } from './png';
export { fromPixels, fromTensor, type ImageChannels, type ImageNames, RawImage } from './raw-image';
export { type ImageInput, readImage } from './read-image';
export type { ReadImageOptions } from './read-options';
export type { ResizeOptions, SizedResize } from './resize/options';
export type { FitMode, Resampler, Resize } from './resize/plan';
export { resizePixels } from './resize/resize';
export type { TensorLike, TensorMaker } from './tensors';
