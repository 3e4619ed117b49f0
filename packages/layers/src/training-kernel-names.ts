/**
 * Names the kernels that make a training step fast: a backend may register any of them, none is required.
 *
 * The functions that use them (optimizer-steps.ts, mean-squared-error.ts) fall back to ordinary tfjs ops.
 */

/**
 * `{variable, gradient, velocity?}`, all float32 of one shape -> `[]`: one step of torch.optim.SGD, written into `variable` and
 * `velocity`. `velocity` is there exactly if momentum is not 0.
 */
export const SgdStep = 'SgdStep';

/** Attributes of {@link SgdStep}: those of torch.optim.SGD, and how the gradient enters the velocity. */
export interface SgdStepAttrs {
  learningRate: number;
  momentum: number;
  /** The gradient's weight in the velocity: 1 - dampening, or 1 in the first step. */
  gradientWeight: number;
  nesterov: boolean;
  weightDecay: number;
}

/** `{variable, gradient, m, v}`, all float32 of one shape -> `[]`: one step of torch.optim.Adam or AdamW, written into variable, m and v. */
export const AdamStep = 'AdamStep';

/** Attributes of {@link AdamStep}; the bias corrections are already in `stepSize` and `inverseRootCorrection2`. */
export interface AdamStepAttrs {
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Added to the gradient as `l2 * variable`: Adam's weight decay. */
  l2: number;
  /** Multiplies the variable before the step: 1 - learningRate * weightDecay for AdamW, else 1. */
  keep: number;
  /** learningRate / (1 - beta1^step). */
  stepSize: number;
  /** 1 / sqrt(1 - beta2^step). */
  inverseRootCorrection2: number;
}

/** `{target, prediction}`, float32 of one shape -> float32 scalar: the mean of the squared differences. */
export const MeanSquaredError = 'MeanSquaredError';

/** `{dy scalar, target, prediction}` -> `dy * 2 / size * (prediction - target)`: the gradient of {@link MeanSquaredError} for its prediction. */
export const MeanSquaredErrorGrad = 'MeanSquaredErrorGrad';

/** `{dy, y}`, float32 of one shape -> dy where y > 0, else 0: the gradient of ReLU, from its output. */
export const ReluGrad = 'ReluGrad';
