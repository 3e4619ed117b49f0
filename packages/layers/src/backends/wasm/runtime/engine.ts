import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type Calls, calls, type Kernels, kernels, type Layout, type SideFunctions } from '../assembly/dist/jobs';
import { WasmEngineError } from './errors';
import type { SideKernel } from './job-control';
import { type CompileOptions, compileSideModule, type SideModule, type SimdKind } from './side-module';
import { waitForJobs } from './wait-for-jobs';
import { WorkerPool } from './worker-pool';

/** How a job is divided, and what it needs. */
export interface Cut {
  /** Number of units of work; the kernel's comment says what a unit is. */
  units: number;
  /** Units taken at a time; default 1. */
  chunk?: number;
  /** The same near the end, so that threads finish together; default `chunk`. */
  last?: number;
  /** Scratch memory per thread in bytes; default 0. */
  scratchBytes?: number;
}

/** What Emscripten, which compiled the WebAssembly of TensorFlow.js, gives access to. */
interface Emscripten {
  asm: { memory: WebAssembly.Memory; free(pointer: number): void };
  tfjs: { registerTensor(id: number, size: number, memoryOffset: number): void; disposeData(id: number): void };
  _malloc(bytes: number): number;
}

/** The exports of the side module, besides its kernels. */
type SideExports = SideFunctions & Record<keyof Calls, (job: number) => void> & { PANEL: WebAssembly.Global<'i32'> };

/** The kernels in the order of their numbers. */
const kernelNames = Object.keys(kernels);

/** Size in bytes of the block that jobs are written to. */
const jobBytes = Math.max(...[...Object.values(kernels), ...Object.values(calls)].map(({ bytes }) => bytes));

/** Threads write to their own scratch memory; this distance in bytes keeps them off each other's cache lines. */
const alignment = 128;

/** Runs the side module's kernels on tensors of the wasm backend, on all threads. */
export class Engine {
  readonly backend: BackendWasm;
  readonly simd: SimdKind;
  readonly plainReason?: string;
  /** Columns of the widest register tile. */
  readonly panel: number;
  /** Functions of the side module that only compute numbers, such as sizes. */
  readonly side: SideFunctions;
  /** What was determined about values, by their data and a name; forgotten with the data, or when it changes in place. */
  readonly #findings = new WeakMap<object, Map<string, unknown>>();
  readonly #memory: WebAssembly.Memory;
  readonly #pool: WorkerPool;
  readonly #exports: SideExports;
  readonly #numbers: ReadonlyMap<string, number>;
  /** Where jobs are written, in turns: threads still read the last one when the next is written. */
  #job: number;
  #otherJob: number;
  /** What has been freed while a job was running that may still use it. */
  readonly #freed: number[] = [];
  /** Returns a tensor's record, without waiting for the last job. */
  readonly #record: BackendWasm['dataIdMap']['get'];
  /** Two views of all memory, recreated when it has grown. */
  #words: Int32Array;
  #floats: Float32Array;
  #scratch = 0;
  #scratchBytes = 0;

  private constructor(
    backend: BackendWasm,
    { simd, plainReason }: SideModule,
    memory: WebAssembly.Memory,
    pool: WorkerPool,
    exports: WebAssembly.Exports,
  ) {
    this.backend = backend;
    this.simd = simd;
    this.plainReason = plainReason;
    this.#memory = memory;
    this.#pool = pool;
    this.#exports = exports as unknown as SideExports;
    this.side = this.#exports;
    this.#numbers = new Map(kernelNames.map((name, number) => [name, number]));
    this.panel = this.#exports.PANEL.value;
    this.#words = new Int32Array(memory.buffer);
    this.#floats = new Float32Array(memory.buffer);
    this.#job = this.allocate(jobBytes);
    this.#otherJob = this.allocate(jobBytes);
    this.#record = backend.dataIdMap.get.bind(backend.dataIdMap);
    waitForJobs(backend, this);
  }

  /**
   * Starts the engine on a running wasm backend.
   *
   * @param threads total number of threads; only 1 is possible if the backend's memory is not shared
   * @param options how to compile the side module
   */
  static async start(backend: BackendWasm, threads: number, options?: CompileOptions): Promise<Engine> {
    const { memory } = (backend.wasm as unknown as Emscripten).asm;
    const shared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
    const side = await compileSideModule(shared, options);
    const { exports } = await WebAssembly.instantiate(side.module, { env: { memory } });
    const pool = await WorkerPool.start({
      threads: shared ? threads : 1,
      kernels: kernelNames.map((name) => exports[name] as SideKernel),
      module: side.module,
      memory,
      kernelNames,
    });
    return new Engine(backend, side, memory, pool, exports);
  }

