/** The kernels for images and the memory in which all of them work, so that a file becomes a batch's row without leaving it. */
import wasm from '../../assembly/index.ts?wasm';
import type { JpegKernels, PackKernels, PixelKernels } from './contracts';
import { compileKernels, type KernelMemory, startKernels } from './kernel-memory';

/** More than all but the noisiest files have whose pixels the decoder takes. */
const roomBytes = 4 << 20;
/** Room for the work on one image: what is larger is left to sharp, as fast on such images. */
const scratchBytes = 64 << 20;

/** The compiled kernels, as threads hand them on. */
export type KernelModule = object;

let compiled: WebAssembly.Module | null | undefined;

/** The compiled kernels: for worker threads, too, which need not compile and optimize them again. */
export function kernelModule(): KernelModule | undefined {
  if (compiled === undefined) compiled = compileKernels(wasm) ?? null;
  return compiled ?? undefined;
}

/** Takes over what another thread has compiled. */
export function useKernelModule(module: KernelModule | undefined): void {
  compiled = module as WebAssembly.Module | undefined;
}

/** The image kernels of the WebAssembly module, in a memory of their own. */
export class ImageKernels {
  // The exports of the one module, by the files of the assembly that they are in.
  readonly jpeg: JpegKernels;
  readonly pixels: PixelKernels;
  readonly pack: PackKernels;
  /** Room for a file: what is read into it need not be copied. */
  readonly room: Uint8Array;
  /** Address of the scratch memory that is free. */
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
   * @param blocks Sizes in bytes of blocks that stay.
   * @returns The kernels and the addresses of the blocks, or undefined where there is no SIMD or too little memory.
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

  /** Takes all scratch memory back: call this before each image. */
  reset(): void {
    this.#free = this.#scratch;
  }

  /** Scratch memory until the next image, or undefined if the image is too large. */
  take(bytes: number): number | undefined {
    const address = this.#free;
    // Aligned, with room for loads past the end.
    const next = address + Math.ceil((bytes + 16) / 64) * 64;
    if (next > this.#scratch + scratchBytes) return undefined;
    this.#free = next;
    return address;
  }

  /** The address of these bytes in the memory; they are copied there if they lie elsewhere. */
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

/** Kernels that all images of this thread share. */
export function imageKernels(): ImageKernels | undefined {
  if (ofThread === undefined) ofThread = ImageKernels.start()?.kernels ?? null;
  return ofThread ?? undefined;
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
  const block = blocks[result];
  return kernels.view(addresses[result] as number, 'bytes' in block ? block.bytes : block.byteLength).slice();
}
