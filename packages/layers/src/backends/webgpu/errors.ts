import { LayersError, type State, type WrongValue } from '../../errors';

/** Why WebGPU could not start or stopped: a stable code for callers to branch on. */
export type WebgpuErrorCode =
  | 'WEBGPU_MISSING'
  | 'WEBGPU_NO_ADAPTER'
  | 'WEBGPU_SOFTWARE_ADAPTER'
  | 'WEBGPU_OUT_OF_MEMORY'
  | 'WEBGPU_DEVICE_LOST'
  | 'WEBGPU_FAILED';

/** WebGPU cannot start or cannot continue. */
export class WebgpuError extends LayersError {
  override readonly code: WebgpuErrorCode;

  /** @internal Only this package creates them. */
  constructor(code: WebgpuErrorCode, what: string | WrongValue | State, options?: ErrorOptions) {
    super(what, options);
    this.code = code;
  }
}
