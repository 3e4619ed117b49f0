/** Convolutions, linear layers, normalization, and what else has weights. */
import { checkLayout, unsupported } from '../layer-config';
import { convolutionWindow, transposedPadding } from '../window-geometry';
import { activated } from './activations';
import { type Conversion, type Converted, likeInput } from './conversion';
import { asHere, channelsFirst, float, size2d, valueAsHere } from './python-value';
import { padded } from './shapes';
import { type LayerVariable, type TorchTensor, torchTensor } from './torch-tensors';

/** From height, width, in, out (of transposed convolutions out, in) to out, in, height, width. */
const kernelOrder = [[3], [2], [0], [1]];

/** A tensor of one axis that is the same on both sides. */
function vector(name: string, variable: LayerVariable | undefined): TorchTensor[] {
  return variable ? [torchTensor(name, variable, [[0]])] : [];
}

/** A constructor's arguments without those that have their defaults. */
function argumentsOf(first: readonly (number | string)[], named: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return [...first, ...given.map(([name, value]) => `${name}=${value}`)].join(', ');
}

/** A size, unless it is `usual` in both directions. */
function unless(usual: number, size: readonly number[]): string | undefined {
  return size.every((each) => each === usual) ? undefined : size2d(size);
}

function isFrozen({ layer }: Conversion): boolean {
  return layer.trainable === false;
}

/** Where a convolution pads: by itself where both sides are alike, or before it. */
function paddingOf(conversion: Conversion, size?: readonly number[]) {
  checkLayout(conversion);
  const window = convolutionWindow(conversion, size);
  const { padding, strides, dilations } = window;
  const itself = padding.every(([before, after]) => before === after);
  const text = channelsFirst(conversion.inputs[0]);
  return {
    size: window.size,
    input: itself ? text : padded(text, padding),
    options: {
      stride: unless(1, strides),
      padding: itself
        ? unless(
            0,
            padding.map(([before]) => before),
          )
        : undefined,
      dilation: unless(1, dilations),
    },
  };
}

export function convertConvolution(conversion: Conversion): Converted {
  const { writer, name, variables, outputShape } = conversion;
  const { kernel, bias } = variables;
  const { size, input, options } = paddingOf(conversion);
  // Of a convolution in groups, kernels have the channels of one.
  const [, , within] = kernel.shape as number[];
  const channels = conversion.inputShape[2];
  const groups = channels === within ? undefined : String(channels / within);
  const args = argumentsOf([channels, outputShape[2], size2d(size)], { ...options, groups, bias: falseUnless(bias) });
  const tensors = [torchTensor(`${name}.weight`, kernel, kernelOrder), ...vector(`${name}.bias`, bias)];
  writer.declare(name, `nn.Conv2d(${args})`, tensors, { isFrozen: isFrozen(conversion) });
  return activated(conversion, { text: `self.${name}(${input})` });
}

function falseUnless(bias: LayerVariable | undefined): string | undefined {
  return bias ? undefined : 'False';
}

/** Convolutions of each channel by itself. */
export function convertDepthwise(conversion: Conversion): Converted {
  const { name, variables } = conversion;
  return activated(conversion, { text: depthwise(conversion, name, variables.bias) });
}

export function convertSeparable(conversion: Conversion): Converted {
  const { writer, name, variables, outputShape } = conversion;
  const { pointwise_kernel: kernel, bias } = variables;
  const byChannel = depthwise(conversion, writer.free(`${name}_depthwise`), undefined);
  const pointwise = writer.free(`${name}_pointwise`);
  const args = argumentsOf([(kernel.shape as number[])[2], outputShape[2], 1], { bias: falseUnless(bias) });
  const tensors = [torchTensor(`${pointwise}.weight`, kernel, kernelOrder), ...vector(`${pointwise}.bias`, bias)];
  writer.declare(pointwise, `nn.Conv2d(${args})`, tensors, { isFrozen: isFrozen(conversion) });
  return activated(conversion, { text: `self.${pointwise}(${byChannel})` });
}

