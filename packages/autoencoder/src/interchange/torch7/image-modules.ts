/** Modules on images. */
import { conv2d, conv2dTranspose, maxPooling2d, maxUnpooling2d } from '@ae/layers';
import { layers } from '@tensorflow/tfjs-layers';
import { permuted, type Weight } from '../weights';
import type { Converted, ModuleStep } from './module-step';

/** Throws unless the input is images; returns their height, width and channels. */
function imageOf({ shape, module }: ModuleStep): readonly [number, number, number] {
  if (shape.length === 3) return shape as readonly [number, number, number];
  throw module.problem(`needs images, but gets ${shape.join('x')} features`);
}

/** Window, strides and padding, rows first. */
function windowOf({ module }: ModuleStep) {
  const pair = (name: string, options: { min?: number; otherwise?: number }) =>
    [module.integer(`${name}H`, options), module.integer(`${name}W`, options)] as const;
  const padW = module.integer('padW', { otherwise: module.integer('padding', { otherwise: 0 }) });
  return {
    size: pair('k', { min: 1 }),
    strides: pair('d', { min: 1 }),
    padding: [module.integer('padH', { otherwise: padW }), padW] as const,
  };
}

function around(padding: readonly number[]): [[number, number], [number, number]] {
  return [
    [padding[0], padding[0]],
    [padding[1], padding[1]],
  ];
}

export function convertConvolution(step: ModuleStep): Converted {
  const { module, name } = step;
  const [height, width, channels] = imageOf(step);
  if (module.integer('groups', { otherwise: 1 }) !== 1) throw module.problem('uses groups of channels');
  const { size, strides, padding } = windowOf(step);
  const [from, filters] = [module.integer('nInputPlane', { min: 1 }), module.integer('nOutputPlane', { min: 1 })];
  if (from !== channels) throw module.problem(`needs ${from} channels, but gets ${channels}`);
  const along = (axis: 0 | 1, length: number) =>
    Math.floor((length + 2 * padding[axis] - size[axis]) / strides[axis]) + 1;
  const own = name('conv');
  const isSame = padding.every((count, axis) => strides[axis] === 1 && size[axis] === 2 * count + 1);
  const isPlain = isSame || padding.every((count) => count === 0);
  const pad = isPlain ? undefined : name('pad');
  const useBias = module.hasTensor('bias');
  return {
    shape: [along(0, height), along(1, width), filters],
    names: [own],
    make: () => [
      ...(pad ? [{ layer: layers.zeroPadding2d({ padding: around(padding), name: pad }) }] : []),
      {
        layer: conv2d({
          filters,
          kernelSize: size,
          strides,
          padding: isSame ? 'same' : 'valid',
          useBias,
          name: own,
        }),
        weights: kernelOf(module, [filters, channels, ...size], useBias ? filters : 0),
      },
    ],
  };
}

/** Kernels are `[out, in, height, width]`, for transposed convolutions `[in, out, height, width]`, or flattened. */
function kernelOf(module: Module, shape: readonly number[], biases: number): Record<string, Weight> {
  const kernel = permuted(module.tensor('weight', shape), [2, 3, 1, 0]);
  return { kernel, ...(biases > 0 && { bias: module.tensor('bias', [biases]) }) };
}

type Module = ModuleStep['module'];

export function convertTransposed(step: ModuleStep): Converted {
  const { module, name } = step;
  const [height, width, channels] = imageOf(step);
  const { size, strides, padding } = windowOf(step);
  const more = [module.integer('adjH', { otherwise: 0 }), module.integer('adjW', { otherwise: 0 })];
  const [from, filters] = [module.integer('nInputPlane', { min: 1 }), module.integer('nOutputPlane', { min: 1 })];
  if (from !== channels) throw module.problem(`needs ${from} channels, but gets ${channels}`);
  const cut = padding.map((count, axis): [number, number] => [count, count - more[axis]]) as [
    [number, number],
    [number, number],
  ];
  if (cut.some(([, after]) => after < 0)) throw module.problem('adds more rows or columns than it crops');
  if (size.some((side, axis) => side < strides[axis])) throw module.problem('has a kernel smaller than its stride');
  const along = (axis: 0 | 1, length: number) =>
    (length - 1) * strides[axis] + size[axis] - cut[axis][0] - cut[axis][1];
  const own = name('deconv');
  const crop = cut.flat().some((count) => count > 0) ? name('crop') : undefined;
  const useBias = module.hasTensor('bias');
  return {
    shape: [along(0, height), along(1, width), filters],
    names: [crop ?? own],
    make: () => [
      {
        layer: conv2dTranspose({ filters, kernelSize: size, strides, useBias, name: own }),
        weights: kernelOf(module, [channels, filters, ...size], useBias ? filters : 0),
      },
      ...(crop ? [{ layer: layers.cropping2D({ cropping: cut, name: crop }) }] : []),
    ],
  };
}

