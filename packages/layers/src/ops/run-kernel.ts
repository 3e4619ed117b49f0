import * as tf from '@tensorflow/tfjs-core';
import { MaxUnpool } from '../contracts/pooling-kernels';
import { MissingKernelError } from '../errors';

/** Runs a kernel of the current backend, with attributes typed by an interface. */
export function runKernel<T extends tf.Tensor | tf.Tensor[]>(
  name: string,
  inputs: tf.NamedTensorMap,
  attrs: object = {},
): T {
  return tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as T;
}

/**
 * Checks that the current backend has this package's kernels.
 *
 * Without this check, pooling would quietly run on a stock kernel, which follows other rules.
 *
 * @throws MissingKernelError `MISSING_KERNEL`
 */
export function checkKernels(where: string): void {
  const backend = tf.getBackend();
  if (tf.getKernel(MaxUnpool, backend)) return;
  throw new MissingKernelError({
    where,
    state: `the backend "${backend}" has no kernels of @ae/layers yet`,
    todo: `call the register function of @ae/layers/backends/${backend} first, or choose another backend`,
  });
}
