/** SgdStep and AdamStep: in place, one pass over the values. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { AdamStep, type AdamStepAttrs, SgdStep, type SgdStepAttrs } from '../../../contracts/training-kernels';
import { updateByOuterProduct } from '../jobs/outer-product';
import { deferredOuterProduct } from '../runtime/deferred';
import type { Argument, Engine } from '../runtime/engine';
import { registerWasmKernel } from './register';

/** Values in one unit of assembly/optimizers.ts. */
const BLOCK = 4096;

/** The kinds of assembly/optimizers.ts. */
const KIND = { SGD: 0, MOMENTUM: 1, ADAM: 2 } as const;

/** Registers the steps of the optimisers. */
export function registerOptimizers(engine: Engine): void {
  registerWasmKernel<{ variable: TensorInfo; gradient: TensorInfo; velocity?: TensorInfo }, SgdStepAttrs>(
    SgdStep,
    ({ variable, gradient, velocity }, attrs) => {
      step(engine, variable, gradient, velocity ? [velocity] : [], sgdRule(attrs, velocity !== undefined));
      return [];
    },
  );

  registerWasmKernel<{ variable: TensorInfo; gradient: TensorInfo; m: TensorInfo; v: TensorInfo }, AdamStepAttrs>(
    AdamStep,
    ({ variable, gradient, m, v }, attrs) => {
      step(engine, variable, gradient, [m, v], adamRule(attrs));
      return [];
    },
  );
}

function step(
  engine: Engine,
  variable: TensorInfo,
  gradient: TensorInfo,
  states: readonly TensorInfo[],
  rule: readonly Argument[],
): void {
  update(engine, variable, gradient, states, rule);
  for (const tensor of [variable, ...states]) engine.changedInPlace(tensor);
}

function update(
  engine: Engine,
  variable: TensorInfo,
  gradient: TensorInfo,
  states: readonly TensorInfo[],
  rule: readonly Argument[],
): void {
  const [state0 = 0, state1 = 0] = states.map((tensor) => engine.pointer(tensor));
  const product = deferredOuterProduct(gradient);
  if (product) {
    const [steps, rows] = product.x.shape as [number, number];
    const columns = product.dy.shape[1] as number;
    const sizes = { a: engine.pointer(product.x), b: engine.pointer(product.dy), steps, rows, columns };
    updateByOuterProduct(engine, sizes, { variable: engine.pointer(variable), state: [state0, state1], rule });
    return;
  }
  const size = util.sizeFromShape(variable.shape);
  const args = [engine.pointer(variable), engine.pointer(gradient), state0, state1, size, ...rule];
  engine.run('optimizerStep', Math.ceil(size / BLOCK), args, { chunk: 8 });
}

/** The fields of StepRule in assembly/optimizers.ts, for SGD. */
function sgdRule(attrs: SgdStepAttrs, momentum: boolean): Argument[] {
  const { learningRate, gradientWeight, nesterov, weightDecay } = attrs;
  const [rate, keep, weight, decay] = [learningRate, attrs.momentum, gradientWeight, weightDecay].map(
    float32,
  ) as Argument[];
  return [momentum ? KIND.MOMENTUM : KIND.SGD, rate, keep, weight, nesterov ? 1 : 0, decay] as Argument[];
}

/** The fields of StepRule, for Adam and AdamW. */
function adamRule({ beta1, beta2, epsilon, l2, keep, stepSize, inverseRootCorrection2 }: AdamStepAttrs): Argument[] {
  const numbers = [beta1, 1 - beta1, beta2, 1 - beta2, epsilon, l2, keep, stepSize, inverseRootCorrection2];
  return [KIND.ADAM, 0, 0, 0, 0, 0, ...numbers.map(float32)];
}

function float32(value: number): Argument {
  return { float32: value };
}
