import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { WasmEngineError } from '../errors';
import type { SideKernel } from './job-control';
import { type CompileOptions, compileSideModule, type SideModule, type SimdKind } from './side-module';
import { WorkerPool } from './worker-pool';

/** An argument of a kernel: a whole number or pointer, or a float32. */
export type Argument = number | { float32: number };

/** How a job is cut and what it needs. */
export interface JobOptions {
  /** Units taken at a time; default 1. */
  chunk?: number;
  /** Scratch memory of each thread in bytes; default 0. */
  scratchBytes?: number;
}

/** What Emscripten, which compiled tfjs' WebAssembly, gives access to. */
interface Emscripten {
  asm: { memory: WebAssembly.Memory };
  tfjs: { registerTensor(id: number, size: number, memoryOffset: number): void; disposeData(id: number): void };
  _malloc(bytes: number): number;
  _free(pointer: number): void;
}

/** Bytes of the block that a kernel's arguments are written to. */
const ARGUMENT_BYTES = 256;

/** Bytes at the beginning of each thread's scratch that assembly/tiles.mjs may use. */
export const TILE_BYTES = 512;

/** Threads write to scratch of their own; this distance keeps them off each other's cache lines. */
const ALIGNMENT = 128;

/** Runs the side module's kernels on tensors of the tfjs wasm backend, on all threads. */
export class Engine {
  readonly backend: BackendWasm;
  readonly simd: SimdKind;
  readonly plainReason?: string;
  /** Columns of the widest register tile. */
  readonly panel: number;
  readonly #memory: WebAssembly.Memory;
  readonly #pool: WorkerPool;
  readonly #exports: Record<string, SideKernel>;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #argumentBlock: number;
  #scratch = 0;
  #scratchBytes = 0;

  private constructor(
    backend: BackendWasm,
    { simd, plainReason }: SideModule,
    memory: WebAssembly.Memory,
    pool: WorkerPool,
    exports: WebAssembly.Exports,
    kernelNames: readonly string[],
  ) {
    this.backend = backend;
    this.simd = simd;
    this.plainReason = plainReason;
    this.#memory = memory;
    this.#pool = pool;
    this.#exports = exports as Record<string, SideKernel>;
    this.#numbers = new Map(kernelNames.map((name, number) => [name, number]));
    this.panel = (exports.PANEL as WebAssembly.Global).value as number;
    this.#argumentBlock = this.allocate(ARGUMENT_BYTES);
  }

  /**
   * Starts the engine on a running tfjs wasm backend.
   *
   * @param threads threads altogether; only 1 is possible where the backend's memory is not shared
   * @param options how to compile the side module
   */
  static async start(backend: BackendWasm, threads: number, options?: CompileOptions): Promise<Engine> {
    const { memory } = (backend.wasm as unknown as Emscripten).asm;
    const shared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
    const side = await compileSideModule(shared, options);
    const { exports } = await WebAssembly.instantiate(side.module, { env: { memory } });
    const kernelNames = Object.keys(exports).filter((name) => typeof exports[name] === 'function');
    const kernels = kernelNames.map((name) => exports[name] as SideKernel);
    const pool = await WorkerPool.start({
      threads: shared ? threads : 1,
      kernels,
      module: side.module,
      memory,
      kernelNames,
    });
    return new Engine(backend, side, memory, pool, exports, kernelNames);
  }

