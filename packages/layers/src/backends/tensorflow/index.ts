/**
 * The kernels for native TensorFlow, on CPUs or CUDA, through the ops that @tensorflow/tfjs-node and @tensorflow/tfjs-node-gpu expose.
 *
 * Neither package is imported here: import the one you use first. That makes `tensorflow` the active backend.
 */
import * as tf from '@tensorflow/tfjs-core';
import { MaxPoolWithArgmax, MaxPoolWithArgmaxGrad, MaxUnpool, MaxUnpoolGrad } from '../../contracts/pooling-kernels';
import { AdamStep, ReluGrad, SgdStep } from '../../contracts/training-kernels';
import { MissingKernelError } from '../../errors';
import { registerKernels } from '../shared/register-kernels';
import { registerReluGradient } from '../shared/relu-gradient';
import { adamStep, sgdStep } from './optimizers';
import { maxPoolWithArgmax } from './pooling';
import { add, conv2d, fusedConv2D, reluGrad, sum } from './training';
import { maxPoolWithArgmaxGrad, maxUnpool, maxUnpoolGrad } from './unpooling';

export { loadPackage } from '../shared/load-package';

const backend = 'tensorflow';

/**
 * Registers the kernels of this package for the backend `tensorflow`, and faster or corrected ones for convolutions, biases and the
 * gradient of ReLU. Calling it again does nothing.
 *
 * @throws MissingKernelError `MISSING_KERNEL` if neither tfjs-node nor tfjs-node-gpu is loaded
 */
export function registerTensorflowKernels(): void {
  if (!tf.getKernel(tf.Conv2D, backend)) {
    throw new MissingKernelError({
      where: 'registerTensorflowKernels',
      state: 'the backend "tensorflow" is not loaded',
      todo: 'import @tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu first',
    });
  }
  if (tf.getKernel(MaxUnpool, backend)) return;
  const stock = (name: string) => tf.getKernel(name, backend).kernelFunc;
  registerKernels(backend, {
    [MaxPoolWithArgmax]: maxPoolWithArgmax,
    [MaxPoolWithArgmaxGrad]: maxPoolWithArgmaxGrad,
    [MaxUnpool]: maxUnpool,
    [MaxUnpoolGrad]: maxUnpoolGrad,
    [ReluGrad]: reluGrad,
    [SgdStep]: sgdStep,
    [AdamStep]: adamStep,
    [tf.Conv2D]: conv2d(stock(tf.Conv2D)),
    [tf.FusedConv2D]: fusedConv2D(stock(tf.FusedConv2D)),
    [tf.Sum]: sum(stock(tf.Sum)),
    [tf.Add]: add(stock(tf.Add)),
  });
  registerReluGradient();
}
