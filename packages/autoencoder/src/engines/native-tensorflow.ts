import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError } from '../errors/errors';
import { isMissingPackage } from '../errors/missing-package';
import type { NativePackage } from './native/installation';

/** What the native backend reports about itself, beyond the types of TensorFlow.js. */
interface NodeBackend {
  readonly isUsingGpuDevice?: boolean;
  readonly binding?: { readonly TF_Version?: string };
}

/** Where to look for the addon. */
export interface NativeOptions {
  /** The folder whose node_modules contains the package. Default: the one that `installTensorflow` installed, or else the program's own. */
  readonly tensorflowFolder?: string;
  /** The folder that `installTensorflow` installed into. Default: its default. */
  readonly tensorflowCache?: string;
}

/** Native TensorFlow, loaded. */
export interface NativeEngine {
  readonly onGpu: boolean;
  /** "TensorFlow 2.21.0" */
  readonly version?: string;
}

/**
 * Loads native TensorFlow and this project's kernels for it, and makes it the active backend. If one of the two packages has already been
 * loaded, that one is kept, because a process can contain only one. Throws BACKEND_UNAVAILABLE with the reason and how to fix it.
 */
export async function startNativeTensorflow(name: NativePackage, options: NativeOptions): Promise<NativeEngine> {
  await restoreRemovedUtilities();
  if (!tf.findBackendFactory('tensorflow')) await loadAddon(name, options);
  if (!(await tf.setBackend('tensorflow').catch(() => false))) {
    throw new AutoencoderError(
      'BACKEND_UNAVAILABLE',
      `${name} has its own copy of @tensorflow/tfjs-core, which this package cannot share; run npm dedupe.`,
    );
  }
  return adoptNativeTensorflow();
}

/** Registers this project's kernels on native TensorFlow, which is the active backend. */
export async function adoptNativeTensorflow(): Promise<NativeEngine> {
  const { registerTensorflowKernels } = await import('@ae/layers/backends/tensorflow');
  registerTensorflowKernels();
  const { isUsingGpuDevice, binding } = tf.backend() as NodeBackend;
  return {
    onGpu: isUsingGpuDevice === true,
    version: binding?.TF_Version ? `TensorFlow ${binding.TF_Version}` : undefined,
  };
}

async function loadAddon(name: NativePackage, { tensorflowFolder, tensorflowCache }: NativeOptions): Promise<void> {
  const { findInstallation } = await import('./native/installation');
  const installed = tensorflowFolder ?? (await findInstallation(name, tensorflowCache))?.folder;
  try {
    if (installed === undefined) await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
    else await (await import('@ae/layers/backends/tensorflow')).loadPackage(installed, name);
  } catch (cause) {
    throw explainFailure(name, cause as NodeJS.ErrnoException);
  }
}

/** tfjs-node 4.22 calls functions that Node.js 23 removed from its util module (tfjs #8425). */
async function restoreRemovedUtilities(): Promise<void> {
  const { default: util } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:util');
  const missing = util as { isNullOrUndefined?(value: unknown): boolean; isArray?(value: unknown): boolean };
  missing.isNullOrUndefined ??= (value) => value === null || value === undefined;
  missing.isArray ??= Array.isArray;
}

/** Returns how to fix an addon that does not load. */
function installCommand(name: NativePackage): string {
  return `ae backend install tensorflow${name.endsWith('-gpu') ? ' --gpu' : ''}`;
}

function explainFailure(name: NativePackage, cause: NodeJS.ErrnoException): AutoencoderError {
  if (isMissingPackage(cause, name)) {
    const install = `${name} is not installed; run ${installCommand(name)}.`;
    return new AutoencoderError('BACKEND_MISSING', install, { cause });
  }
  const mend = `run ${installCommand(name)}, or use the wasm engine`;
  const reason = `${name} cannot be loaded: ${reasonOf(cause.message)}; ${mend}.`;
  return new AutoencoderError('BACKEND_UNAVAILABLE', reason, { cause });
}

function reasonOf(message: string): string {
  const library = /([\w.+-]+\.so[\w.]*|[\w.+-]+\.(?:dylib|dll)): cannot open|Library not loaded: (\S+)/.exec(message);
  if (library) return `the library ${library[1] ?? library[2]} is missing`;
  if (/tfjs_binding\.node|napi-v\d+/.test(message)) {
    return 'its compiled addon is missing, because its install script did not finish';
  }
  const [firstLine] = message.split('\n');
  return `it fails on Node.js ${process.version} ("${firstLine}")`;
}
