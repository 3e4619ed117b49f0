/** For Vite, which gives the address of a file by `?url`. */
import wasmBinary from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { show } from './network.js';

await show(wasmBinary);
