/**
 * One optimizer step for one variable, with PyTorch's semantics, on any backend.
 *
 * If the active backend has the kernels `SgdStep` and `AdamStep`, the step happens in place in one pass; otherwise with ordinary ops of
 * TensorFlow.js. Not an optimizer class: the state (velocity, m, v, step) belongs to the caller.
 */
import { inWords } from '@ae/ground/in-words';
import {
  add,
  backend,
  div,
  engine,
  getBackend,
  getKernel,
  mul,
  type NamedTensorMap,
  sqrt,
  square,
  sub,
  type Tensor,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import { AdamStep, type AdamStepAttrs, SgdStep, type SgdStepAttrs } from '../contracts/training-kernels';
import { InvalidOptionError } from '../errors';
import { checkOptions, checkSameShape, checkVariable } from './checks';

/** Options of {@link sgdStep}: those of torch.optim.SGD. */
export interface SgdOptions {
  learningRate: number;
  /** Default 0: no velocity is kept. */
  momentum?: number;
  /** Default 0. If it is not 0, `step` must be given. */
  dampening?: number;
  /** Default false. */
  nesterov?: boolean;
  /** L2 penalty, added to the gradient as `weightDecay * variable`. Default 0. */
  weightDecay?: number;
  /** Counts from 1. The first step adds the undampened gradient to the velocity, as in PyTorch. */
  step?: number;
}

/**
 * Updates a variable (and its velocity) like one step of torch.optim.SGD. Disposes of nothing.
 *
 * @param gradient float32 of the variable's shape.
 * @param velocity of the variable's shape, zeros before the first step; null exactly if momentum is 0.
 * @throws InvalidOptionError `INVALID_OPTION` if momentum and velocity do not match, or if dampening is given without `step`
 */
export function sgdStep(variable: Variable, gradient: Tensor, velocity: Variable | null, options: SgdOptions): void {
  checkStep('sgdStep', { variable, ...(velocity && { velocity }) }, gradient, options);
  const { learningRate, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0, step } = options;
  if ((momentum !== 0) !== Boolean(velocity)) {
    throw new InvalidOptionError({
      where: 'sgdStep',
      expected: 'a velocity if and only if momentum is not 0',
      received: `momentum ${momentum} and ${velocity ? 'a velocity' : 'no velocity'}`,
      todo: 'pass a variable of zeros, or null',
    });
  }
  if (dampening !== 0 && step === undefined) {
    throw new InvalidOptionError({
      where: 'sgdStep',
      expected: `\`step\` with dampening ${dampening}`,
      received: 'none',
      todo: 'pass 1 in the first step, then 2, 3, ...',
    });
  }
  const gradientWeight = step === 1 ? 1 : 1 - dampening;
  const attrs: SgdStepAttrs = { learningRate, momentum, gradientWeight, nesterov, weightDecay };
  if (getKernel(SgdStep, getBackend())) {
    runInPlace(SgdStep, velocity ? { variable, velocity } : { variable }, gradient, attrs);
    return;
  }
  tidy(() => {
    const direction = weightDecay === 0 ? gradient : add(gradient, mul(variable, weightDecay));
    if (!velocity) {
      variable.assign(sub(variable, mul(direction, learningRate)));
      return;
    }
    velocity.assign(add(mul(velocity, momentum), mul(direction, gradientWeight)));
    const ahead = nesterov ? add(direction, mul(velocity, momentum)) : velocity;
    variable.assign(sub(variable, mul(ahead, learningRate)));
  });
}

/** Options of {@link adamStep}: those of torch.optim.Adam, and of AdamW if `decoupled` is true. */
export interface AdamOptions {
  learningRate: number;
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** Default 1e-8. */
  epsilon?: number;
  /** Default 0. */
  weightDecay?: number;
  /** Shrinks the variable itself (AdamW) instead of adding `weightDecay * variable` to the gradient (Adam). Default false. */
  decoupled?: boolean;
  /** Counts from 1. */
  step: number;
}

/**
 * Updates a variable and its two moments like one step of torch.optim.Adam or AdamW. Disposes of nothing.
 *
 * @param gradient float32 of the variable's shape.
 * @param m first moment, of the variable's shape, zeros before the first step.
 * @param v second moment, likewise.
 * @throws InvalidOptionError `INVALID_OPTION` if `step` is not a whole number of at least 1
 */
export function adamStep(variable: Variable, gradient: Tensor, m: Variable, v: Variable, options: AdamOptions): void {
  checkStep('adamStep', { variable, m, v }, gradient, options);
  const {
    learningRate,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0,
    decoupled = false,
    step,
  } = options;
  if (!Number.isInteger(step) || step < 1) {
    throw new InvalidOptionError({
      where: 'adamStep',
      expected: '`step` to count from 1',
      received: `${step}`,
      todo: 'pass 1 in the first step',
    });
  }
  const attrs: AdamStepAttrs = {
    beta1,
    beta2,
    epsilon,
    l2: decoupled ? 0 : weightDecay,
    keep: decoupled ? 1 - learningRate * weightDecay : 1,
    stepSize: learningRate / (1 - beta1 ** step),
    inverseRootCorrection2: 1 / Math.sqrt(1 - beta2 ** step),
  };
  if (getKernel(AdamStep, getBackend())) {
    runInPlace(AdamStep, { variable, m, v }, gradient, attrs);
    return;
  }
  tidy(() => {
    const direction = attrs.l2 === 0 ? gradient : add(gradient, mul(variable, attrs.l2));
    m.assign(add(mul(m, beta1), mul(direction, 1 - beta1)));
    v.assign(add(mul(v, beta2), mul(square(direction), 1 - beta2)));
    const denominator = add(mul(sqrt(v), attrs.inverseRootCorrection2), epsilon);
    variable.assign(sub(mul(variable, attrs.keep), mul(div(m, denominator), attrs.stepSize)));
  });
}

/** @throws InvalidOptionError `INVALID_OPTION`, ShapeError `SHAPE_MISMATCH` */
function checkStep(
  where: string,
  variables: Readonly<Record<string, Variable>>,
  gradient: Tensor,
  options: SgdOptions & Partial<AdamOptions>,
): void {
  checkOptions(where, options, 'learningRate: 0.001, step: 1');
  const { learningRate, momentum = 0, dampening = 0, weightDecay = 0, beta1 = 0, beta2 = 0, epsilon = 0 } = options;
  const numbers = { learningRate, momentum, dampening, weightDecay, beta1, beta2, epsilon, step: options.step ?? 1 };
  for (const [name, value] of Object.entries(numbers)) {
    if (Number.isFinite(value)) continue;
    throw new InvalidOptionError({ where, expected: `${name} as a finite number`, received: inWords(value) });
  }
  for (const [name, variable] of Object.entries(variables)) {
    checkVariable(where, name, variable);
    checkSameShape(where, [name, 'gradient'], variable, gradient);
  }
}

/** Runs a kernel that writes to variables, after making sure that no other tensor shares their values. */
function runInPlace(
  kernelName: string,
  variables: Record<string, Variable>,
  gradient: Tensor,
  attrs: SgdStepAttrs | AdamStepAttrs,
): void {
  for (const variable of Object.values(variables)) ensureSoleOwner(variable);
  engine().runKernel(kernelName, { ...variables, gradient } as unknown as NamedTensorMap, { ...attrs });
}

/** Gives a variable its own values if a clone or a reshaped view shares them, because those must not change with it. */
function ensureSoleOwner(variable: Variable): void {
  if (backend().refCount(variable.dataId) <= 1) return;
  tidy(() => variable.assign(mul(variable, 1)));
}
