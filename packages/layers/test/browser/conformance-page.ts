/** Runs the conformance suite on a page; its address says on which backend, `?backend=wasm`. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgl';
import { initWasm, type WasmEngine } from '../../src/backends/wasm/index';
import { registerWebglKernels } from '../../src/backends/webgl/index';
import { describeConformance } from '../conformance';
import { type PageResults, run } from './vitest-shim';

/** What the page tells the test. */
export interface ConformancePage {
  results: Promise<PageResults & { threads?: number }>;
}

let engine: WasmEngine | undefined;

if (new URLSearchParams(location.search).get('backend') === 'wasm') {
  describeConformance('wasm', {
    backend: 'wasm',
    trainsEmptyBatches: false,
    setUp: async () => {
      engine = await initWasm({ tfjsBinary: '/tfjs/tfjs-backend-wasm-simd.wasm' });
    },
  });
} else {
  describeConformance('webgl', {
    backend: 'webgl',
    trainsEmptyBatches: false,
    mostPositions: 2 ** 24,
    setUp: async () => {
      registerWebglKernels();
      await tf.setBackend('webgl');
    },
  });
}

(globalThis as unknown as ConformancePage).results = run().then((results) => ({
  ...results,
  threads: engine?.threads,
}));