function depthwise(conversion: Conversion, name: string, bias: LayerVariable | undefined): string {
  const { writer, variables, inputShape } = conversion;
  const kernel = variables.depthwise_kernel;
  const [height, width, channels, multiplier] = kernel.shape as number[];
  const { input, options } = paddingOf(conversion, [height, width]);
  const args = argumentsOf([channels, channels * multiplier, size2d([height, width])], {
    ...options,
    groups: String(inputShape[2]),
    bias: falseUnless(bias),
  });
  const weight = torchTensor(`${name}.weight`, kernel, [[2, 3], [], [0], [1]]);
  writer.declare(name, `nn.Conv2d(${args})`, [weight, ...vector(`${name}.bias`, bias)], {
    isFrozen: isFrozen(conversion),
  });
  return `self.${name}(${input})`;
}

export function convertTransposed(conversion: Conversion): Converted {
  const { writer, name, variables, config, inputs, inputShape, outputShape } = conversion;
  checkLayout(conversion);
  const { kernelSize, strides, padding } = config;
  const { kernel, bias } = variables;
  const sides = [0, 1].map((axis) => transposedPadding(padding, kernelSize[axis], strides[axis]));
  const args = argumentsOf([inputShape[2], outputShape[2], size2d(kernelSize)], {
    stride: unless(1, strides),
    padding: unless(
      0,
      sides.map(([before]) => before),
    ),
    output_padding: unless(
      0,
      sides.map(([, after]) => Math.max(0, -after)),
    ),
    bias: falseUnless(bias),
  });
  const tensors = [torchTensor(`${name}.weight`, kernel, kernelOrder), ...vector(`${name}.bias`, bias)];
  writer.declare(name, `nn.ConvTranspose2d(${args})`, tensors, { isFrozen: isFrozen(conversion) });
  // PyTorch cuts off as much on both sides; the odd row and column is cut off here.
  const more = sides.map(([before, after]) => Math.max(0, after - before));
  const ends = more.map((count) => (count > 0 ? `: -${count}` : ':'));
  const cut = more.some((count) => count > 0) ? `[:, :, ${ends.join(', ')}]` : '';
  return activated(conversion, { text: `self.${name}(${channelsFirst(inputs[0])})${cut}` });
}

/** `[..., F]` -> `[..., units]`. */
export function convertDense(conversion: Conversion): Converted {
  const { writer, name, variables } = conversion;
  const { kernel, bias } = variables;
  const { text, flatOf, tensors, size } = affine(conversion, name, kernel, bias);
  const args = argumentsOf(size, { bias: falseUnless(bias) });
  writer.declare(name, `nn.Linear(${args})`, tensors, { isFrozen: isFrozen(conversion) });
  return activated(conversion, { text, flatOf, last: conversion.outputShape.length === 3 });
}

/** Features of an image, and those that an image is made of, are in PyTorch's order: the matrix is permuted. */
function affine(conversion: Conversion, name: string, kernel: LayerVariable, bias: LayerVariable | undefined) {
  const { inputs, wantedImage } = conversion;
  const [value] = inputs;
  const size = kernel.shape as number[];
  const from = value.flatOf ?? [size[0]];
  const to = wantedImage ?? [size[1]];
  const axes = (view: readonly number[], first: number) => (view.length === 3 ? [2, 0, 1] : [0]).map((i) => i + first);
  const weight = torchTensor(`${name}.weight`, kernel, [axes(to, from.length), axes(from, 0)], [...from, ...to]);
  const biases = bias ? [torchTensor(`${name}.bias`, bias, [axes(to, 0)], to)] : [];
  const text = `self.${name}(${value.flatOf ? value.text : asHere(value)})`;
  return { text, flatOf: wantedImage, tensors: [weight, ...biases], size };
}

/**
 * The mean of a variational code, which is what comes in where nothing maps it. The logarithm of its variance is a part of its own, which
 * `distribution` of the module calls.
 */
