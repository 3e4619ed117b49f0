import type { DawnModule } from '@ae/layers/backends/webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError } from '../errors/errors';
import { isMissingPackage } from '../errors/missing-package';

/** WebGPU, loaded. */
export interface WebgpuDevice {
  /** The GPU's description of itself. */
  readonly device: string;
  /** Whether it computes on the CPU. */
  readonly software: boolean;
}

/**
 * Makes WebGPU the active backend: in Node.js through Dawn, on a page through navigator.gpu, where the page has imported
 * @tensorflow/tfjs-backend-webgpu.
 *
 * @param folder in Node.js: where the two packages are, if they are not to be found by their names
 * @param requireGpu refuses drivers that compute on the CPU
 */
export async function startWebgpu(folder: string | undefined, requireGpu: boolean): Promise<WebgpuDevice> {
  const { initWebgpu, loadPackage, provideWebgpu } = await import('@ae/layers/backends/webgpu');
  if (typeof process === 'object' && process.versions?.node && !tf.findBackendFactory('webgpu')) {
    const load = (name: string) => importOptional(name, folder && (() => loadPackage(folder, name)));
    provideWebgpu((await load('webgpu')) as DawnModule);
    await load('@tensorflow/tfjs-backend-webgpu');
  }
  const { adapter, software } = await initWebgpu({ requireHardware: requireGpu });
  return { device: adapter.description || adapter.device || adapter.vendor || 'a GPU that hides its name', software };
}

async function importOptional(name: string, load?: '' | (() => Promise<unknown>)): Promise<unknown> {
  try {
    return await (load ? load() : import(/* webpackIgnore: true */ /* @vite-ignore */ name));
  } catch (cause) {
    if (isMissingPackage(cause, name)) {
      const install = `${name} is not installed; run npm install webgpu @tensorflow/tfjs-backend-webgpu.`;
      throw new AutoencoderError('BACKEND_MISSING', install, { cause });
    }
    const [firstLine] = (cause as Error).message.split('\n');
    throw new AutoencoderError(
      'BACKEND_UNAVAILABLE',
      `${name} cannot be loaded: it fails on Node.js ${process.version} ("${firstLine}"); use the wasm engine.`,
      { cause },
    );
  }
}
