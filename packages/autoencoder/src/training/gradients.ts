import * as tf from '@tensorflow/tfjs-core';
import type { Gradients } from '../network/named-variables';

/**
 * Scales gradients so that their global norm, the square root of the sum of all squares, is at most `maxNorm`, like
 * torch.nn.utils.clip_grad_norm_. Disposes of `gradients` if it returns others.
 */
export async function clipByGlobalNorm(gradients: Gradients, maxNorm: number): Promise<Gradients> {
  const squares = tf.tidy(() => tf.addN(Object.values(gradients).map((g) => tf.sum(tf.square(g)) as tf.Scalar)));
  const norm = Math.sqrt((await squares.data())[0]);
  squares.dispose();
  const factor = maxNorm / (norm + 1e-6);
  return factor >= 1 ? gradients : replace(gradients, (gradient) => tf.mul(gradient, factor));
}

/** Returns the sum of `sum`, if there is one yet, and `weight * gradients`; disposes of both. */
export function accumulate(sum: Gradients | undefined, gradients: Gradients, weight: number): Gradients {
  const result = replace(gradients, (gradient, name) => {
    const weighted = tf.mul(gradient, weight);
    return sum ? tf.add(sum[name], weighted) : weighted;
  });
  if (sum) tf.dispose(sum as tf.TensorContainer);
  return result;
}

function replace(gradients: Gradients, change: (gradient: tf.Tensor, name: string) => tf.Tensor): Gradients {
  const changed = Object.entries(gradients).map(
    ([name, gradient]) => [name, tf.tidy(() => change(gradient, name))] as const,
  );
  tf.dispose(gradients as tf.TensorContainer);
  return Object.fromEntries(changed);
}
