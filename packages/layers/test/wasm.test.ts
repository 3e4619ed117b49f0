import { initWasm, type WasmEngine } from '../src/backends/wasm/index';
import { describeConformance } from './conformance';

let engine: WasmEngine;

describeConformance('wasm', {
  backend: 'wasm',
  // tfjs-wasm's Sum over no elements leaves its output uninitialized.
  trainsEmptyBatches: false,
  setUp: async () => {
    engine = await initWasm();
  },
  tearDown: () => engine.dispose(),
});
