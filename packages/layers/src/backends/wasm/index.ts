/**
 * The WebAssembly training engine: stock tfjs-wasm plus what training needs.
 *
 * Importing this module changes nothing; {@link initWasm} sets the backend up.
 */
export { WasmEngineError, type WasmEngineErrorCode } from './errors';
export { initWasm, type WasmEngine, type WasmOptions } from './init';
export type { SimdKind } from './runtime/side-module';
