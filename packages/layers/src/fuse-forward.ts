import { getBackend, getKernel, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { runChain } from './fuse-chain';
import { type Part, planOf, runLayer } from './fuse-plan';
import { FusedDenseGrad } from './training-kernel-names';

/**
 * Answers a function that computes what `model.apply(x)` computes, with fused kernels where the active backend has them.
 *
 * Runs of convolutions (with ReLU and max-pooling), unpoolings, transposed convolutions, dense layers and reshapings become one
 * operation; every other layer runs as it is. The result and its first gradients are those of the model up to rounding; second
 * gradients are not available through fused layers. The function reads the model's own variables, so it stays valid while the
 * model trains. A change of the model's layers needs a new function.
 *
 * @param model one input, one output; others run as `model.apply` runs them.
 */
export function fuseForward(model: LayersModel): (x: Tensor) => Tensor {
  let plan: Part[] | undefined;
  return (x) => {
    const covered = model.inputs.length === 1 && model.outputs.length === 1;
    if (!covered || !getKernel(FusedDenseGrad, getBackend())) return model.apply(x) as Tensor;
    plan ??= planOf(model);
    return runPlan(plan, model, x);
  };
}

function runPlan(plan: readonly Part[], model: LayersModel, x: Tensor): Tensor {
  return tidy(() => {
    const values = new Map<number, Tensor>([[(model.inputs[0] as { id: number }).id, x]]);
    const tensorOf = ({ id }: { id: number }) => values.get(id) as Tensor;
    for (const part of plan) {
      if ('groups' in part) values.set(part.output.id, runChain(part.groups, tensorOf(part.input)));
      else
        for (const [index, value] of runLayer(part, part.inputs.map(tensorOf)).entries())
          values.set(part.outputs[index]?.id as number, value);
    }
    return tensorOf(model.outputs[0] as { id: number });
  });
}
