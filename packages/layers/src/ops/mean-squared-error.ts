import {
  customGrad,
  engine,
  type GradSaveFunc,
  getBackend,
  getKernel,
  mean,
  type NamedTensorMap,
  type Scalar,
  square,
  sub,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { MeanSquaredError, MeanSquaredErrorGrad } from '../contracts/training-kernels';
import { checkSameShape } from './checks';

/**
 * Computes the mean over all elements of `(prediction - target)^2`, like PyTorch's MSELoss.
 *
 * Differentiable with respect to the prediction; the target is treated as a constant. Uses the kernel `MeanSquaredError` if the active
 * backend has one.
 *
 * @param target float32, any shape.
 * @param prediction float32, the target's shape.
 * @returns a scalar, which the caller disposes of.
 */
export function meanSquaredError(target: Tensor, prediction: Tensor): Scalar {
  checkSameShape('meanSquaredError', ['target', 'prediction'], target, prediction);
  if (!getKernel(MeanSquaredError, getBackend())) return tidy(() => mean(square(sub(prediction, target)))) as Scalar;
  const loss = customGrad((...args: Array<Tensor | GradSaveFunc>) => {
    const [prediction, save] = args as [Tensor, GradSaveFunc];
    const value = engine().runKernel(MeanSquaredError, { target, prediction } as NamedTensorMap) as Tensor;
    save([prediction, target]);
    const gradFunc = (dy: Tensor, [prediction, target]: Tensor[]) =>
      engine().runKernel(MeanSquaredErrorGrad, { dy, target, prediction } as NamedTensorMap) as Tensor;
    return { value, gradFunc: gradFunc as (dy: Tensor, saved: Tensor[]) => Tensor };
  });
  return loss(prediction) as Scalar;
}
