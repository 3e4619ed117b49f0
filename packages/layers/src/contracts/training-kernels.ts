/**
 * Names of the kernels that make a training step fast: a backend may register any of them; none is required.
 *
 * The functions that use them (optimizer-steps.ts, mean-squared-error.ts) fall back to ordinary ops of TensorFlow.js.
 */

/**
 * `{variable, gradient, velocity?}`, all float32 of one shape -> `[]`: one step of torch.optim.SGD, written to `variable` and `velocity`.
 * `velocity` is present exactly if momentum is not 0.
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

/** `{variable, gradient, m, v}`, all float32 of one shape -> `[]`: one step of torch.optim.Adam or AdamW, written to variable, m and v. */
export const AdamStep = 'AdamStep';

/** Attributes of {@link AdamStep}; the bias corrections are already included in `stepSize` and `inverseRootCorrection2`. */
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

/** `{x}`, float32 -> `[]`: copies the values of x to an array outside the backend. */
export const ReadInto = 'ReadInto';

/** Attributes of {@link ReadInto}. */
export interface ReadIntoAttrs {
  /** As long as x. */
  target: Float32Array;
}

/** `{target, prediction}`, float32 of one shape -> float32 scalar: the mean of the squared differences. */
export const MeanSquaredError = 'MeanSquaredError';

/** `{dy scalar, target, prediction}` -> `dy * 2 / size * (prediction - target)`: the gradient of {@link MeanSquaredError} for its prediction. */
export const MeanSquaredErrorGrad = 'MeanSquaredErrorGrad';

/** `{dy, y}`, float32 of one shape -> dy where y > 0, else 0: the gradient of ReLU, from its output. */
export const ReluGrad = 'ReluGrad';

/*
 * Fused layers: what fuseForward runs a trainable chain of layers with. A backend registers all of them or none.
 *
 * A gradient kernel returns `[dx, dFilter, dBias?]`. Two attributes depend on the surrounding layers. `maskInput`: x is the output of a
 * ReLU, so dx is 0 where x is not positive; conversely, dy is always already masked for the layer's own ReLU, so no kernel needs y.
 * `deferInput`: dx is probably not wanted (x is the batch), so the backend may postpone computing it until it is read.
 */

/** `{x, filter, bias?}` -> `[values, indices]`: a convolution, ReLU if requested, and 2 x 2 max-pooling with strides of 2. */
export const FusedConv2DMaxPool = 'FusedConv2DMaxPool';

/** `{dy, x, filter, residual?}` -> `[dx, dFilter, dBias?]` for a convolution. `residual` has the shape of dx and is added to it; not with maskInput. */
export const FusedConv2DGrad = 'FusedConv2DGrad';

/** `{dy, x, filter, indices}` -> `[dx, dFilter, dBias?]` for {@link FusedConv2DMaxPool}. */
export const FusedConv2DMaxPoolGrad = 'FusedConv2DMaxPoolGrad';

/** Attributes of the convolution kernels. */
export interface FusedConv2DAttrs {
  strides: [number, number];
  pad: 'valid' | 'same';
  dilations: [number, number];
  /** Forward only. */
  relu: boolean;
}

/**
 * `{x, filter, bias?, indices?, residual?}` -> y: a transposed convolution, and ReLU if requested, of x, or of x unpooled at the indices.
 * `residual` has the shape of y and is added to it; not with ReLU or indices.
 */
export const FusedConv2DTranspose = 'FusedConv2DTranspose';

/** `{dy, x, filter, indices?}` -> `[dx, dFilter, dBias?]` for {@link FusedConv2DTranspose}; dx is pooled if x is. */
export const FusedConv2DTransposeGrad = 'FusedConv2DTransposeGrad';

/** Attributes of the transposed convolution kernels. */
export interface FusedConv2DTransposeAttrs {
  strides: [number, number];
  pad: 'valid' | 'same';
  /** `[H, W, C]` of y. */
  outputShape: [number, number, number];
  /** `[H, W]` of the unpooled x; only with indices. */
  unpooledSize?: [number, number];
  /** Forward only. */
  relu: boolean;
}

/**
 * `{dy, x, kernel}` -> `[dx, dKernel, dBias?]` for a dense layer. A backend may defer dKernel until it is read: {@link SgdStep} and {@link
 * AdamStep} do not read it.
 */
export const FusedDenseGrad = 'FusedDenseGrad';

/** Attributes of every gradient kernel of a fused layer, besides those of its forward kernel. */
export interface FusedGradAttrs {
  maskInput: boolean;
  deferInput: boolean;
  /** Whether the layer has a bias. */
  bias: boolean;
}
