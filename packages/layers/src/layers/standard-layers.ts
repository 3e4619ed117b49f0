/**
 * Factories for stock tf.layers with consistent names, documented with Torch7's and PyTorch's names.
 *
 * They return ordinary tf.layers layers that need no registration. Two things differ from calling `tf.layers` directly. Kernels are
 * initialized as in Torch7 and PyTorch, uniform in ±1/sqrt(fan in), and biases with 0. And sizes that are given explicitly (`inChannels`,
 * `inFeatures`) are checked when the layer is added to a `Sequential`.
 */
import { inWords } from '@ae/ground/in-words';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import { InvalidOptionError } from '../errors';
import { checkOptions } from '../ops/checks';
import { resolveSize2D, type Size2D } from '../ops/pool-geometry';
import { markAutoNamed } from './auto-name';
import type { LayerArgs } from './max-pooling-2d';
import { markInitializers } from './own-initializers';

/** What TensorFlow.js accepts as a layer of units. */
export type DenseArgs = Parameters<typeof layers.dense>[0];

/** Options of layers with weights. */
export interface WeightArgs
  extends LayerArgs,
    Pick<DenseArgs, 'kernelRegularizer' | 'biasRegularizer' | 'kernelConstraint' | 'biasConstraint'> {
  /** Default true. */
  useBias?: boolean;
  /** Default: uniform in ±1/sqrt(fan in), as in Torch7 and PyTorch. */
  kernelInitializer?: DenseArgs['kernelInitializer'];
  /** Default `'zeros'`. */
  biasInitializer?: DenseArgs['kernelInitializer'];
}

/** Options of {@link conv2d} and {@link conv2dTranspose}. */
export interface Conv2DArgs extends WeightArgs {
  /** Number of output channels, >= 1. */
  filters: number;
  /** `[height, width]` of the kernel, or one number for both. */
  kernelSize: Size2D;
  /** Default 1. */
  strides?: Size2D;
  /**
   * `'valid'` (the default): none. `'same'`: TensorFlow's rule. A number, as in Torch and PyTorch: 0 is `'valid'`, and (kernelSize - 1) / 2
   * with stride 1 and an odd kernel is `'same'`; tf.layers supports no others.
   */
  padding?: 'valid' | 'same' | number;
  /** Number of input channels, if it should be checked. Otherwise it is inferred. */
  inChannels?: number;
  /** Activation applied to the result, such as `'relu'`. Default none. */
  activation?: DenseArgs['activation'];
}

/**
 * Makes a convolution: `[N, H, W, C]` -> `[N, h, w, filters]` with `h = floor((H + 2 * padding - kernelSize) / strides) + 1`.
 *
 * | here | Torch7 `SpatialConvolution` | PyTorch `Conv2d` | Keras `Conv2D` |
 * |---|---|---|---|
 * | `filters` | `nOutputPlane` | `out_channels` | `filters` |
 * | `inChannels` (optional) | `nInputPlane` | `in_channels` | inferred |
 * | `kernelSize: [height, width]` | `kW, kH` | `kernel_size` | `kernel_size` |
 * | `strides: [height, width]` | `dW, dH` | `stride` | `strides` |
 * | `padding` | `padW, padH` | `padding` | `padding` |
 * | kernel `[kh, kw, in, out]` | `[out, in, kh, kw]` | `[out, in, kh, kw]` | `[kh, kw, in, out]` |
 *
 * @throws InvalidOptionError `INVALID_OPTION`
 */
export function conv2d(args: Conv2DArgs): layers.Layer {
  return makeConvolution('conv2d', layers.conv2d, args);
}

/**
 * Makes a transposed convolution: `[N, h, w, C]` -> `[N, H, W, filters]` with `H = (h - 1) * strides + kernelSize` (`'valid'`,
 * where kernelSize >= strides) or `h * strides` (`'same'`).
 *
 * | here | Torch7 `SpatialFullConvolution` | PyTorch `ConvTranspose2d` | Keras `Conv2DTranspose` |
 * |---|---|---|---|
 * | `filters` | `nOutputPlane` | `out_channels` | `filters` |
 * | `inChannels` (optional) | `nInputPlane` | `in_channels` | inferred |
 * | `kernelSize: [height, width]` | `kW, kH` | `kernel_size` | `kernel_size` |
 * | `strides: [height, width]` | `dW, dH` | `stride` | `strides` |
 * | `padding` | `padW, padH` | `padding` | `padding` |
 * | kernel `[kh, kw, out, in]` | `[in, out, kh, kw]` | `[in, out, kh, kw]` | `[kh, kw, out, in]` |
 *
 * @throws InvalidOptionError `INVALID_OPTION`
 */
export function conv2dTranspose(args: Conv2DArgs): layers.Layer {
  return makeConvolution('conv2d_transpose', layers.conv2dTranspose, args);
}

/**
 * Creates a rectifier, `max(x, 0)`, for any shape: Torch7 and PyTorch `ReLU`, Keras `ReLU`.
 *
 * Its gradient at 0 is 0.
 */
export function relu(args: LayerArgs = {}): layers.Layer {
  checkOptions('relu', args, "name: 'relu'");
  return markAutoNamed(layers.reLU(args), 'relu', args);
}

/** Options of {@link linear}. */
export interface LinearArgs extends WeightArgs {
  /** Number of outputs, >= 1. */
  units: number;
  /** Number of inputs, if it should be checked. Otherwise it is inferred. */
  inFeatures?: number;
}

