/** For threads that decode many images: kernels that are compiled once, and a bound on the memory of what all of them decode. */
export { decodeJpeg, type JpegOptions } from './decoders/jpeg';
export { doesNotDecode } from './errors';
export type { JpegKernels, PackKernels, PixelKernels } from './kernels/contracts';
export { ImageKernels, imageKernels, type KernelModule, kernelModule, useKernelModule } from './kernels/image-kernels';
export type { KernelMemory } from './kernels/kernel-memory';
export { assertPixels, decodingBytes, mostFileBytes } from './pixels/limits';
export { newBudget, takeBudget, useBudget } from './reading/decode-budget';
