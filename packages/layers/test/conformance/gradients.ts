import * as tf from '@tensorflow/tfjs-core';

/** `tf.grad` for functions of `[N, H, W, C]`, which its type doesn't accept. */
export const grad4d = tf.grad as unknown as (
  f: (x: tf.Tensor4D) => tf.Tensor,
) => (x: tf.Tensor4D, dy?: tf.Tensor) => tf.Tensor4D;

/** Central differences of a scalar function, element by element. The step is 1/32, which float32 holds exactly. */
export async function numericalGradient(
  loss: (x: tf.Tensor) => tf.Tensor,
  x: Float32Array,
  shape: number[],
): Promise<Float32Array> {
  const step = 1 / 32;
  const at = async (index: number, offset: number) => {
    const moved = x.slice();
    moved[index] += offset;
    const y = tf.tidy(() => loss(tf.tensor(moved, shape)));
    const [value] = await y.data();
    y.dispose();
    return value;
  };
  const gradient = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) gradient[i] = ((await at(i, step)) - (await at(i, -step))) / (2 * step);
  return gradient;
}
