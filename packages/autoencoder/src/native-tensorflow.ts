import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError } from './errors';

/** The npm packages that bring TensorFlow's C library. */
export type NativePackage = '@tensorflow/tfjs-node-gpu' | '@tensorflow/tfjs-node';

/** What the native backend says of itself, beyond what tfjs types. */
interface NodeBackend {
  readonly isUsingGpuDevice?: boolean;
}

/**
 * Loads native TensorFlow and this project's kernels on it, and makes it the active backend. Throws BACKEND_UNAVAILABLE
 * with the reason and what mends it.
 *
 * @param folder where the package is, if it is not to be found by its name
 * @returns whether it computes on a GPU
 */
export async function startNativeTensorflow(name: NativePackage, folder?: string): Promise<{ onGpu: boolean }> {
  await restoreRemovedUtilities();
  try {
    await loadPackage(name, folder);
  } catch (cause) {
    throw new AutoencoderError('BACKEND_UNAVAILABLE', explainFailure(name, cause as NodeJS.ErrnoException), { cause });
  }
  if (!(await tf.setBackend('tensorflow').catch(() => false))) {
    throw new AutoencoderError(
      'BACKEND_UNAVAILABLE',
      `${name}: expected it to share one copy of @tensorflow/tfjs-core with this package, received two; run npm dedupe.`,
    );
  }
  const { registerTensorflowKernels } = await import('@ae/layers/backends/tensorflow');
  registerTensorflowKernels();
  return { onGpu: (tf.backend() as NodeBackend).isUsingGpuDevice === true };
}

async function loadPackage(name: NativePackage, folder?: string): Promise<void> {
  if (folder === undefined) {
    await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
    return;
  }
  const { createRequire } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:module');
  const path = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:path');
  createRequire(path.resolve(folder, 'package.json'))('./');
}

/** tfjs-node 4.22 calls functions that Node.js 23 removed from its util module (tfjs #8425). */
async function restoreRemovedUtilities(): Promise<void> {
  const { default: util } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:util');
  const missing = util as { isNullOrUndefined?(value: unknown): boolean; isArray?(value: unknown): boolean };
  missing.isNullOrUndefined ??= (value) => value === null || value === undefined;
  missing.isArray ??= Array.isArray;
}

function explainFailure(name: NativePackage, { code, message }: NodeJS.ErrnoException): string {
  const [firstLine] = message.split('\n');
  const library = /([\w.+-]+\.so[\w.]*|[\w.+-]+\.(?:dylib|dll)): cannot open|Library not loaded: (\S+)/.exec(message);
  if (library) {
    return `${name}: expected the library ${library[1] ?? library[2]}, which is missing; install it, or use the wasm engine.`;
  }
  if (/tfjs_binding\.node|napi-v\d+/.test(message)) {
    return (
      `${name}: expected its compiled addon, which is missing: its install script did not finish; ` +
      `run npm rebuild ${name} where its download host can be reached, or use the wasm engine.`
    );
  }
  if ((code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && message.includes(name)) {
    return `${name}: not installed; npm install ${name} brings it.`;
  }
  return `${name}: expected it to load on Node.js ${process.version}, received "${firstLine}"; use the wasm engine.`;
}
