/** For threads that decode many images: kernels that are compiled once, and a limit on the memory that all of them use for decoding. */
export { decodeJpeg, type JpegOptions } from '../codecs/jpeg';
export { type Cut, decodeJpegToFloats, type FloatOptions } from '../codecs/jpeg-floats';
export { BadImageError, doesNotDecode } from '../errors';
export { newBudget, takeBudget, useBudget } from '../image/decode-budget';
export type { JpegKernels, PackKernels, PixelKernels } from '../kernels/contracts';
export { ImageKernels, imageKernels, type KernelModule, kernelModule, useKernelModule } from '../kernels/image-kernels';
export type { KernelMemory } from '../kernels/kernel-memory';
export { assertPixels, decodingBytes, mostFileBytes } from '../pixels/limits';
