/** SgdStep and AdamStep: in place, one pass over the values. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { AdamStep, type AdamStepAttrs, SgdStep, type SgdStepAttrs } from '../../../training-kernel-names';
import type { Argument, Engine } from '../engine';
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
      step(engine, [variable, gradient, velocity], sgdRule(attrs, velocity !== undefined));
      return [];
    },
  );

  registerWasmKernel<{ variable: TensorInfo; gradient: TensorInfo; m: TensorInfo; v: TensorInfo }, AdamStepAttrs>(
    AdamStep,
    ({ variable, gradient, m, v }, attrs) => {
      step(engine, [variable, gradient, m, v], adamRule(attrs));
      return [];
    },
  );
}

function step(engine: Engine, tensors: ReadonlyArray<TensorInfo | undefined>, rule: readonly Argument[]): void {
  const size = util.sizeFromShape((tensors[0] as TensorInfo).shape);
  const pointers = Array.from({ length: 4 }, (_, index) => (tensors[index] ? engine.pointer(tensors[index]) : 0));
  engine.run('optimizerStep', Math.ceil(size / BLOCK), [...pointers, size, ...rule], { chunk: 8 });
}

/** The fields of StepRule in assembly/optimizers.ts, for SGD. */
export function sgdRule(attrs: SgdStepAttrs, momentum: boolean): Argument[] {
  const { learningRate, gradientWeight, nesterov, weightDecay } = attrs;
  const [rate, keep, weight, decay] = [learningRate, attrs.momentum, gradientWeight, weightDecay].map(
    float32,
  ) as Argument[];
  return [momentum ? KIND.MOMENTUM : KIND.SGD, rate, keep, weight, nesterov ? 1 : 0, decay] as Argument[];
}

/** The fields of StepRule, for Adam and AdamW. */
export function adamRule({
  beta1,
  beta2,
  epsilon,
  l2,
  keep,
  stepSize,
  inverseRootCorrection2,
}: AdamStepAttrs): Argument[] {
  const numbers = [beta1, 1 - beta1, beta2, 1 - beta2, epsilon, l2, keep, stepSize, inverseRootCorrection2];
  return [KIND.ADAM, 0, 0, 0, 0, 0, ...numbers.map(float32)];
}

function float32(value: number): Argument {
  return { float32: value };
}
