/** The activations that tfjs fuses with a convolution or a product, besides ReLU: kernels of their own after it. */
import { getKernel, type NamedAttrMap, type NamedTensorInfoMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Engine } from '../runtime/engine';

/** What a fused convolution is given. */
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

/** Says whether `activate` knows an activation. */
export function isFusable(activation: string): boolean {
  return activation === 'linear' || activation === 'relu' || activation in kernels;
}

/** Applies an activation to y, which it uses up, unless it is one that the caller has applied: linear or relu. */
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