  get #emscripten(): Emscripten {
    return this.backend.wasm as unknown as Emscripten;
  }

  /** Threads that compute, the calling one included. */
  get threads(): number {
    return this.#pool.threads;
  }

  /** Runs a kernel on all threads until its units are done. */
  run(
    kernel: string,
    units: number,
    args: readonly Argument[],
    { chunk = 1, scratchBytes = 0 }: JobOptions = {},
  ): void {
    if (units <= 0) return;
    this.#growScratch(scratchBytes);
    this.#write(args);
    const number = this.#numbers.get(kernel);
    if (number === undefined) throw new Error(`[layers] wasm engine: no kernel ${kernel} in the side module.`);
    this.#pool.run(number, this.#argumentBlock, units, chunk, this.#scratch, this.#scratchBytes);
  }

  /** Calls a function of the side module on this thread only, with a block of arguments. */
  call(name: string, args: readonly Argument[]): void {
    this.#write(args);
    (this.#exports[name] as unknown as (argumentBlock: number) => void)(this.#argumentBlock);
  }

  /** Writes arguments, in the order of the fields of the kernel's job class (see assembly/); fields left out are 0. */
  #write(args: readonly Argument[]): void {
    new Uint8Array(this.#memory.buffer, this.#argumentBlock, ARGUMENT_BYTES).fill(0);
    const view = new DataView(this.#memory.buffer, this.#argumentBlock, ARGUMENT_BYTES);
    for (const [index, argument] of args.entries()) {
      if (typeof argument === 'number') view.setInt32(4 * index, argument, true);
      else view.setFloat32(4 * index, argument.float32, true);
    }
  }

  #growScratch(bytes: number): void {
    if (bytes <= this.#scratchBytes) return;
    const each = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    if (this.#scratch !== 0) this.free(this.#scratch);
    this.#scratch = 0;
    this.#scratchBytes = 0;
    this.#scratch = this.allocate(each * this.threads + ALIGNMENT);
    this.#scratchBytes = each;
  }

  /**
   * Reserves memory, 16-byte aligned.
   *
   * @throws WasmEngineError `WASM_OUT_OF_MEMORY`
   */
  allocate(bytes: number): number {
    const pointer = this.#emscripten._malloc(bytes) >>> 0;
    if (pointer === 0) throw outOfMemory(bytes);
    return pointer;
  }

  /** Gives reserved memory back. */
  free(pointer: number): void {
    this.#emscripten._free(pointer);
  }

  /** Reserves memory while f runs. */
  withMemory<T>(bytes: number, f: (pointer: number) => T): T {
    const pointer = this.allocate(Math.max(bytes, 1));
    try {
      return f(pointer);
    } finally {
      this.free(pointer);
    }
  }

  /** Writes whole numbers and pointers into memory that is reserved while f runs. */
  withTable<T>(numbers: readonly number[], f: (pointer: number) => T): T {
    return this.withMemory(4 * numbers.length, (pointer) => {
      new Int32Array(this.#memory.buffer, pointer, numbers.length).set(numbers);
      return f(pointer);
    });
  }

  /** Where a tensor's values begin, in bytes. Stays valid until the tensor is disposed, also when the memory grows. */
  pointer(tensor: TensorInfo): number {
    return this.backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /**
   * Makes a tensor whose values are not set yet.
   *
   * @throws WasmEngineError `WASM_OUT_OF_MEMORY`
   */
  makeTensor(shape: number[], dtype: DataType = 'float32'): TensorInfo {
    const tensor = this.backend.makeOutput(shape, dtype);
    if (this.pointer(tensor) === 0) {
      this.backend.disposeData(tensor.dataId, true);
      throw outOfMemory(shape.reduce((size, length) => size * length, 4));
    }
    return tensor;
  }

  /**
   * Has the stock kernels see that values of a tensor were changed in place.
   *
   * They keep filters, biases and slopes of PReLU as XNNPACK packs them, by the tensor's number, until it is disposed. So it is, and comes
   * back under its number: no values move.
   */
  changedInPlace(tensor: TensorInfo): void {
    const { id, memoryOffset } = this.backend.dataIdMap.get(tensor.dataId);
    const { tfjs } = this.#emscripten;
    tfjs.disposeData(id);
    tfjs.registerTensor(id, util.sizeFromShape(tensor.shape), memoryOffset);
  }

  /** Views memory as float32. The view is stale after the next allocation. */
  floats(pointer: number, count: number): Float32Array {
    return new Float32Array(this.#memory.buffer, pointer, count);
  }

  /** Views memory as float64. The view is stale after the next allocation. */
  doubles(pointer: number, count: number): Float64Array {
    return new Float64Array(this.#memory.buffer, pointer, count);
  }

  /** Ends the workers and frees the scratch memory; kernels go on alone on the calling thread. */
  dispose(): void {
    this.#pool.dispose();
    if (this.#scratch !== 0) this.free(this.#scratch);
    this.#scratch = 0;
    this.#scratchBytes = 0;
  }
}

function outOfMemory(bytes: number): WasmEngineError {
  return new WasmEngineError(
    'WASM_OUT_OF_MEMORY',
    `wasm engine: expected room for ${bytes} more bytes in WebAssembly's 4 GiB, received none; use smaller batches, or dispose tensors that are no longer needed.`,
  );
}
