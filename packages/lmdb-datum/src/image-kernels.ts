/** The kernels for images and the memory in which all of them work, so that a file becomes a batch's row without leaving it. */
import wasm from '../assembly/index.ts?wasm';
import type { PackKernels } from './batches/pack-kernel';
import { compileKernels, type KernelMemory, startKernels } from './kernel-memory';
import type { PixelKernels } from './pixel-kernel';

/** See assembly/jpeg/index.ts for the contract. */
export interface JpegKernels {
  reservedBytes(): number;
  start(): void;
  open(file: number, length: number): number;
  imageHeight(): number;
  imageWidth(): number;
  mayBeTurned(): 0 | 1;
  workBytes(): number;
  spareBytes(): number;
  decode(work: number, image: number, kind: number, top: number, left: number, rows: number, columns: number): 0 | 1;
  decodeAlongRows(
    work: number,
    image: number,
    top: number,
    left: number,
    rows: number,
    columns: number,
    width: number,
    windows: number,
    weights: number,
    groups: number,
    scratch: number,
  ): 0 | 1;
  decodeBilinear(
    work: number,
    image: number,
    kind: number,
    top: number,
    left: number,
    rows: number,
    columns: number,
    height: number,
    width: number,
    scratch: number,
  ): 0 | 1;
}

/** More than all but the noisiest files have whose pixels the decoder takes. */
const ROOM_BYTES = 4 << 20;
/** Room for the work on one image: what is larger is left to sharp, as fast on such images. */
const SCRATCH_BYTES = 64 << 20;

let compiled: WebAssembly.Module | null | undefined;

/** The compiled kernels: for worker threads, too, which need not compile and optimise them again. */
export function kernelModule(): WebAssembly.Module | undefined {
  if (compiled === undefined) compiled = compileKernels(wasm) ?? null;
  return compiled ?? undefined;
}

/** Takes over what another thread has compiled. */
export function useKernelModule(module: WebAssembly.Module | undefined): void {
  compiled = module;
}

export class ImageKernels {
  // The exports of the one module, by the files of the assembly that they are in.
  readonly jpeg: JpegKernels;
  readonly pixels: PixelKernels;
  readonly pack: PackKernels;
  /** Room for a file: what is read into it need not be copied. */
  readonly room: Uint8Array;
  /** Address of the scratch memory that is free. */
  private free: number;

  private constructor(
    readonly memory: KernelMemory,
    kernels: JpegKernels & PixelKernels & PackKernels,
    room: number,
    private readonly scratch: number,
  ) {
    this.jpeg = kernels;
    this.pixels = kernels;
    this.pack = kernels;
    this.room = this.view(room, ROOM_BYTES);
    this.free = scratch;
  }

  /**
   * @param blocks Sizes in bytes of blocks that stay.
   * @returns The kernels and the addresses of the blocks, or undefined where there is no SIMD or too little memory.
   */
  static start(blocks: number[] = []): { kernels: ImageKernels; addresses: number[] } | undefined {
    const module = kernelModule();
    const started = module && startKernels(module);
    if (!started) return undefined;
    const { memory } = started;
    const exports = started.exports as JpegKernels & PixelKernels & PackKernels;
    memory.allocate(exports.reservedBytes());
    exports.start();
    const placed = [...blocks, ROOM_BYTES, SCRATCH_BYTES].map((bytes) => memory.allocate(bytes));
    if (placed.some((address) => address === undefined)) return undefined;
    const addresses = placed as number[];
    const [room, scratch] = addresses.splice(blocks.length) as [number, number];
    return { kernels: new ImageKernels(memory, exports, room, scratch), addresses };
  }

  /** Takes all scratch memory back: call this before each image. */
  reset(): void {
    this.free = this.scratch;
  }

  /** Scratch memory until the next image, or undefined if the image is too large. */
  take(bytes: number): number | undefined {
    const address = this.free;
    // Aligned, with room for loads past the end.
    const next = address + Math.ceil((bytes + 16) / 64) * 64;
    if (next > this.scratch + SCRATCH_BYTES) return undefined;
    this.free = next;
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

  view(address: number, bytes: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, bytes);
  }
}

let ofThread: ImageKernels | null | undefined;

/** Kernels that all images of this thread can use one after the other. */
export function imageKernels(): ImageKernels | undefined {
  if (ofThread === undefined) ofThread = ImageKernels.start()?.kernels ?? null;
  return ofThread ?? undefined;
}
