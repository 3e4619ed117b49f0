/** The image kernels and the memory that all of them use, so that a file becomes a row of a batch without leaving it. */
import wasm from '../../assembly/index.ts?wasm';
import type { JpegKernels, PackKernels, PixelKernels } from './contracts';
import { compileKernels, type KernelMemory, startKernels } from './kernel-memory';

/** More than all but the noisiest files whose pixels the decoder accepts. */
const roomBytes = 4 << 20;
/** Space for processing one image: larger ones are left to sharp, which is as fast for them. */
const scratchBytes = 64 << 20;

/** The compiled kernels, as passed between threads. */
export type KernelModule = object;

let compiled: WebAssembly.Module | null | undefined;

/** Returns the compiled kernels: for worker threads, which then need not compile and optimize them again. */
export function kernelModule(): KernelModule | undefined {
  if (compiled === undefined) compiled = compileKernels(wasm) ?? null;
  return compiled ?? undefined;
}

/** Uses what another thread has compiled. */
export function useKernelModule(module: KernelModule | undefined): void {
  compiled = module as WebAssembly.Module | undefined;
}

/** The image kernels of the WebAssembly module, in their own memory. */
export class ImageKernels {
  // The exports of the single module, by the assembly files they come from.
  readonly jpeg: JpegKernels;
  readonly pixels: PixelKernels;
  readonly pack: PackKernels;
  /** Space for a file: what is read into it need not be copied. */
  readonly room: Uint8Array;
  /** Address of the free scratch memory. */
  #free: number;

  readonly #scratch: number;

  private constructor(
    readonly memory: KernelMemory,
    kernels: JpegKernels & PixelKernels & PackKernels,
    room: number,
    scratch: number,
  ) {
    this.#scratch = scratch;
    this.jpeg = kernels;
    this.pixels = kernels;
    this.pack = kernels;
    this.room = this.view(room, roomBytes);
    this.#free = scratch;
  }

  /**
   * @param blocks Sizes in bytes of permanent blocks.
   * @returns The kernels and the addresses of the blocks, or undefined if there is no SIMD or too little memory.
   */
  static start(blocks: number[] = []): { kernels: ImageKernels; addresses: number[] } | undefined {
    const module = kernelModule() as WebAssembly.Module | undefined;
    const started = module && startKernels(module);
    if (!started) return undefined;
    const { memory } = started;
    const exports = started.exports as JpegKernels & PixelKernels & PackKernels;
    memory.allocate(exports.reservedBytes());
    exports.start();
    const placed = [...blocks, roomBytes, scratchBytes].map((bytes) => memory.allocate(bytes));
    if (placed.some((address) => address === undefined)) return undefined;
    const addresses = placed as number[];
    const [room, scratch] = addresses.splice(blocks.length) as [number, number];
    return { kernels: new ImageKernels(memory, exports, room, scratch), addresses };
  }

  /** Frees all scratch memory: call this before each image. */
  reset(): void {
    this.#free = this.#scratch;
  }

  /** Returns scratch memory until the next image, or undefined if the image is too large. */
  take(bytes: number): number | undefined {
    const address = this.#free;
    // Aligned, with space for loads past the end.
    const next = address + Math.ceil((bytes + 16) / 64) * 64;
    if (next > this.#scratch + scratchBytes) return undefined;
    this.#free = next;
    return address;
  }

  /** Returns the address of these bytes in the memory; they are copied if they are elsewhere. */
  place(bytes: Uint8Array | Int16Array | Int32Array): number | undefined {
    const there = this.memory.addressOf(bytes);
    if (there !== undefined) return there;
    const address = this.take(bytes.byteLength);
    if (address === undefined) return undefined;
    const source = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view(address, source.length).set(source);
    return address;
  }

  /** Returns bytes of the kernels' memory; the view is valid until the memory grows. */
  view(address: number, bytes: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, bytes);
  }
}

let ofThread: ImageKernels | null | undefined;

/** The kernels that all images of this thread share. */
export function imageKernels(): ImageKernels | undefined {
  if (ofThread === undefined) ofThread = ImageKernels.start()?.kernels ?? null;
  return ofThread ?? undefined;
}

/** A block that is filled before the work, or read after it. */
export type Block = { bytes: number } | Uint8Array | Int32Array;

/**
 * Lays blocks out in the memory of this thread's kernels, runs the work with their addresses, and returns a copy of block `result`.
 *
 * @returns undefined if there is no SIMD or the blocks are too large: plain JavaScript must then do the work.
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
  const block = blocks[result];
  return kernels.view(addresses[result] as number, 'bytes' in block ? block.bytes : block.byteLength).slice();
}
