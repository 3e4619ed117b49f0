/** Loads the SIMD kernels of assembly/pack.ts, and owns the memory that they work in. */
import wasm from '../assembly/pack.ts?wasm';

/** See assembly/pack.ts for the contract. Addresses are bytes in `PackMemory`. */
export interface PackKernels {
  interleaveU8(
    p0: number,
    p1: number,
    p2: number,
    stride: number,
    width: number,
    rows: number,
    mirror: 0 | 1,
    dst: number,
  ): void;
  interleaveF32(
    p0: number,
    p1: number,
    p2: number,
    stride: number,
    width: number,
    rows: number,
    mirror: 0 | 1,
    dst: number,
    mean0: number,
    mean1: number,
    mean2: number,
    scale: number,
  ): void;
  planeF32(
    plane: number,
    stride: number,
    width: number,
    rows: number,
    mirror: 0 | 1,
    dst: number,
    mean: number,
    scale: number,
  ): void;
}

const PAGE_BYTES = 65536;

let compiled: WebAssembly.Module | undefined | null;

/** The compiled kernels, or undefined on a machine whose WebAssembly has no SIMD. */
function compile(): WebAssembly.Module | undefined {
  if (compiled === undefined) compiled = WebAssembly.validate(wasm) ? new WebAssembly.Module(wasm) : null;
  return compiled ?? undefined;
}

/** Memory for reading ahead and for batches, and the kernels that work in it. Blocks are never given back. */
export class PackMemory {
  private readonly memory: WebAssembly.Memory;
  private end = 0;

  private constructor(
    readonly kernels: PackKernels,
    memory: WebAssembly.Memory,
  ) {
    this.memory = memory;
  }

  /** @returns undefined where there is no SIMD; plain JavaScript does the work then. */
  static create(): PackMemory | undefined {
    const module = compile();
    if (!module) return undefined;
    const memory = new WebAssembly.Memory({ initial: 1 });
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    return new PackMemory(instance.exports as unknown as PackKernels, memory);
  }

  /**
   * Adds a block of zeros. Views of earlier blocks are lost when the memory grows, so all blocks are taken before any is used.
   *
   * @returns Its address, or undefined if the memory can't grow that far (4 GiB).
   */
  allocate(bytes: number): number | undefined {
    const address = Math.ceil(this.end / 64) * 64;
    const missing = address + bytes - this.memory.buffer.byteLength;
    try {
      if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
    } catch {
      return undefined;
    }
    this.end = address + bytes;
    return address;
  }

  get buffer(): ArrayBuffer {
    return this.memory.buffer;
  }

  /** Address of an array's first byte, or undefined if it doesn't lie in this memory. */
  addressOf(array: ArrayBufferView): number | undefined {
    return array.buffer === this.memory.buffer ? array.byteOffset : undefined;
  }
}