  get #emscripten(): Emscripten {
    return this.backend.wasm as unknown as Emscripten;
  }

  /** Returns how many threads compute, including the calling one. */
  get threads(): number {
    return this.#pool.threads;
  }

  /**
   * Runs a kernel on all threads. Workers may still be at it when this returns: what looks at memory has to call `settle` first, as methods
   * here do, and what reads a tensor of the backend need not.
   */
  run<Name extends keyof Kernels>(
    kernel: Name,
    { units, chunk = 1, last = chunk, scratchBytes = 0 }: Cut,
    job: Kernels[Name],
  ): void {
    if (units <= 0) return;
    [this.#job, this.#otherJob] = [this.#otherJob, this.#job];
    this.#write(kernels[kernel], job, this.#job);
    this.settle();
    this.#growScratch(scratchBytes);
    const number = this.#numbers.get(kernel) as number;
    this.#pool.start(number, this.#job, units, chunk, last, this.#scratch, this.#scratchBytes);
  }

  /**
   * Finishes the last job, if it is not done yet.
   *
   * @throws WasmEngineError `WASM_WORKER_FAILED`
   */
  settle(): void {
    if (!this.#pool.finish()) return;
    for (const pointer of this.#freed.splice(0)) this.free(pointer);
  }

  /** Calls a function of the side module on this thread only. */
  call<Name extends keyof Calls>(name: Name, job: Calls[Name]): void {
    this.settle();
    this.#write(calls[name], job, this.#job);
    this.#exports[name](this.#job);
  }

  #write<Fields>(layout: Layout<Fields>, fields: Fields, at: number): void {
    const { buffer } = this.#memory;
    if (this.#words.buffer !== buffer) {
      this.#words = new Int32Array(buffer);
      this.#floats = new Float32Array(buffer);
    }
    layout.write(fields, at >>> 2, this.#words, this.#floats);
  }

  #growScratch(bytes: number): void {
    if (bytes <= this.#scratchBytes) return;
    const each = Math.ceil(bytes / alignment) * alignment;
    if (this.#scratch !== 0) this.free(this.#scratch);
    this.#scratch = 0;
    this.#scratchBytes = 0;
    this.#scratch = this.allocate(each * this.threads + alignment);
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

  /** Releases reserved memory, once the last job is done, which may use it. */
  free(pointer: number): void {
    if (this.#pool.isRunning) this.#freed.push(pointer);
    else this.#emscripten.asm.free(pointer);
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

  /** Writes rows with the same layout, one after the other, to memory that is reserved while f runs. */
  withTable<Fields, T>(layout: Layout<Fields>, rows: readonly Fields[], f: (pointer: number) => T): T {
    return this.withMemory(layout.bytes * rows.length, (pointer) => {
      for (const [index, row] of rows.entries()) this.#write(layout, row, pointer + index * layout.bytes);
      return f(pointer);
    });
  }

  /** Returns what is known about a tensor's values under a name, which is determined once for as long as they do not change. */
  finding<T>({ dataId }: TensorInfo, name: string, find: () => T): T {
    const known = this.#findings.get(dataId) ?? new Map<string, unknown>();
    if (!known.has(name)) this.#findings.set(dataId, known.set(name, find()));
    return known.get(name) as T;
  }

  /** Returns where a tensor's values begin, in bytes. Valid until the tensor is disposed, even when the memory grows. */
  pointer(tensor: TensorInfo): number {
    return this.#record(tensor.dataId).memoryOffset;
  }

  /**
   * Creates a tensor whose values are not set yet.
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
   * Makes the stock kernels notice that values of a tensor were changed in place.
   *
   * They cache filters, biases and slopes of PReLU as packed by XNNPACK, by the tensor's id, until it is disposed. So it is disposed, and
   * created again under the same id: no values move.
   */
  changedInPlace(tensor: TensorInfo): void {
    this.#findings.delete(tensor.dataId);
    const { id, memoryOffset } = this.#record(tensor.dataId);
    const { tfjs } = this.#emscripten;
    tfjs.disposeData(id);
    tfjs.registerTensor(id, util.sizeFromShape(tensor.shape), memoryOffset);
  }

  /** Views memory as float32. The view is invalid after the next allocation. */
  floats(pointer: number, count: number): Float32Array {
    this.settle();
    return new Float32Array(this.#memory.buffer, pointer, count);
  }

  /** Views memory as bytes. The view is invalid after the next allocation. */
  bytes(pointer: number, count: number): Uint8Array {
    this.settle();
    return new Uint8Array(this.#memory.buffer, pointer, count);
  }

  /** Copies values to memory that has just been reserved: no job uses it yet, so this does not wait for the last one. */
  fill(pointer: number, { buffer, byteOffset, byteLength }: Int32Array | Float32Array | Uint8Array): void {
    new Uint8Array(this.#memory.buffer, pointer, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
  }

  /** Views memory as float64. The view is invalid after the next allocation. */
  doubles(pointer: number, count: number): Float64Array {
    this.settle();
    return new Float64Array(this.#memory.buffer, pointer, count);
  }

  /** Ends the workers and frees the scratch memory; kernels continue on the calling thread. */
  dispose(): void {
    this.settle();
    this.#pool.dispose();
    if (this.#scratch !== 0) this.free(this.#scratch);
    this.#scratch = 0;
    this.#scratchBytes = 0;
  }
}

function outOfMemory(bytes: number): WasmEngineError {
  return new WasmEngineError(
    'WASM_OUT_OF_MEMORY',
    `wasm engine: WebAssembly's 4 GiB of memory have no room for ${bytes} more bytes; use smaller batches, or dispose tensors that are no longer needed.`,
  );
}
