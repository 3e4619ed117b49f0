import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError } from '../errors/errors';
import type { NamedVariables } from './named-variables';

/** Returns the first value of a tensor that is no finite number; `values` are its own, where they are at hand. */
export async function findNotFinite(tensor: tf.Tensor, values?: Float32Array): Promise<number | undefined> {
  // A finite sum tells that there is none, at the backend's speed.
  const sum = tf.sum(tensor);
  const [total] = await sum.data();
  sum.dispose();
  if (Number.isFinite(total)) return undefined;
  return (values ?? (await tensor.data())).find((value) => !Number.isFinite(value));
}

/** Says which of some weights hold NaN or an infinity: "conv1/kernel holds NaN"; undefined if none does. */
export async function describeNotFinite(weights: NamedVariables): Promise<string | undefined> {
  for (const [name, weight] of Object.entries(weights)) {
    const value = await findNotFinite(weight);
    if (value !== undefined) return `${name} contains ${value}`;
  }
  return undefined;
}

/** Throws WEIGHTS_NOT_FINITE for weights that nothing can be computed with. */
export async function checkFinite(where: string, weights: NamedVariables, advice: string): Promise<void> {
  const found = await describeNotFinite(weights);
  if (found === undefined) return;
  throw new AutoencoderError(
    'WEIGHTS_NOT_FINITE',
    `${where}: the network has weights that are not finite (${found}), so its results are useless; ${advice}.`,
  );
}
