/** SgdStep and AdamStep: in place, one pass over the values. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { AdamStep, type AdamStepAttrs, SgdStep, type SgdStepAttrs } from '../../../contracts/training-kernels';
import { ADAM, MOMENTUM, SGD, type StepJob, type StepRule } from '../assembly/dist/jobs';
import { emptyRule, updateByOuterProduct } from '../jobs/outer-product';
import { deferredOuterProduct } from '../runtime/deferred';
import type { Engine } from '../runtime/engine';
import { blocksOf } from './elementwise';
import { registerWasmKernel } from './register';

/** Registers the steps of the optimizers. */
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
  rule: StepRule,
): void {
  update(engine, variable, gradient, states, rule);
  for (const tensor of [variable, ...states]) engine.changedInPlace(tensor);
}

function update(
  engine: Engine,
  variable: TensorInfo,
  gradient: TensorInfo,
  states: readonly TensorInfo[],
  rule: StepRule,
): void {
  const [state0 = 0, state1 = 0] = states.map((tensor) => engine.pointer(tensor));
  const product = deferredOuterProduct(gradient);
  if (product) {
    const [steps, rows] = product.x.shape as [number, number];
    const columns = product.dy.shape[1];
    const sizes = { a: engine.pointer(product.x), b: engine.pointer(product.dy), steps, rows, columns };
    updateByOuterProduct(engine, sizes, { variable: engine.pointer(variable), state0, state1, rule });
    return;
  }
  const count = util.sizeFromShape(variable.shape);
  const places = { variable: engine.pointer(variable), gradient: engine.pointer(gradient), state0, state1, count };
  engine.run('optimizerStep', blocksOf(count), jobOf(rule, places));
}

/** Joins them without spreads, which take the V8 of Node.js 20 6 us for so many fields: see docs/speed.md. */
function jobOf(rule: StepRule, places: Omit<StepJob, keyof StepRule>): StepJob {
  return {
    kind: rule.kind,
    learningRate: rule.learningRate,
    momentum: rule.momentum,
    gradientWeight: rule.gradientWeight,
    nesterov: rule.nesterov,
    weightDecay: rule.weightDecay,
    beta1: rule.beta1,
    rest1: rule.rest1,
    beta2: rule.beta2,
    rest2: rule.rest2,
    epsilon: rule.epsilon,
    l2: rule.l2,
    keep: rule.keep,
    stepSize: rule.stepSize,
    inverseRootCorrection2: rule.inverseRootCorrection2,
    variable: places.variable,
    gradient: places.gradient,
    state0: places.state0,
    state1: places.state1,
    count: places.count,
  };
}

function sgdRule({ nesterov, ...numbers }: SgdStepAttrs, momentum: boolean): StepRule {
  return { ...emptyRule, ...numbers, kind: momentum ? MOMENTUM : SGD, nesterov: nesterov ? 1 : 0 };
}

/** Returns the rule of Adam and AdamW. */
function adamRule(attrs: AdamStepAttrs): StepRule {
  return { ...emptyRule, ...attrs, kind: ADAM, rest1: 1 - attrs.beta1, rest2: 1 - attrs.beta2 };
}
