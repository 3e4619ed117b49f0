export { toColor, toGray, toInterleavedRgb, toPlanarBgr } from './channels';
export { decodeImage } from './decode';
export { newBudget, takeBudget, useBudget } from './decode-budget';
export { decodeJpeg, type JpegOptions } from './decoders/jpeg';
export type { DecodeImageOptions } from './decoders/options';
export { loadSharp } from './decoders/sharp';
export { encodeImage } from './encode';
export { BadImageError, doesNotDecode, type ErrorParts, ImagesError, SharpMissingError } from './errors';
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
export { drawGrid, encodePng, type GridOptions, toRgbImage } from './png';
export type { FitMode, Resampler, Resize } from './resize/plan';
export { resizePixels } from './resize/resize';
