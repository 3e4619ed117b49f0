/** The kernels of assembly/pixels.ts and assembly/bilinear.ts, and a way to run one on arrays. */
import { imageKernels } from './image-kernels';

/** See the assembly for the contract. */
export interface PixelKernels {
  bilinear(
    src: number,
    srcWidth: number,
    srcHeight: number,
    channels: number,
    dst: number,
    dstWidth: number,
    dstHeight: number,
    scratch: number,
  ): void;
  alongRows(
    src: number,
    srcWidth: number,
    height: number,
    channels: number,
    dst: number,
    dstWidth: number,
    windows: number,
    weights: number,
    most: number,
  ): void;
  alongColumns(
    src: number,
    rowBytes: number,
    dst: number,
    dstHeight: number,
    windows: number,
    weights: number,
    most: number,
  ): void;
  planarBgr(src: number, count: number, dst: number): void;
  halve(src: number, srcWidth: number, channels: number, dst: number, dstWidth: number, dstHeight: number): void;
  planesOfPixels(src: number, count: number, dst: number): void;
}

/** A block to be filled before the work, or read after it. */
export type Block = { bytes: number } | Uint8Array | Int32Array;

/**
 * Lays blocks out in the memory of this thread's kernels, runs the work with their addresses, and returns a copy of block `result`.
 *
 * @returns undefined if there is no SIMD or the blocks are too large: then plain JavaScript has to do it.
 */
export function runKernel(
  blocks: readonly Block[],
  result: number,
  work: (kernels: PixelKernels, addresses: number[]) => void,
): Uint8Array | undefined {
  const kernels = imageKernels();
  if (!kernels) return undefined;
  kernels.reset();
  const addresses = blocks.map((block) => ('bytes' in block ? kernels.take(block.bytes) : kernels.place(block)));
  if (addresses.some((address) => address === undefined)) return undefined;
  work(kernels.pixels, addresses as number[]);
  const block = blocks[result] as Block;
  return kernels.view(addresses[result] as number, 'bytes' in block ? block.bytes : block.byteLength).slice();
}
