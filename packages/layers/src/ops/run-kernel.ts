import * as tf from '@tensorflow/tfjs-core';
import { MaxUnpool } from '../contracts/pooling-kernels';
import { MissingKernelError } from '../errors';

/** Runs a kernel of the active backend, with attributes typed by an interface. */
export function runKernel<T extends tf.Tensor | tf.Tensor[]>(
  name: string,
  inputs: tf.NamedTensorMap,
  attrs: object = {},
): T {
  return tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as T;
}

/** How to give a program a backend, or this package's kernels to the one that it has. */
const starts: Readonly<Record<string, string>> = {
  cpu: 'registerCpuKernels() of @ae/layers/backends/cpu',
  tensorflow: 'registerTensorflowKernels() of @ae/layers/backends/tensorflow',
  wasm: 'await initWasm() of @ae/layers/backends/wasm',
  webgl: 'registerWebglKernels() of @ae/layers/backends/webgl',
  webgpu: 'await initWebgpu() of @ae/layers/backends/webgpu',
};

/** What works on every CPU, in Node.js and in browsers. */
const install = `install @tensorflow/tfjs-backend-wasm and call ${starts.wasm} first`;

/**
 * Checks that TensorFlow.js has a backend to create weights on.
 *
 * @throws MissingKernelError `MISSING_KERNEL`
 */
export function checkBackend(where: string): void {
  if (Object.keys(tf.engine().registryFactory).length > 0) return;
  throw new MissingKernelError({ where, state: 'TensorFlow.js has no backend yet', todo: install });
}

/**
 * Checks that the active backend has this package's kernels.
 *
 * Without this check, pooling would silently run on a stock kernel, which follows other rules.
 *
 * @throws MissingKernelError `MISSING_KERNEL`
 */
export function checkKernels(where: string): void {
  const backend = tf.getBackend();
  if (tf.getKernel(MaxUnpool, backend)) return;
  throw new MissingKernelError({
    where,
    state: `the backend "${backend}" has no kernels of @ae/layers${backend in starts ? ' yet' : ''}`,
    todo: backend in starts ? `call ${starts[backend]} first` : install,
  });
}
