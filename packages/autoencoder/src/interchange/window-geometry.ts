import type { MaxPooling2D } from '@ae/layers';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { LayerConfig } from './layer-config';
import { shapeOf } from './network-plan';

export type Pair = readonly [number, number];

/** Rows before and after, and columns before and after. */
export type Sides = readonly [rows: readonly [number, number], columns: readonly [number, number]];

/** Returns TensorFlow's 'same' padding along an axis, the odd one after. */
export function samePadding(size: number, window: number, stride: number): [number, number] {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + window - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** Returns what a transposed convolution cuts off along an axis, or adds after it if negative. */
export function transposedPadding(padding: unknown, window: number, stride: number): [number, number] {
  const surplus = padding === 'same' ? window - stride : Math.min(0, window - stride);
  return surplus < 0 ? [0, surplus] : [Math.floor(surplus / 2), Math.ceil(surplus / 2)];
}

/** The positions of a pool's windows. */
export interface Windows {
  readonly size: Pair;
  readonly strides: Pair;
  readonly padding: Sides;
  readonly inputSize: Pair;
  readonly outputSize: Pair;
}

/** Returns the windows of the pool that a mask belongs to. */
export function windowsOf(mask: SymbolicTensor): Windows {
  const pool = mask.sourceLayer as MaxPooling2D;
  const [height, width] = shapeOf(pool.inboundNodes[mask.nodeIndex].inputTensors[0]);
  const { poolSize, strides, padding } = pool.options;
  const along = (axis: 0 | 1, size: number): Pair =>
    padding === 'valid'
      ? [0, 0]
      : padding === 'same'
        ? samePadding(size, poolSize[axis], strides[axis])
        : padding[axis];
  const [rows, columns] = shapeOf(mask);
  return {
    size: poolSize,
    strides,
    padding: [along(0, height), along(1, width)],
    inputSize: [height, width],
    outputSize: [rows, columns],
  };
}

/** The positions of a convolution's windows. */
export interface ConvolutionWindow {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: Pair;
  readonly padding: Sides;
}

/** A layer with windows, and its input. */
export interface WindowedLayer {
  readonly config: LayerConfig;
  readonly inputShape: readonly number[];
  /** Whether height and width may differ from those of the shape. */
  readonly anySize?: boolean;
}

/** Returns the positions of a convolution's windows. */
export function convolutionWindow(
  { config, inputShape, anySize }: WindowedLayer,
  size: readonly number[] = config.kernelSize,
): ConvolutionWindow {
  const { strides, padding } = config;
  const rates = [config.dilationRate ?? 1].flat();
  const dilations: Pair = [rates[0], rates[1] ?? rates[0]];
  const along = (axis: 0 | 1): Pair => {
    if (padding !== 'same') return [0, 0];
    const reach = (size[axis] - 1) * dilations[axis] + 1;
    return anySize ? paddingOfAnySize(reach, strides[axis]) : samePadding(inputShape[axis], reach, strides[axis]);
  };
  return { size, strides, dilations, padding: [along(0), along(1)] };
}

/** Before: as for a size that is divisible by the strides; after: as far as the last window extends if it is not. */
function paddingOfAnySize(window: number, stride: number): Pair {
  const before = Math.max(0, Math.floor((window - stride) / 2));
  return [before, window - 1 - before];
}

/** Returns the padding of Keras's pooling. */
export function plainPoolPadding({ config, inputShape }: WindowedLayer): Sides {
  const { poolSize, strides, padding } = config;
  const along = (axis: 0 | 1): Pair =>
    padding === 'same' ? samePadding(inputShape[axis], poolSize[axis], strides[axis]) : [0, 0];
  return [along(0), along(1)];
}
