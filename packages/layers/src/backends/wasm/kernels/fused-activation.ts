/** The activations that TensorFlow.js fuses with a convolution or a product, other than ReLU: separate kernels after it. */
import { getKernel, type NamedAttrMap, type NamedTensorInfoMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Engine } from '../runtime/engine';

/** The inputs of a fused convolution. */
export interface FusedInputs {
  x: TensorInfo;
  filter: TensorInfo;
  bias?: TensorInfo;
  preluActivationWeights?: TensorInfo;
}

const kernels: Readonly<Record<string, string>> = {
  elu: 'Elu',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
  relu6: 'Relu6',
  sigmoid: 'Sigmoid',
};

/** Tells whether `activate` supports an activation. */
export function isFusable(activation: string): boolean {
  return activation === 'linear' || activation === 'relu' || activation in kernels;
}

/** Applies an activation to y, which it consumes, unless the caller has applied it: linear or relu. */
export function activate(
  { backend }: Engine,
  y: TensorInfo,
  { preluActivationWeights: alpha }: Pick<FusedInputs, 'preluActivationWeights'>,
  { activation, leakyreluAlpha = 0 }: { activation: string; leakyreluAlpha?: number },
): TensorInfo {
  const kernel = getKernel(kernels[activation] ?? '', 'wasm');
  if (!kernel) return y;
  const inputs: NamedTensorInfoMap = alpha && activation === 'prelu' ? { x: y, alpha } : { x: y };
  const attrs: NamedAttrMap = activation === 'leakyrelu' ? { alpha: leakyreluAlpha } : {};
  const activated = kernel.kernelFunc({ inputs, backend, attrs }) as TensorInfo;
  backend.disposeData(y.dataId);
  return activated;
}
