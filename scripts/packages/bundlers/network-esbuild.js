/** For esbuild with `loader: { '.wasm': 'file' }`. */
import wasmBinary from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm';
import { show } from './network.js';

await show(wasmBinary);
