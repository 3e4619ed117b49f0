/** Pooling with and without masks, and max-unpooling. A mask contains `row * width + column` of each maximum, in its plane. */
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { shapeOf } from '../network-plan';
import { plainPoolPadding, type Sides, type Windows, windowsOf } from '../window-geometry';
import type { Conversion, Converted } from './conversion';
import { channelsFirst, float, size2d, tuple } from './python-value';
import { cut, padded } from './shapes';

const lowest = float(Number.NEGATIVE_INFINITY);

/** Tells whether PyTorch's pooling can pad by itself: equally on both sides, and at most half a window. */
function canPad(padding: Sides, size: readonly number[]): boolean {
  return padding.every(([before, after], axis) => before === after && 2 * before <= size[axis]);
}

/** Window, stride and padding as arguments, without those that have their default values. */
function windowArguments(size: readonly number[], strides: readonly number[], padding?: Sides): string[] {
  const before = padding ? padding.map(([count]) => count) : [0, 0];
  const isPadded = before.some((count) => count > 0);
  return [
    size2d(size),
    ...(String(size) === String(strides) ? [] : [`stride=${size2d(strides)}`]),
    ...(isPadded ? [`padding=${size2d(before)}`] : []),
  ];
}

/** Pools, with a mask if it is needed. */
export function convertPool({ inputs }: Conversion, mask: SymbolicTensor, needsMask: boolean): Converted {
  const { size, strides, padding } = windowsOf(mask);
  const itself = canPad(padding, size);
  const image = channelsFirst(inputs[0]);
  const args = [
    itself ? image : padded(image, padding, lowest),
    ...windowArguments(size, strides, itself ? padding : undefined),
    ...(needsMask ? ['return_indices=True'] : []),
  ];
  return { text: `F.max_pool2d(${args.join(', ')})` };
}

/** Puts values back where the maxima were. */
export function convertUnpooling({ inputs, sources, inputShape }: Conversion): Converted {
  const windows = windowsOf(sources[1]);
  const { size, strides, padding, inputSize } = windows;
  const itself = canPad(padding, size);
  const canvas = inputSize.map((each, axis) => each + (itself ? 0 : padding[axis][0] + padding[axis][1]));
  const isShort = inputShape[2] < shapeOf(sources[1])[2];
  // A mask may have more channels than there are values: the first ones count.
  const mask = isShort ? `${inputs[1].text}[:, :${inputShape[2]}]` : inputs[1].text;
  const args = [
    channelsFirst(inputs[0]),
    mask,
    ...windowArguments(size, strides, itself ? padding : undefined),
    ...(isUsual(windows, itself, canvas) ? [] : [`output_size=${tuple(canvas)}`]),
  ];
  const text = `F.max_unpool2d(${args.join(', ')})`;
  if (itself) return { text };
  const [top, left] = padding.map(([before]) => before);
  return { text: cut(text, canvas, [top, top + inputSize[0]], [left, left + inputSize[1]]) };
}

/** Tells whether a size is PyTorch's default. */
function isUsual({ size, strides, padding, outputSize }: Windows, itself: boolean, canvas: readonly number[]): boolean {
  return canvas.every((each, axis) => {
    const before = itself ? padding[axis][0] : 0;
    return each === (outputSize[axis] - 1) * strides[axis] + size[axis] - 2 * before;
  });
}

/** Keras' pooling, which has no mask. */
export function convertPlainPool(conversion: Conversion): Converted {
  const { writer, inputs, config, layer } = conversion;
  const { poolSize, strides } = config;
  const padding = plainPoolPadding(conversion);
  const itself = canPad(padding, poolSize);
  const image = channelsFirst(inputs[0]);
  const isAverage = layer.getClassName() === 'AveragePooling2D';
  if (isAverage && !itself) {
    const [rows, columns] = padding;
    const sides = tuple([...columns, ...rows]);
    return { text: `${writer.call('average_pool')}(${image}, ${tuple(poolSize)}, ${tuple(strides)}, ${sides})` };
  }
  const args = [
    itself ? image : padded(image, padding, lowest),
    ...windowArguments(poolSize, strides, itself ? padding : undefined),
    ...(isAverage && padding.some(([before]) => before > 0) ? ['count_include_pad=False'] : []),
  ];
  return { text: `F.${isAverage ? 'avg' : 'max'}_pool2d(${args.join(', ')})` };
}

export function convertGlobalPool({ inputs, layer }: Conversion): Converted {
  const kind = layer.getClassName() === 'GlobalAveragePooling2D' ? 'mean' : 'amax';
  return { text: `${channelsFirst(inputs[0])}.${kind}((2, 3))` };
}
