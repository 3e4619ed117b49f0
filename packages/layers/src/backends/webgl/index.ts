/**
 * The kernels for WebGL 2, for browsers without WebGPU.
 *
 * No backend is imported here: import @tensorflow/tfjs-backend-webgl first.
 */
import * as tf from '@tensorflow/tfjs-core';
import { MaxPoolWithArgmax, MaxPoolWithArgmaxGrad, MaxUnpool, MaxUnpoolGrad } from '../../contracts/pooling-kernels';
import { MissingKernelError } from '../../errors';
import { registerKernels } from '../shared/register-kernels';
import { maxPoolWithArgmax } from './pooling';
import { relu } from './relu';
import { maxPoolWithArgmaxGrad, maxUnpool, maxUnpoolGrad } from './unpooling';

/**
 * Registers the kernels of this package for the backend `webgl`, and a ReLU that is correct for -Infinity. Calling it again does nothing.
 *
 * Textures contain float32, even for int32: pooled inputs with more than 2^24 elements per image are refused with a ShapeError, and GPUs
 * without 32-bit float textures with a MissingKernelError.
 *
 * @throws MissingKernelError `MISSING_KERNEL` if @tensorflow/tfjs-backend-webgl is not loaded
 */
export function registerWebglKernels(): void {
  if (!tf.getKernel(tf.Conv2D, 'webgl')) {
    throw new MissingKernelError({
      where: 'registerWebglKernels',
      state: 'the backend "webgl" is not loaded',
      todo: 'import @tensorflow/tfjs-backend-webgl first',
    });
  }
  registerKernels('webgl', {
    [MaxPoolWithArgmax]: maxPoolWithArgmax,
    [MaxPoolWithArgmaxGrad]: maxPoolWithArgmaxGrad,
    [MaxUnpool]: maxUnpool,
    [MaxUnpoolGrad]: maxUnpoolGrad,
    [tf.Relu]: relu,
  });
}
