import { LayersError, type State, type WrongValue } from '../../../errors';

/** Why the WebAssembly engine could not start or stopped: a stable code for callers to branch on. */
export type WasmEngineErrorCode =
  | 'WASM_SIMD_MISSING'
  | 'WASM_BINARY_UNREADABLE'
  | 'WASM_BACKEND_TAKEN'
  | 'WASM_MODULE_INVALID'
  | 'WASM_WORKER_FAILED'
  | 'WASM_OUT_OF_MEMORY';

/** The WebAssembly engine cannot start or cannot continue. */
export class WasmEngineError extends LayersError {
  override readonly code: WasmEngineErrorCode;

  /** @internal Only this package creates them. */
  constructor(code: WasmEngineErrorCode, what: string | WrongValue | State, options?: ErrorOptions) {
    super(what, options);
    this.code = code;
  }
}
