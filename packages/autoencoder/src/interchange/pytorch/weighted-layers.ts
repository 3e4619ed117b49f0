/** Linear layers, normalization, and other layers with weights but no windows. */
import { unsupported } from '../layer-config';
import { activated } from './activations';
import { type Conversion, type Converted, likeInput } from './conversion';
import { argumentsOf, falseUnless, isFrozen } from './module-arguments';
import { asHere, channelsFirst, float, valueAsHere } from './python-value';
import { type LayerVariable, type TorchTensor, torchTensor } from './torch-tensors';

/** `[..., F]` -> `[..., units]`. */
export function convertDense(conversion: Conversion): Converted {
  const { writer, name, variables } = conversion;
  const { kernel, bias } = variables;
  const { text, flatOf, tensors, size } = affine(conversion, name, kernel, bias);
  const args = argumentsOf(size, { bias: falseUnless(bias) });
  writer.declare(name, `nn.Linear(${args})`, tensors, { isFrozen: isFrozen(conversion) });
  return activated(conversion, { text, flatOf, last: conversion.outputShape.length === 3 });
}

/** Features of an image, and those that an image is made from, have PyTorch's order: the matrix is permuted. */
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
 * The mean of a variational code, which is the input itself if nothing maps it. The logarithm of its variance is a separate part, which
 * `distribution` of the module computes.
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
    throw unsupported(conversion, 'has a two-dimensional input', 'normalize features or images');
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
