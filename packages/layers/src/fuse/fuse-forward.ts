import { getBackend, getKernel, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { FusedDenseGrad } from '../contracts/training-kernels';
import { checkModel, checkOptions } from '../ops/checks';
import { runChain } from './chain';
import { completeNormalizations } from './complete-normalizations';
import { type Part, planOf, runLayer } from './plan';

/** How to run a model. */
export interface ForwardOptions {
  /**
   * Run as in `LayersModel.fit`: batch normalization uses the statistics of the batch and updates its moving ones, and dropout and noise
   * layers are active. Default false.
   */
  training?: boolean;
}

/**
 * Returns a function that computes the same as `model.apply(x, { training })`, with fused kernels if the active backend has them.
 *
 * Sequences of convolutions (with ReLU and max-pooling), unpoolings, transposed convolutions, dense layers and reshapings become one
 * operation; every other layer runs as it is. The result and its first gradients are those of the model up to rounding; second gradients
 * are not available through fused layers. The function reads the model's own variables, so it remains valid while the model is trained. If
 * the model's layers change, a new function is needed.
 *
 * @param model one input, one output, no masked time steps; other models run with `model.apply`.
 */
export function fuseForward(model: LayersModel, options: ForwardOptions = {}): (x: Tensor) => Tensor {
  checkModel('fuseForward', model);
  checkOptions('fuseForward', options, 'training: true');
  const { training = false } = options;
  let plan: Part[] | undefined;
  if (training) completeNormalizations(model.layers);
  const covered = model.inputs.length === 1 && model.outputs.length === 1 && !model.layers.some(makesMask);
  return (x) => {
    if (!covered || !getKernel(FusedDenseGrad, getBackend())) return model.apply(x, { training }) as Tensor;
    plan ??= planOf(model);
    return runPlan(plan, model, x, training);
  };
}

/** Tells whether a layer passes a mask of time steps to those after it, which only `model.apply` supports. */
function makesMask(layer: LayersModel['layers'][number]): boolean {
  return layer.getClassName() === 'Masking' || layer.getConfig().maskZero === true;
}

function runPlan(plan: readonly Part[], model: LayersModel, x: Tensor, training: boolean): Tensor {
  return tidy(() => {
    const values = new Map<number, Tensor>([[(model.inputs[0] as { id: number }).id, x]]);
    const tensorOf = ({ id }: { id: number }) => values.get(id) as Tensor;
    for (const part of plan) {
      if ('groups' in part) values.set(part.output.id, runChain(part, tensorOf(part.input)));
      else
        for (const [index, value] of runLayer(part, part.inputs.map(tensorOf), training).entries())
          values.set(part.outputs[index].id, value);
    }
    return tensorOf(model.outputs[0] as { id: number });
  });
}