export function convertPool(step: ModuleStep): Converted {
  const { module, name } = step;
  const [height, width, channels] = imageOf(step);
  const { size, strides, padding } = windowOf(step);
  const isCeiling = module.flag('ceil_mode');
  const isPadded = padding.some((count) => count > 0);
  const along = (axis: 0 | 1, length: number) => {
    const room = length + 2 * padding[axis] - size[axis];
    if (!isCeiling) return Math.floor(room / strides[axis]) + 1;
    const count = Math.ceil(room / strides[axis]) + 1;
    // A window must start inside the image or in the padding before it.
    return isPadded && (count - 1) * strides[axis] >= length + padding[axis] ? count - 1 : count;
  };
  const counts = [along(0, height), along(1, width)];
  const sides = ([0, 1] as const).map((axis): [number, number] => {
    const reach = (counts[axis] - 1) * strides[axis] + size[axis] - [height, width][axis] - padding[axis];
    return [padding[axis], Math.max(isCeiling ? 0 : padding[axis], reach)];
  }) as [[number, number], [number, number]];
  const isWithin = sides.flat().every((count) => count === 0);
  const own = name('pool');
  return {
    shape: [...counts, channels],
    names: [own],
    make: () => [{ layer: maxPooling2d({ poolSize: size, strides, padding: isWithin ? 'valid' : sides, name: own }) }],
  };
}

export function convertUnpooling(step: ModuleStep): Converted {
  const { module, name, poolOf } = step;
  const [, , channels] = imageOf(step);
  const pool = poolOf(module);
  const own = name('unpool');
  // On a GPU, Torch used the first channels of a mask with more channels than values.
  const mask = channels < pool.channels ? 'torch7' : 'strict';
  return {
    shape: [...pool.inputSize, channels],
    names: [own],
    make: () => [{ layer: maxUnpooling2d({ pool: pool.name, mask, name: own }) }],
  };
}

export function convertAveragePool(step: ModuleStep): Converted {
  const { module, name } = step;
  const [height, width, channels] = imageOf(step);
  const { size, strides, padding } = windowOf(step);
  if (padding.some((count) => count > 0) || module.flag('ceil_mode')) throw module.problem('pools beyond the image');
  const along = (axis: 0 | 1, length: number) => Math.floor((length - size[axis]) / strides[axis]) + 1;
  const own = name('pool');
  return {
    shape: [along(0, height), along(1, width), channels],
    names: [own],
    make: () => [{ layer: layers.averagePooling2d({ poolSize: [...size], strides: [...strides], name: own }) }],
  };
}

export function convertUpSampling(step: ModuleStep): Converted {
  const { module, name } = step;
  const [height, width, channels] = imageOf(step);
  const factor = module.integer('scale_factor', { min: 1 });
  const own = name('up');
  return {
    shape: [height * factor, width * factor, channels],
    names: [own],
    make: () => [{ layer: layers.upSampling2d({ size: [factor, factor], name: own }) }],
  };
}

export function convertZeroPadding(step: ModuleStep): Converted {
  const { module, name } = step;
  const [height, width, channels] = imageOf(step);
  const [left, right, top, bottom] = ['l', 'r', 't', 'b'].map((side) =>
    module.integer(`pad_${side}`, { min: -(2 ** 16), otherwise: 0 }),
  );
  const all = [left, right, top, bottom];
  const isCut = all.some((count) => count < 0);
  if (isCut && all.some((count) => count > 0)) throw module.problem('pads one side and crops another');
  const own = name(isCut ? 'crop' : 'pad');
  const sides = (sign: number): [[number, number], [number, number]] => [
    [sign * top, sign * bottom],
    [sign * left, sign * right],
  ];
  return {
    shape: [height + top + bottom, width + left + right, channels],
    names: [own],
    make: () => [
      {
        layer: isCut
          ? layers.cropping2D({ cropping: sides(-1), name: own })
          : layers.zeroPadding2d({ padding: sides(1), name: own }),
      },
    ],
  };
}
