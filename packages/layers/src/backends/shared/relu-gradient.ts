import * as tf from '@tensorflow/tfjs-core';
import { ReluGrad } from '../../contracts/training-kernels';

/**
 * Makes TensorFlow.js run the kernel `ReluGrad` for the gradient of `Relu` on backends that have it.
 *
 * The stock gradient, `dy * step(x)`, takes several passes: in tfjs-node more time than the convolutions. Gradients are registered for all
 * backends at once, so the others keep the stock formula. Calling this again does nothing.
 */
export function registerReluGradient(): void {
  const stock = tf.getGradient(tf.Relu);
  if (stock?.gradFunc === reluGradient) return;
  if (stock) tf.unregisterGradient(tf.Relu);
  tf.registerGradient({ kernelName: tf.Relu, inputsToSave: ['x'], gradFunc: reluGradient });
}

const reluGradient: tf.GradFunc = (dy, [x]) => {
  const gradient = dy as tf.Tensor;
  if (!tf.getKernel(ReluGrad, tf.getBackend())) return { x: () => tf.mul(gradient, tf.cast(tf.step(x), 'float32')) };
  return { x: () => tf.engine().runKernel(ReluGrad, { dy: gradient, y: x } as tf.NamedTensorMap) as tf.Tensor };
};