export function convertVariationalCode(conversion: Conversion): Converted {
  const { writer, name, variables, inputs } = conversion;
  const { kernel, logVarianceKernel, logVarianceBias } = variables;
  const logarithm = `${name}_log_variance`;
  const units = (logVarianceBias.shape as number[])[0];
  if (!kernel) {
    const zeros = `nn.Parameter(torch.zeros(${units}))`;
    writer.declare(logarithm, zeros, [torchTensor(logarithm, logVarianceBias, [[0]])]);
    const value = valueAsHere(inputs[0]);
    writer.distribution = { mean: value.text, logVariance: `self.${logarithm}.expand_as(${value.text})` };
    return { text: value.text, last: value.last };
  }
  const mean = convertDense({ ...conversion, wantedImage: undefined });
  const { text, tensors, size } = affine(
    { ...conversion, wantedImage: undefined },
    logarithm,
    logVarianceKernel,
    logVarianceBias,
  );
  writer.declare(logarithm, `nn.Linear(${size.join(', ')})`, tensors);
  writer.distribution = { mean: mean.text, logVariance: text };
  return mean;
}

export function convertNormalization(conversion: Conversion): Converted {
  const { writer, name, variables, inputShape, config, inputs } = conversion;
  const { axis = -1, epsilon = 1e-3, momentum = 0.99 } = config;
  if (axis !== -1 && axis !== inputShape.length) {
    throw unsupported(conversion, `normalizes along axis ${axis}`, 'normalize along the last one, the channels');
  }
  if (inputShape.length === 2) {
    throw unsupported(conversion, 'has an input of two dimensions', 'normalize features or images');
  }
  const { gamma, beta, moving_mean: mean, moving_variance: variance } = variables;
  const { flatOf } = inputs[0];
  const size = (mean.shape as number[])[0];
  const tensor = (suffix: string, variable: LayerVariable) =>
    flatOf
      ? torchTensor(`${name}.${suffix}`, variable, [[2, 0, 1]], flatOf)
      : torchTensor(`${name}.${suffix}`, variable, [[0]]);
  const filled = (suffix: string, constant: number): TorchTensor => ({
    name: `${name}.${suffix}`,
    constant,
    view: [size],
    order: [0],
    shape: [size],
    type: 'F32',
  });
  const isAffine = gamma || beta;
  const own = isAffine
    ? [gamma ? tensor('weight', gamma) : filled('weight', 1), beta ? tensor('bias', beta) : filled('bias', 0)]
    : [];
  const tensors = [...own, tensor('running_mean', mean), tensor('running_var', variance)];
  const kind = inputShape.length === 3 ? 'BatchNorm2d' : 'BatchNorm1d';
  const args = argumentsOf([size], {
    eps: float(epsilon),
    momentum: float(1 - momentum),
    affine: isAffine ? undefined : 'False',
  });
  writer.declare(name, `nn.${kind}(${args})`, tensors, { isFrozen: isFrozen(conversion) });
  for (const [suffix, variable] of Object.entries({ weight: gamma, bias: beta })) {
    if (isAffine && !variable) writer.declarations.push(`self.${name}.${suffix}.requires_grad_(False)`);
  }
  return likeInput(
    { ...conversion, inputs: [{ ...inputs[0], last: false }] },
    `self.${name}(${channelsFirst(inputs[0])})`,
  );
}

/** A slope for each value, or shared along axes. */
export function convertPRelu(conversion: Conversion): Converted {
  const { writer, name, variables, inputs } = conversion;
  const { alpha } = variables;
  const shape = alpha.shape as number[];
  const isImage = shape.length === 3;
  const groups = isImage ? [[2], [0], [1]] : shape.map((_, axis) => [axis]);
  const tensor = torchTensor(name, alpha, groups);
  writer.declare(name, `nn.Parameter(torch.zeros(${tensor.shape.join(', ')}))`, [tensor]);
  const text = isImage ? channelsFirst(inputs[0]) : asHere(inputs[0]);
  return { text: `torch.where(${text} > 0, ${text}, self.${name} * ${text})` };
}
