import { type BackendInfo, type BackendName, useBackend } from '../src/entries/index';

/** The engine to test on: that of AE_BACKEND, which the lanes set, or wasm. */
export const testEngine = (process.env.AE_BACKEND ?? 'wasm') as BackendName;

/** Starts the engine to test on; AE_TENSORFLOW and AE_WEBGPU say where the lanes have put what it takes. */
export function startTestEngine(): Promise<BackendInfo> {
  const { AE_TENSORFLOW, AE_WEBGPU } = process.env;
  return useBackend(testEngine, { tensorflowFolder: AE_TENSORFLOW, webgpuFolder: AE_WEBGPU });
}
