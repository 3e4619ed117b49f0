import { Sequential } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { ImageShape } from '../data/samples';
import type { PresetName } from './options';
import { presets } from './presets';

/** The number of weights of a network. */
export interface WeightCount {
  readonly all: number;
  /** Those that training changes. */
  readonly trained: number;
}

/** Counts the weights of a preset's network for images of a size; allocates nothing. Throws the errors of building it. */
export function countWeights(
  inputShape: ImageShape,
  preset: PresetName,
  options: { readonly codeSize?: number; readonly variational?: boolean },
): WeightCount {
  const net = new Sequential({ inputShape: [...inputShape] });
  presets[preset](net, options);
  let [all, trained] = [0, 0];
  for (const { layer, inputShape: shape } of net.steps) {
    const count = weightsOfLayer(layer, shape.at(-1) as number);
    all += count;
    if (layer.trainable && !isFixed(layer)) trained += count;
  }
  return { all, trained };
}

/** Counts the weights of an existing network. */
export function weightCountOf(model: LayersModel): WeightCount {
  const sizes = model.trainableWeights.map(({ shape }) => tf.util.sizeFromShape(shape as number[]));
  return { all: model.countParams(), trained: sizes.reduce((sum, size) => sum + size, 0) };
}

/**
 * Returns the number of weights of a layer with this many channels or features at each position of its input, for the layers of presets.
 */
function weightsOfLayer(layer: layers.Layer, channels: number): number {
  const { kernelSize, filters, units, mapped, coefficients, blockSize, outputShape } = layer.getConfig() as Config;
  const { zones, numbers, values } = layer.getConfig() as Config;
  switch (layer.getClassName()) {
    case 'Conv2D':
    case 'Conv2DTranspose':
      return (kernelSize[0] * kernelSize[1] * channels + 1) * filters;
    case 'Dense':
      return (channels + 1) * units;
    case 'VariationalCode':
      return mapped ? 2 * (channels + 1) * units : units;
    case 'BlockTransform2D':
      return channels * channels + coefficients;
    case 'InverseBlockTransform2D':
      return outputShape[2] ** 2 + blockSize[0] * blockSize[1] * outputShape[2];
    case 'ZonalCode':
      return zones * (numbers - 1) + channels;
    case 'InverseZonalCode':
      return zones * (channels - 1) + values;
    default:
      return 0;
  }
}

interface Config extends Readonly<Record<string, unknown>> {
  readonly kernelSize: readonly number[];
  readonly filters: number;
  readonly units: number;
  readonly mapped: boolean;
  readonly coefficients: number;
  readonly blockSize: readonly number[];
  readonly outputShape: readonly number[];
  readonly zones: number;
  readonly numbers: number;
  readonly values: number;
}

function isFixed(layer: layers.Layer): boolean {
  return ['BlockTransform2D', 'InverseBlockTransform2D', 'ZonalCode', 'InverseZonalCode'].includes(
    layer.getClassName(),
  );
}
