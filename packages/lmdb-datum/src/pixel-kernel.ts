/** The kernels of assembly/pixels.ts, with memory of their own that is used anew for each image. */
import wasm from '../assembly/pixels.ts?wasm';
import { type KernelMemory, kernelsOf } from './kernel-memory.js';

/** See assembly/pixels.ts for the contract. */
export interface PixelKernels {
  bilinear(
    src: number,
    srcWidth: number,
    channels: number,
    dst: number,
    dstWidth: number,
    dstHeight: number,
    xs: number,
    ys: number,
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
}

/** Larger images are left to plain JavaScript, so that the memory stays small. */
const MOST_BYTES = 64 << 20;

let created: { kernels: PixelKernels; memory: KernelMemory } | null | undefined;

/** A block to be filled before the work, or read after it. */
export type Block = { bytes: number } | Uint8Array | Int32Array;

/**
 * Lays blocks out in the kernels' memory, runs the work with their addresses, and returns a copy of block `result`.
 *
 * @returns undefined if there is no SIMD or the blocks are too large: then plain JavaScript has to do it.
 */
export function runKernel(
  blocks: readonly Block[],
  result: number,
  work: (kernels: PixelKernels, addresses: number[]) => void,
): Uint8Array | undefined {
  if (created === undefined) created = kernelsOf<PixelKernels>(wasm) ?? null;
  const bytesOf = (block: Block) => ('bytes' in block ? block.bytes : block.byteLength);
  if (!created || blocks.reduce((sum, block) => sum + bytesOf(block), 0) > MOST_BYTES) return undefined;
  const { kernels, memory } = created;
  memory.reset();
  const addresses = blocks.map((block) => memory.allocate(bytesOf(block)));
  if (addresses.some((address) => address === undefined)) return undefined;
  blocks.forEach((block, i) => {
    if ('bytes' in block) return;
    const bytes = new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
    new Uint8Array(memory.buffer, addresses[i], bytes.length).set(bytes);
  });
  work(kernels, addresses as number[]);
  return new Uint8Array(memory.buffer, addresses[result], bytesOf(blocks[result] as Block)).slice();
}
