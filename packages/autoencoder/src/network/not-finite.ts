import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError } from '../errors/errors';
import type { NamedVariables } from './named-variables';

/** Returns the first value of a tensor that is not a finite number; `values` are its own, if they are available. */
export async function findNotFinite(tensor: tf.Tensor, values?: Float32Array): Promise<number | undefined> {
  // A finite sum shows that there is none, at the speed of the backend.
  const sum = tf.sum(tensor);
  const [total] = await sum.data();
  sum.dispose();
  if (Number.isFinite(total)) return undefined;
  return (values ?? (await tensor.data())).find((value) => !Number.isFinite(value));
}

/** Says which weights contain NaN or infinity: "conv1/kernel contains NaN"; undefined if none do. */
export async function describeNotFinite(weights: NamedVariables): Promise<string | undefined> {
  for (const [name, weight] of Object.entries(weights)) {
    const value = await findNotFinite(weight);
    if (value !== undefined) return `${name} contains ${value}`;
  }
  return undefined;
}

/** Throws WEIGHTS_NOT_FINITE for weights that are unusable. */
export async function checkFinite(where: string, weights: NamedVariables, advice: string): Promise<void> {
  const found = await describeNotFinite(weights);
  if (found === undefined) return;
  throw new AutoencoderError(
    'WEIGHTS_NOT_FINITE',
    `${where}: the network has weights that are not finite (${found}), so its results are useless; ${advice}.`,
  );
}
