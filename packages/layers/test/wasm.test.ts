import { initWasm } from '../src/backends/wasm/index';
import { describeConformance } from './conformance';

describeConformance('wasm', {
  backend: 'wasm',
  // tfjs-wasm's Sum over no elements leaves its output uninitialized.
  trainsEmptyBatches: false,
  setUp: async () => {
    await initWasm({ threads: 2 });
  },
});
