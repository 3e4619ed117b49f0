/**
 * The WebAssembly training engine: the stock wasm backend of TensorFlow.js, plus what training needs. Starts the backend on shared memory
 * and registers this engine's kernels for it.
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
import { registerZones } from './kernels/zones';
import { Engine } from './runtime/engine';
import { WasmEngineError } from './runtime/errors';
import type { SimdKind } from './runtime/side-module';
import { hasSharedMemory, hasWasmSimd, isNode, readTfjsBinary, shareMemoryOf, toDataUrl } from './runtime/tfjs-binary';

export { WasmEngineError, type WasmEngineErrorCode } from './runtime/errors';
export type { SimdKind };

/** Options for starting the engine. */
export interface WasmOptions {
  /** Number of threads, including the calling one; 'auto' (the default) uses one per core. */
  threads?: number | 'auto';
  /** The address of tfjs-backend-wasm-simd.wasm, or its bytes. Node.js finds the installed package by itself. */
  tfjsBinary?: string | URL | Uint8Array;
  /** The variant of the kernels to use. Default: the fastest that the JavaScript engine accepts. */
  simd?: SimdKind;
  /**
   * Whether V8's flags may be set temporarily while the kernels are compiled. Default true. This happens only in Node.js, with the major
   * versions of V8 that this package is tested on; it makes the first steps faster, and all of them if V8 can use 256-bit operations. Flags
   * apply to the whole process: use false if it compiles other WebAssembly at the same time, or sets such flags itself with
   * `v8.setFlagsFromString`.
   */
  v8Flags?: boolean;
}

/** The running engine. */
export interface WasmEngine {
  /** The backend of TensorFlow.js whose kernels were replaced. */
  readonly backend: BackendWasm;
  /** Number of threads that compute, including the calling one. */
  readonly threads: number;
  /** The variant of the kernels in use. */
  readonly simd: SimdKind;
  /**
   * Why the kernels were compiled without V8's flags, for example because this version of V8 has not been tested; undefined if they were
   * set, or if there are none to set (browsers).
   */
  readonly plainReason?: string;
  /** Ends the worker threads; the kernels continue to run on the calling thread. */
  dispose(): void;
}

/** Maximum number of threads for 'auto': more of them would mostly wait for memory. */
const mostThreads = 32;

const engineKey = Symbol.for('@ae/layers wasm engine');
type BackendWithEngine = BackendWasm & { [engineKey]?: WasmEngine };
let starting: Promise<WasmEngine> | undefined;

/**
 * Makes 'wasm' the active backend of TensorFlow.js, with all kernels that training needs, on all cores. Idempotent: later calls return the
 * first engine, whatever their options.
 *
 * Without shared memory (a browser page that is not cross-origin isolated, or a wasm backend that was started before), the same kernels run
 * only on the calling thread.
 *
 * @throws InvalidOptionError `INVALID_OPTION`
 * @throws WasmEngineError `WASM_SIMD_MISSING` | `WASM_MODULE_INVALID` | `WASM_BINARY_UNREADABLE` | `WASM_BACKEND_TAKEN` |
 * `WASM_WORKER_FAILED`
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

/** Keeps the process alive: Node.js would end silently if it only waited for V8 to compile in the background. */
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
  // Not findBackend, which would start the backend with the stock binary.
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
  registerZones(engine);
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
