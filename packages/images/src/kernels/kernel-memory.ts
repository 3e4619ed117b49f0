/** WebAssembly kernels and the memory that they use. */

const pageBytes = 65536;
const mostPages = 65536;
/** Loads of 16 bytes may extend past the end of a block. */
const spareBytes = 16;

/** Compiles a module, or returns undefined if WebAssembly on this machine lacks a required feature (SIMD). */
export function compileKernels(wasm: Uint8Array<ArrayBuffer>): WebAssembly.Module | undefined {
  if (typeof SharedArrayBuffer === 'undefined') return undefined;
  try {
    return new WebAssembly.Module(wasm);
  } catch (error) {
    if ((error as Error).name === 'CompileError') return undefined;
    throw error;
  }
}

/**
 * Instantiates a module with its own memory.
 *
 * @returns Its exports and that memory; undefined if this process gets no more address space.
 */
export function startKernels(module: WebAssembly.Module): { exports: unknown; memory: KernelMemory } | undefined {
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: 1, maximum: mostPages, shared: true });
  } catch {
    return undefined;
  }
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { exports, memory: new KernelMemory(memory) };
}

/** Allocates consecutive blocks of a memory. */
export class KernelMemory {
  #end = 0;

  readonly #memory: WebAssembly.Memory;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /**
   * Adds a block. When the memory grows, `addressOf` no longer recognizes views of earlier blocks, so all blocks are added before any is
   * used. Memory that is never touched costs nothing.
   *
   * @returns Its address, or undefined if the memory cannot grow that far (4 GiB).
   */
  allocate(bytes: number): number | undefined {
    const address = Math.ceil(this.#end / 64) * 64;
    const missing = address + bytes + spareBytes - this.#memory.buffer.byteLength;
    try {
      if (missing > 0) this.#memory.grow(Math.ceil(missing / pageBytes));
    } catch {
      return undefined;
    }
    this.#end = address + bytes;
    return address;
  }

  /** The memory that kernels read and write. */
  get buffer(): SharedArrayBuffer {
    return this.#memory.buffer;
  }

  /** Address of an array's first byte, or undefined if it is not in this memory. */
  addressOf(array: ArrayBufferView): number | undefined {
    return array.buffer === this.#memory.buffer ? array.byteOffset : undefined;
  }
}