/**
 * Makes a fully connected layer without activation: `[N, F]` -> `[N, units]`. Flatten images first.
 *
 * | here | Torch7 `Linear` | PyTorch `Linear` | Keras `Dense` |
 * |---|---|---|---|
 * | `units` | `outputDimension` | `out_features` | `units` |
 * | `inFeatures` (optional) | `inputDimension` | `in_features` | inferred |
 * | kernel `[in, out]` | `[out, in]` | `[out, in]` | `[in, out]` |
 *
 * @throws InvalidOptionError `INVALID_OPTION`
 */
export function linear(args: LinearArgs): layers.Layer {
  checkOptions('linear', args, 'units: 64');
  const { inFeatures, units, ...rest } = args;
  checkCount('linear', 'units', units);
  if (inFeatures !== undefined) checkCount('linear', 'inFeatures', inFeatures);
  const layer = layers.dense({ kernelInitializer: fanInUniform(), ...rest, units });
  layer.inputSpec = [{ ndim: 2, axes: inFeatures === undefined ? undefined : { 1: inFeatures } }];
  return markAutoNamed(markInitializers(layer, args), 'linear', args);
}

/**
 * Creates a layer that flattens `[N, H, W, C]` to `[N, H * W * C]`: Torch7 `Reshape(n)` or `View(n)`, PyTorch and Keras `Flatten`.
 *
 * The order is row, column, channel; in Torch7 and PyTorch it is channel, row, column. The kernel of a linear layer after it must be
 * permuted when weights are transferred.
 */
export function flatten(args: LayerArgs = {}): layers.Layer {
  checkOptions('flatten', args, "name: 'flat'");
  return markAutoNamed(layers.flatten(args), 'flatten', args);
}

/** Options of {@link reshape}. */
export interface ReshapeArgs extends LayerArgs {
  /** Shape without the batch, such as `[14, 14, 24]`. One size may be null: it is inferred. */
  targetShape: readonly (number | null)[];
}

/**
 * Creates a layer that reshapes each sample to another shape of the same size: Torch7 `Reshape(24, 14, 14)` or `View`, PyTorch `Unflatten`,
 * Keras `Reshape`. The order of the elements does not change, and is row, column, channel for images.
 *
 * @throws InvalidOptionError `INVALID_OPTION`
 */
export function reshape(args: ReshapeArgs): layers.Layer {
  checkOptions('reshape', args, 'targetShape: [14, 14, 24]');
  const { targetShape } = args;
  const sizes: unknown[] = Array.isArray(targetShape) ? targetShape : [];
  const valid = sizes.every((n) => n === null || (Number.isInteger(n) && Number(n) >= 1));
  if (sizes.length === 0 || !valid || sizes.filter((n) => n === null).length > 1) {
    throw new InvalidOptionError({
      where: 'reshape',
      expected: 'targetShape as integers of at least 1, one of which may be null',
      received: inWords(targetShape),
    });
  }
  return markAutoNamed(layers.reshape({ ...args, targetShape: [...targetShape] }), 'reshape', args);
}

function makeConvolution(kind: string, make: typeof layers.conv2d, args: Conv2DArgs): layers.Layer {
  checkOptions(kind, args, 'filters: 12, kernelSize: 3');
  const { inChannels, filters, kernelSize, strides, padding, ...rest } = args;
  checkCount(kind, 'filters', filters);
  if (inChannels !== undefined) checkCount(kind, 'inChannels', inChannels);
  const kernel = resolveSize2D(kind, 'kernelSize', kernelSize);
  const stride = resolveSize2D(kind, 'strides', strides ?? 1);
  const layer = make({
    kernelInitializer: fanInUniform(),
    ...rest,
    filters,
    kernelSize: kernel,
    strides: stride,
    padding: stockPadding(kind, padding, kernel, stride),
  });
  layer.inputSpec = [{ ndim: 4, axes: inChannels === undefined ? undefined : { 3: inChannels } }];
  return markAutoNamed(markInitializers(layer, args), kind, args);
}

/** Creates the default initializer: a variance of 1/(3 * fan in) is that of the uniform distribution in ±1/sqrt(fan in). */
function fanInUniform(): DenseArgs['kernelInitializer'] {
  return initializers.varianceScaling({ scale: 1 / 3, mode: 'fanIn', distribution: 'uniform' });
}

function stockPadding(
  where: string,
  padding: Conv2DArgs['padding'],
  kernel: [number, number],
  stride: [number, number],
): 'valid' | 'same' {
  if (padding === undefined || padding === 'valid' || padding === 0) return 'valid';
  if (padding === 'same') return 'same';
  const isSame = (size: number) => Number.isInteger(padding) && size === 2 * padding + 1;
  if (stride.every((n) => n === 1) && kernel.every(isSame)) return 'same';
  throw new InvalidOptionError({
    where,
    expected: "padding as 'valid', 'same', 0, or (kernelSize - 1) / 2 with strides 1",
    received: `${inWords(padding)} with kernelSize ${kernel.join('x')} and strides ${stride.join('x')}`,
    todo: 'for other paddings, put tf.layers.zeroPadding2d before a convolution, or tf.layers.cropping2D after a transposed one',
  });
}

function checkCount(where: string, name: string, value: unknown): void {
  if (Number.isInteger(value) && Number(value) >= 1) return;
  throw new InvalidOptionError({
    where,
    expected: `${name} as an integer of at least 1`,
    received: inWords(value),
  });
}
