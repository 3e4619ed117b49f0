import { LayersError, type State, type WrongValue } from '../../errors';

/** Why WebGPU refused or stopped: one stable word a caller may branch on. */
export type WebgpuErrorCode =
  | 'WEBGPU_MISSING'
  | 'WEBGPU_NO_ADAPTER'
  | 'WEBGPU_SOFTWARE_ADAPTER'
  | 'WEBGPU_OUT_OF_MEMORY'
  | 'WEBGPU_DEVICE_LOST'
  | 'WEBGPU_FAILED';

/** WebGPU cannot start, or cannot go on. */
export class WebgpuError extends LayersError {
  override readonly code: WebgpuErrorCode;

  /** @internal Nobody else makes these. */
  constructor(code: WebgpuErrorCode, what: string | WrongValue | State, options?: ErrorOptions) {
    super(what, options);
    this.code = code;
  }
}
