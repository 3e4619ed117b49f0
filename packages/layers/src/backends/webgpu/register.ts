import * as tf from '@tensorflow/tfjs-core';
import { MaxPoolWithArgmax, MaxPoolWithArgmaxGrad, MaxUnpool, MaxUnpoolGrad } from '../../contracts/pooling-kernels';
import { ReluGrad } from '../../contracts/training-kernels';
import { MissingKernelError } from '../../errors';
import { registerKernels } from '../shared/register-kernels';
import { registerReluGradient } from '../shared/relu-gradient';
import { maxPoolWithArgmax } from './pooling';
import { maxPoolWithArgmaxGrad, maxUnpool, maxUnpoolGrad, reluGrad } from './unpooling';

/**
 * Registers the kernels of this package for the backend `webgpu`, and a faster one for the gradient of ReLU. Calling it again
 * does nothing.
 *
 * @throws MissingKernelError `MISSING_KERNEL` if @tensorflow/tfjs-backend-webgpu is not loaded
 */
export function registerWebgpuKernels(): void {
  if (!tf.getKernel(tf.Conv2D, 'webgpu')) {
    throw new MissingKernelError({
      where: 'registerWebgpuKernels',
      state: 'the backend "webgpu" is not loaded',
      todo: 'import @tensorflow/tfjs-backend-webgpu first',
    });
  }
  registerKernels('webgpu', {
    [MaxPoolWithArgmax]: maxPoolWithArgmax,
    [MaxPoolWithArgmaxGrad]: maxPoolWithArgmaxGrad,
    [MaxUnpool]: maxUnpool,
    [MaxUnpoolGrad]: maxUnpoolGrad,
    [ReluGrad]: reluGrad,
  });
  registerReluGradient();
}
