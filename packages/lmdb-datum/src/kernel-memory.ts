/** WebAssembly kernels and the memory that they work in. */

const PAGE_BYTES = 65536;
/** Loads of 16 bytes may reach past the end of a block. */
const SPARE_BYTES = 16;

const compiled = new Map<Uint8Array, WebAssembly.Module | null>();

/**
 * Starts a module that imports its memory.
 *
 * @returns undefined on a machine whose WebAssembly lacks what the module needs (SIMD).
 */
export function kernelsOf<Kernels>(
  wasm: Uint8Array<ArrayBuffer>,
): { kernels: Kernels; memory: KernelMemory } | undefined {
  let module = compiled.get(wasm);
  if (module === undefined) {
    module = WebAssembly.validate(wasm) ? new WebAssembly.Module(wasm) : null;
    compiled.set(wasm, module);
  }
  if (!module) return undefined;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { kernels: exports as Kernels, memory: new KernelMemory(memory) };
}

/** Hands out blocks of a memory, one behind the other. */
export class KernelMemory {
  private end = 0;

  constructor(private readonly memory: WebAssembly.Memory) {}

  /**
   * Adds a block. Views of earlier blocks are lost when the memory grows, so all blocks are taken before any is used.
   *
   * @returns Its address, or undefined if the memory can't grow that far (4 GiB).
   */
  allocate(bytes: number): number | undefined {
    const address = Math.ceil(this.end / 64) * 64;
    const missing = address + bytes + SPARE_BYTES - this.memory.buffer.byteLength;
    try {
      if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
    } catch {
      return undefined;
    }
    this.end = address + bytes;
    return address;
  }

  /** Takes all blocks back. */
  reset(): void {
    this.end = 0;
  }

  get buffer(): ArrayBuffer {
    return this.memory.buffer;
  }

  /** Address of an array's first byte, or undefined if it doesn't lie in this memory. */
  addressOf(array: ArrayBufferView): number | undefined {
    return array.buffer === this.memory.buffer ? array.byteOffset : undefined;
  }
}
