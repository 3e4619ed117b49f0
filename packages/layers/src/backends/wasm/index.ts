/**
 * The WebAssembly training engine: stock tfjs-wasm plus what training needs. Starts tfjs' wasm backend on shared memory and puts this
 * engine's kernels into it.
 *
 * Importing this module changes nothing; {@link initWasm} sets the backend up.
 */

import { type BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { backend as activeBackend, env, setBackend, engine as tfjsEngine } from '@tensorflow/tfjs-core';
import { InvalidOptionError } from '../../errors';
import { registerBlockTransform } from './kernels/block-transform';
import { registerConv2D } from './kernels/conv2d';
import { registerDepthwise } from './kernels/depthwise';
import { registerElementwise } from './kernels/elementwise';
import { registerFusedConv } from './kernels/fused-conv';
import { registerFusedConvTranspose } from './kernels/fused-conv-transpose';
import { registerFusedDense } from './kernels/fused-dense';
import { registerMatMul } from './kernels/matmul';
import { registerOptimizers } from './kernels/optimizers';
import { registerPooling } from './kernels/pooling';
import { registerPrelu } from './kernels/prelu';
import { registerReadInto } from './kernels/read-into';
import { registerSegmentSum } from './kernels/segment-sum';
import { registerSlice } from './kernels/slice';
import { registerTridiagonal } from './kernels/tridiagonal';
import { registerVolumes } from './kernels/volumes';
import { Engine } from './runtime/engine';
import { WasmEngineError } from './runtime/errors';
import type { SimdKind } from './runtime/side-module';
import { hasSharedMemory, hasWasmSimd, isNode, readTfjsBinary, shareMemoryOf, toDataUrl } from './runtime/tfjs-binary';

export { WasmEngineError, type WasmEngineErrorCode } from './runtime/errors';
export type { SimdKind };

/** How to start the engine. */
export interface WasmOptions {
  /** Threads to compute with, the calling one included; 'auto' (the default) takes as many as there are cores. */
  threads?: number | 'auto';
  /** Where tfjs-backend-wasm-simd.wasm is, or its bytes. Node.js finds the installed package by itself. */
  tfjsBinary?: string | URL | Uint8Array;
  /** The variant of the kernels to use; default: the fastest that the JavaScript engine accepts. */
  simd?: SimdKind;
  /**
   * Whether V8's flags may be set while the kernels are compiled, and put back; default true. It happens in Node.js only, on the
   * majors of V8 that this package is tested on, and makes the first steps faster, and all of them where V8 can use 256 bits. Flags are the whole
   * process's: say false if it compiles other WebAssembly at the same time, or sets such flags itself by `v8.setFlagsFromString`.
   */
  v8Flags?: boolean;
}

/** The running engine. */
export interface WasmEngine {
  /** The tfjs backend whose kernels were replaced. */
  readonly backend: BackendWasm;
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  /** The variant of the kernels in use. */
  readonly simd: SimdKind;
  /**
   * Why the kernels were compiled without V8's flags, such as that this version of V8 has not been tested; undefined where they were set, and
   * where there are none to set (browsers).
   */
  readonly plainReason?: string;
  /** Ends the worker threads; the kernels continue on the calling thread. */
  dispose(): void;
}

/** Most threads that 'auto' takes: further ones wait for memory more than they compute. */
const mostThreads = 32;

const engineKey = Symbol.for('@ae/layers wasm engine');
type BackendWithEngine = BackendWasm & { [engineKey]?: WasmEngine };
let starting: Promise<WasmEngine> | undefined;

/**
 * Makes 'wasm' the active tfjs backend, with every kernel that training needs, on all cores. Idempotent: later calls return the
 * first engine, whatever their options.
 *
 * Without shared memory (a browser page that is not cross-origin isolated, or a wasm backend that was started before) the same
 * kernels run on the calling thread alone.
 *
 * @throws InvalidOptionError `INVALID_OPTION`
 * @throws WasmEngineError `WASM_SIMD_MISSING` | `WASM_MODULE_INVALID` | `WASM_BINARY_UNREADABLE` | `WASM_BACKEND_TAKEN` | `WASM_WORKER_FAILED`
 */
export async function initWasm(options: WasmOptions = {}): Promise<WasmEngine> {
  starting ??= keepingAlive(start(options)).catch((error: unknown) => {
    starting = undefined;
    throw error;
  });
  const engine = await starting;
  await setBackend('wasm');
  return engine;
}

/** Keeps the process alive: Node.js ends one that waits for nothing but V8 compiling in the background, in the middle of it and without a word. */
async function keepingAlive<T>(work: Promise<T>): Promise<T> {
  const timer = isNode() ? setInterval(() => {}, 1000) : undefined;
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

async function start(options: WasmOptions): Promise<WasmEngine> {
  if (!hasWasmSimd()) {
    throw new WasmEngineError(
      'WASM_SIMD_MISSING',
      'initWasm: this JavaScript engine has no WebAssembly SIMD; use the stock tfjs backends, or Node.js 20 or newer.',
    );
  }
  const threads = await threadCount(options.threads ?? 'auto');
  checkFlag('v8Flags', options.v8Flags);
  // Not findBackend: it would start the backend, with the stock binary.
  const existing = tfjsEngine().registry.wasm as BackendWithEngine | undefined;
  if (existing?.[engineKey]) return existing[engineKey];
  const backend = existing ?? (await startTfjs(options, threads));
  const engine = await Engine.start(backend, threads, options);
  registerBlockTransform(engine);
  registerConv2D(engine);
  registerDepthwise(engine);
  registerMatMul(engine);
  registerPooling(engine);
  registerElementwise(engine);
  registerPrelu(engine);
  registerSegmentSum(engine);
  registerVolumes(engine);
  registerOptimizers(engine);
  registerReadInto(engine);
  registerSlice(engine);
  registerTridiagonal(engine);
  registerFusedConv(engine);
  registerFusedConvTranspose(engine);
  registerFusedDense(engine);
  (backend as BackendWithEngine)[engineKey] = engine;
  return engine;
}

function checkFlag(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new InvalidOptionError({
    where: 'initWasm',
    expected: `\`${name}\` to be true or false`,
    received: `${value}`,
  });
}

async function threadCount(wanted: number | 'auto'): Promise<number> {
  if (wanted !== 'auto') {
    if (Number.isInteger(wanted) && wanted >= 1) return wanted;
    throw new InvalidOptionError({
      where: 'initWasm',
      expected: "`threads` to be 'auto' or a whole number from 1",
      received: `${wanted}`,
      todo: 'leave it out to use all cores',
    });
  }
  if (!isNode()) return Math.min(navigator.hardwareConcurrency || 1, mostThreads);
  const { availableParallelism, cpus } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:os');
  return Math.min(availableParallelism?.() ?? cpus().length, mostThreads);
}

async function startTfjs(options: WasmOptions, threads: number): Promise<BackendWasm> {
  const binary = await readTfjsBinary(options.tfjsBinary);
  if (threads > 1 && hasSharedMemory()) shareMemoryOf(binary);
  const address = toDataUrl(binary);
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // the plain build; see tfjs-binary.ts
  setWasmPaths(
    {
      'tfjs-backend-wasm.wasm': address,
      'tfjs-backend-wasm-simd.wasm': address,
      'tfjs-backend-wasm-threaded-simd.wasm': address,
    },
    true,
  );
  if (!(await setBackend('wasm'))) {
    throw new WasmEngineError(
      'WASM_BACKEND_TAKEN',
      'initWasm: tfjs could not start its wasm backend; call initWasm before anything else uses the wasm backend.',
    );
  }
  return activeBackend() as BackendWasm;
}
