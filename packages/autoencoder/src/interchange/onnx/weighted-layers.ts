/** Convolutions, linear layers and slopes. */

import { checkLayout } from '../layer-config';
import { permuted, reshaped, type Weight } from '../weights';
import { convolutionWindow, transposedPadding } from '../window-geometry';
import { activated } from './activations';
import type { Conversion } from './conversion';

/** From height, width, in, out (of transposed convolutions out, in) to out, in, height, width. */
const kernelOrder = [3, 2, 0, 1];

function biasOf({ graph, weights }: Conversion): string[] {
  return weights.bias ? [graph.weight('bias', weights.bias)] : [];
}

export function convertConvolution(conversion: Conversion): string {
  const { graph, inputs, weights } = conversion;
  const kernel = graph.weight('weight', permuted(weights.kernel, kernelOrder));
  const result = graph.add('Conv', [inputs[0], kernel, ...biasOf(conversion)], windowOf(conversion));
  return activated(conversion, result);
}

/** Depthwise convolutions. */
export function convertDepthwise(conversion: Conversion): string {
  const { inputs } = conversion;
  return activated(conversion, depthwise(conversion, inputs[0], biasOf(conversion)));
}

export function convertSeparable(conversion: Conversion): string {
  const { graph, inputs, weights } = conversion;
  const byChannel = depthwise(conversion, inputs[0], []);
  const kernel = graph.weight('pointwise.weight', permuted(weights.pointwise_kernel, kernelOrder));
  return activated(conversion, graph.add('Conv', [byChannel, kernel, ...biasOf(conversion)]));
}

function depthwise(conversion: Conversion, input: string, bias: readonly string[]): string {
  const { graph, weights, inputShape } = conversion;
  const { shape } = weights.depthwise_kernel;
  const [height, width, channels, multiplier] = shape;
  const kernel = reshaped(permuted(weights.depthwise_kernel, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
  const window = windowOf(conversion, [height, width]);
  return graph.add('Conv', [input, graph.weight('weight', kernel), ...bias], { ...window, group: inputShape[2] });
}

function windowOf(conversion: Conversion, kernel?: readonly number[]) {
  checkLayout(conversion);
  const { size, strides, dilations, padding } = convolutionWindow(conversion, kernel);
  const [rows, columns] = padding;
  return {
    kernel_shape: [...size],
    strides: [...strides],
    dilations: [...dilations],
    pads: [rows[0], columns[0], rows[1], columns[1]],
  };
}

export function convertTransposed(conversion: Conversion): string {
  const { graph, inputs, weights, config } = conversion;
  checkLayout(conversion);
  const { kernelSize, strides, padding } = config;
  const sides = [0, 1].map((axis) => transposedPadding(padding, kernelSize[axis], strides[axis]));
  const kernel = graph.weight('weight', permuted(weights.kernel, kernelOrder));
  const result = graph.add('ConvTranspose', [inputs[0], kernel, ...biasOf(conversion)], {
    kernel_shape: [...kernelSize],
    strides: [...strides],
    pads: [sides[0][0], sides[1][0], Math.max(0, sides[0][1]), Math.max(0, sides[1][1])],
    output_padding: [Math.max(0, -sides[0][1]), Math.max(0, -sides[1][1])],
  });
  return activated(conversion, result);
}

export function convertDense(conversion: Conversion): string {
  return activated(conversion, affine(conversion, conversion.weights.kernel));
}

/** `[..., F]` -> `[..., units]`: on images a convolution of single pixels. */
function affine(conversion: Conversion, kernel: Weight): string {
  const { graph, inputs, inputShape } = conversion;
  const bias = biasOf(conversion);
  if (inputShape.length === 1) return graph.add('Gemm', [inputs[0], graph.weight('weight', kernel), ...bias]);
  if (inputShape.length === 3) {
    const [features, units] = kernel.shape;
    const weight = graph.weight('weight', reshaped(permuted(kernel, [1, 0]), [units, features, 1, 1]));
    return graph.add('Conv', [inputs[0], weight, ...bias]);
  }
  const product = graph.add('MatMul', [inputs[0], graph.weight('weight', kernel)]);
  return bias.length > 0 ? graph.add('Add', [product, bias[0]]) : product;
}

/** A slope for each value of an image, or for all that shared axes do not distinguish. */
export function convertPRelu({ graph, inputs, weights: { alpha } }: Conversion): string {
  const slope = alpha.shape.length === 3 ? permuted(alpha, [2, 0, 1]) : alpha;
  return graph.add('PRelu', [inputs[0], graph.weight('slope', slope)]);
}
