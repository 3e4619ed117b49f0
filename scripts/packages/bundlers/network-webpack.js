/** For webpack, which takes along what `new URL` names. */
import { show } from './network.js';

await show(new URL('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm', import.meta.url));
