/**
 * Modules on features. Torch flattens an image by channel, row and column, and layers here by row, column and channel: modules that depend
 * on single features get their weights permuted to our order.
 */
import { flatten, linear, reshape } from '@ae/layers';
import { layers } from '@tensorflow/tfjs-layers';
import type { ImportedLayer } from '../imported-layers';
import { permuted, reshaped, type Weight } from '../weights';
import type { Converted, ModuleStep } from './module-step';

function productOf(sizes: readonly number[]): number {
  return sizes.reduce((product, size) => product * size, 1);
}

/** Permutes the axes of an image from Torch's order (channels, height, width) to ours; a plain vector has only one axis. */
function viewOf(image: readonly number[] | undefined, features: number) {
  if (!image) return { sizes: [features], order: [0] };
  const [height, width, channels] = image;
  return { sizes: [channels, height, width], order: [1, 2, 0] };
}

/** Permutes a vector of weights, one per feature, to our order. */
function inOurOrder(weight: Weight, image: readonly number[] | undefined): Weight {
  const { sizes, order } = viewOf(image, weight.values.length);
  return reshaped(permuted(reshaped(weight, sizes), order), [weight.values.length]);
}

export function convertLinear({ module, shape, flatOf, wantedImage, name }: ModuleStep): Converted {
  if (shape.length !== 1) throw module.problem(`needs features, but gets ${shape.join('x')}`);
  const [features] = shape;
  const units = outputsOf(module, features);
  const image = wantedImage && productOf(wantedImage) === units ? wantedImage : undefined;
  const own = name('linear');
  const useBias = module.hasTensor('bias');
  return {
    shape: [units],
    flatOf: image,
    names: [own],
    make: () => {
      const [to, from] = [viewOf(image, units), viewOf(flatOf, features)];
      const seen = reshaped(module.tensor('weight', [units, features]), [...to.sizes, ...from.sizes]);
      const order = [...from.order.map((axis) => axis + to.sizes.length), ...to.order];
      const kernel = reshaped(permuted(seen, order), [features, units]);
      const bias = useBias ? inOurOrder(module.tensor('bias', [units]), image) : undefined;
      const weights: Record<string, Weight> = { kernel, ...(bias && { bias }) };
      return [{ layer: linear({ units, useBias, name: own }), weights }];
    },
  };
}

/** Returns the number of outputs of a linear module, which only the size of its matrix says. */
function outputsOf(module: ModuleStep['module'], features: number): number {
  const [units, expected] = module.shape('weight');
  if (expected === features) return units;
  throw module.problem(`needs ${expected} features, but gets ${features}`);
}

/** View and Reshape, with or without a size for the batch. */
export function convertView(step: ModuleStep): Converted {
  const { module, shape, name } = step;
  const count = productOf(shape);
  const given = module.sizes('size');
  const known = productOf(given.filter((size) => size !== -1));
  const sizes =
    known === count ? given.filter((size) => size !== -1) : given.map((size) => (size === -1 ? count / known : size));
  if (productOf(sizes) !== count || !sizes.every((size) => Number.isInteger(size) && size >= 1)) {
    throw module.problem(`makes ${given.join('x')} of ${shape.join('x')}, which has ${count} numbers`);
  }
  const trimmed = sizes.length === 2 && sizes[0] === 1 ? sizes.slice(1) : sizes;
  if (trimmed.length === 1) return flattened(step, name);
  if (trimmed.length !== 3) throw module.problem(`makes ${given.join('x')}, neither features nor images`);
  const [channels, height, width] = trimmed;
  return shaped(step, [height, width, channels]);
}

function flattened({ shape, flatOf }: ModuleStep, name: ModuleStep['name']): Converted {
  if (shape.length === 1) return { shape, flatOf, names: [], make: () => [] };
  const own = name('flatten');
  return { shape: [productOf(shape)], flatOf: shape, names: [own], make: () => [{ layer: flatten({ name: own }) }] };
}

/** Reshapes to an image `[height, width, channels]`. */
function shaped({ shape, flatOf, name }: ModuleStep, image: readonly number[]): Converted {
  const before = shape.length === 3 ? shape : flatOf;
  if (String(before) === String(image)) {
    if (shape.length === 3) return { shape, names: [], make: () => [] };
    const own = name('reshape');
    return { shape: image, names: [own], make: () => [{ layer: reshape({ targetShape: image, name: own }) }] };
  }
  // By way of Torch's order.
  const names = [before ? name('reshape') : '', before ? name('permute') : '', name('reshape'), name('permute')];
  const [height, width, channels] = image;
  const make = (): ImportedLayer[] => {
    const list = [
      ...(before
        ? [reshape({ targetShape: before, name: names[0] }), layers.permute({ dims: [3, 1, 2], name: names[1] })]
        : []),
      reshape({ targetShape: [channels, height, width], name: names[2] }),
      layers.permute({ dims: [2, 3, 1], name: names[3] }),
    ];
    return list.map((layer) => ({ layer }));
  };
  return { shape: image, names: names.filter(Boolean), make };
}

export function convertNormalization({ module, shape, flatOf, name }: ModuleStep): Converted {
  const size = shape[shape.length - 1];
  const epsilon = module.decimal('eps', 1e-5);
  const momentum = 1 - module.decimal('momentum', 0.1);
  const isAffine = module.hasTensor('weight');
  const own = name('norm');
  return {
    shape,
    flatOf,
    names: [own],
    make: () => {
      const image = shape.length === 1 ? flatOf : undefined;
      const read = (field: string) => inOurOrder(module.tensor(field, [size]), image);
      const weights: Record<string, Weight> = {
        moving_mean: read('running_mean'),
        moving_variance: module.hasTensor('running_var')
          ? read('running_var')
          : varianceOf(read('running_std'), epsilon),
        ...(isAffine && { gamma: read('weight'), beta: read('bias') }),
      };
      const layer = layers.batchNormalization({ epsilon, momentum, scale: isAffine, center: isAffine, name: own });
      return [{ layer, weights }];
    },
  };
}

/** Early versions stored the inverse of the standard deviation, including epsilon. */
function varianceOf({ shape, values }: Weight, epsilon: number): Weight {
  return { shape, values: values.map((inverse) => 1 / inverse ** 2 - epsilon) };
}
