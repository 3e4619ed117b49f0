/** Starts tfjs' wasm backend on shared memory and registers this engine's kernels in it. */

import { type BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { backend as activeBackend, env, setBackend, engine as tfjsEngine } from '@tensorflow/tfjs-core';
import { WasmEngineError } from './errors';
import { registerConv2DBackpropFilter } from './kernels/conv2d-backprop-filter';
import { registerPooling } from './kernels/pooling';
import { hasSharedMemory, hasWasmSimd, readTfjsBinary, shareMemoryOf, toDataUrl } from './tfjs-binary';

/** How to start the engine. */
export interface WasmOptions {
  /** Threads to compute with, the calling one included; 'auto' (the default) takes as many as there are cores. */
  threads?: number | 'auto';
  /** Where tfjs-backend-wasm-simd.wasm is, or its bytes. Node.js finds the installed package by itself. */
  tfjsBinary?: string | URL | Uint8Array;
}

/** The running engine. */
export interface WasmEngine {
  /** The tfjs backend whose kernels were replaced. */
  readonly backend: BackendWasm;
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  /** Ends the worker threads; the kernels go on alone on the calling thread. */
  dispose(): void;
}

const ENGINE = Symbol.for('@ae/layers wasm engine');
type BackendWithEngine = BackendWasm & { [ENGINE]?: WasmEngine };
let starting: Promise<WasmEngine> | undefined;

/**
 * Makes 'wasm' the active tfjs backend, with every kernel that training needs. Idempotent: later calls answer the first engine.
 *
 * @throws WasmEngineError `WASM_SIMD_MISSING` | `WASM_BINARY_UNREADABLE` | `WASM_BACKEND_TAKEN`
 */
export function initWasm(options: WasmOptions = {}): Promise<WasmEngine> {
  starting ??= start(options).catch((error: unknown) => {
    starting = undefined;
    throw error;
  });
  return starting;
}

async function start(options: WasmOptions): Promise<WasmEngine> {
  if (!hasWasmSimd()) {
    throw new WasmEngineError(
      'WASM_SIMD_MISSING',
      'initWasm: expected a JavaScript engine with WebAssembly SIMD, received one without; use the stock tfjs backends, or Node.js 20 or newer.',
    );
  }
  // Not findBackend: it would start the backend, with the stock binary.
  const existing = tfjsEngine().registry.wasm as BackendWithEngine | undefined;
  if (existing?.[ENGINE]) {
    await setBackend('wasm');
    return existing[ENGINE];
  }
  const backend = existing ?? (await startTfjs(options));
  await setBackend('wasm');
  registerConv2DBackpropFilter();
  registerPooling();
  const engine: WasmEngine = { backend, threads: 1, dispose() {} };
  (backend as BackendWithEngine)[ENGINE] = engine;
  return engine;
}

async function startTfjs(options: WasmOptions): Promise<BackendWasm> {
  const binary = await readTfjsBinary(options.tfjsBinary);
  if (hasSharedMemory() && options.threads !== 1) shareMemoryOf(binary);
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
      'initWasm: expected tfjs to start its wasm backend, received a failure; call initWasm before anything else uses the wasm backend.',
    );
  }
  return activeBackend() as BackendWasm;
}
