/** Max-pooling with masks, and max-unpooling, in two forms. */
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { unsupported } from '../layer-config';
import { shapeOf } from '../network-plan';
import { type Pair, plainPoolPadding, type Sides, type Windows, windowsOf } from '../window-geometry';
import type { Conversion } from './conversion';
import type { OnnxGraph } from './onnx-graph';
import { cutImages, padImages } from './shapes';

/** Less than any value, as float32. */
const lowest = -3.4028234663852886e38;

function attributesOf({ size, strides, padding: [rows, columns] }: Windows) {
  return { kernel_shape: [...size], strides: [...strides], pads: [rows[0], columns[0], rows[1], columns[1]] };
}

/** Converts a pool to its values and, if it is needed, its mask. */
export function convertPool(conversion: Conversion, mask: SymbolicTensor): string[] {
  const { graph, inputs, unpooling, needsMask } = conversion;
  const windows = windowsOf(mask);
  if (!needsMask) return [graph.add('MaxPool', inputs, attributesOf(windows))];
  if (unpooling === 'operator') return graph.addMany('MaxPool', inputs, 2, attributesOf(windows));
  const { size, strides } = windows;
  if (size.some((side, axis) => side > strides[axis])) {
    const what = 'has overlapping windows, which only the operator MaxUnpool can undo';
    throw unsupported(
      conversion,
      what,
      "set unpooling to 'operator', or choose strides at least as large as the windows",
    );
  }
  return poolWithPositions(graph, inputs[0], windows);
}

/**
 * The mask is the position of the first maximum in its window, row by row, with the stride as distance between windows; int32. The
 * positions are strided slices, each of which is compared with the maxima.
 */
function poolWithPositions(graph: OnnxGraph, input: string, windows: Windows): string[] {
  const { size, strides } = windows;
  const canvas = toWholeWindows(graph, input, windows);
  const values = graph.add('MaxPool', [canvas], { kernel_shape: [...size], strides: [...strides] });
  const positions = Array.from({ length: size[0] * size[1] }, (_, i) => [Math.floor(i / size[1]), i % size[1]]);
  const number = ([y, x]: readonly number[]) => graph.integer(y * strides[1] + x, 'int32');
  const last = positions[positions.length - 1];
  let mask = number(last);
  // Later positions first, so that the first maximum wins.
  for (const position of positions.slice(0, -1).reverse()) {
    const isMaximum = graph.add('Equal', [everyWindow(graph, canvas, position, windows), values]);
    mask = graph.add('Where', [isMaximum, number(position), mask]);
  }
  // A window of a single position has a mask of a single number.
  if (positions.length === 1)
    mask = graph.add('Mul', [graph.add('Cast', [values], { to: 6 }), graph.integer(0, 'int32')]);
  return [values, mask];
}

/** Takes the value at one position of every window. */
function everyWindow(graph: OnnxGraph, canvas: string, position: readonly number[], windows: Windows): string {
  const { strides, outputSize } = windows;
  const ends = [outputSize[0] * strides[0], outputSize[1] * strides[1]];
  return graph.add('Slice', [
    canvas,
    graph.list(position),
    graph.list(ends),
    graph.list([2, 3]),
    graph.list([...strides]),
  ]);
}

/** Returns how many rows and columns an input lacks to contain one stride per window; negative if it has too many. */
function missingOf({ strides, padding, inputSize, outputSize }: Windows): Pair {
  const along = (axis: 0 | 1) => outputSize[axis] * strides[axis] - padding[axis][0] - inputSize[axis];
  return [along(0), along(1)];
}

function toWholeWindows(graph: OnnxGraph, input: string, windows: Windows): string {
  const { padding, inputSize } = windows;
  const missing = missingOf(windows);
  const kept = missing.map((count, axis) => inputSize[axis] + Math.min(0, count));
  const cut = missing.some((count) => count < 0) ? cutImages(graph, input, [0, kept[0]], [0, kept[1]]) : input;
  const sides: Sides = [
    [padding[0][0], Math.max(0, missing[0])],
    [padding[1][0], Math.max(0, missing[1])],
  ];
  return padImages(graph, cut, sides, lowest);
}

/** Converts an unpooling of values by a mask. */
export function convertUnpooling(conversion: Conversion): string {
  const { graph, inputs, sources, inputShape, unpooling } = conversion;
  const windows = windowsOf(sources[1]);
  const [channels, maskChannels] = [inputShape[2], shapeOf(sources[1])[2]];
  const first = { channels, maskChannels };
  if (unpooling === 'operator') return unpoolByOperator(graph, inputs, windows, first);
  const mask = channels === maskChannels ? inputs[1] : firstChannels(graph, inputs[1], channels);
  return unpoolByPositions(graph, inputs[0], mask, windows, channels);
}

function firstChannels(graph: OnnxGraph, value: string, count: number): string {
  return graph.add('Slice', [value, graph.list([0]), graph.list([count]), graph.list([1])]);
}

/** Indices count channels, too: values are padded to the channels of the mask. */
function unpoolByOperator(
  graph: OnnxGraph,
  [values, mask]: readonly string[],
  windows: Windows,
  { channels, maskChannels }: { channels: number; maskChannels: number },
): string {
  const pads = [0, 0, 0, 0, 0, maskChannels - channels, 0, 0];
  const filled = channels === maskChannels ? values : graph.add('Pad', [values, graph.list(pads)]);
  const count = graph.add('Slice', [graph.add('Shape', [mask]), graph.list([0]), graph.list([2])]);
  const shape = graph.add('Concat', [count, graph.list([...windows.inputSize])], { axis: 0 });
  const result = graph.add('MaxUnpool', [filled, mask, shape], attributesOf(windows));
  return channels === maskChannels ? result : firstChannels(graph, result, channels);
}

function unpoolByPositions(graph: OnnxGraph, values: string, mask: string, windows: Windows, channels: number): string {
  const { strides, padding, inputSize, outputSize } = windows;
  const [rows, columns] = strides;
  const places = Array.from({ length: rows * columns }, (_, i) => {
    const isThere = graph.add('Equal', [mask, graph.integer(i, 'int32')]);
    return graph.add('Where', [isThere, values, graph.number(0)]);
  });
  const all = graph.add('Concat', places, { axis: 1 });
  const spread = rows === columns ? graph.add('DepthToSpace', [all], { blocksize: rows, mode: 'DCR' }) : unfold();
  const [top, left] = [padding[0][0], padding[1][0]];
  const ends = [0, 1].map((axis) => Math.min(padding[axis][0] + inputSize[axis], outputSize[axis] * strides[axis]));
  const isWhole = top === 0 && left === 0 && ends.every((end, axis) => end === outputSize[axis] * strides[axis]);
  const cut = isWhole ? spread : cutImages(graph, spread, [top, ends[0]], [left, ends[1]]);
  const missing = missingOf(windows).map((count) => Math.max(0, -count));
  return padImages(graph, cut, [
    [0, missing[0]],
    [0, missing[1]],
  ]);

  /** DepthToSpace for windows that are not square. */
  function unfold(): string {
    const [height, width] = outputSize;
    const apart = graph.add('Reshape', [all, graph.list([0, rows, columns, channels, height, width])]);
    const ordered = graph.add('Transpose', [apart], { perm: [0, 3, 4, 1, 5, 2] });
    return graph.add('Reshape', [ordered, graph.list([0, channels, height * rows, width * columns])]);
  }
}

/** Keras' pooling, which has no mask. */
export function convertPlainPool(conversion: Conversion): string {
  const { graph, inputs, config, layer } = conversion;
  const [rows, columns] = plainPoolPadding(conversion);
  const op = layer.getClassName() === 'AveragePooling2D' ? 'AveragePool' : 'MaxPool';
  const pads = [rows[0], columns[0], rows[1], columns[1]];
  return graph.add(op, inputs, { kernel_shape: [...config.poolSize], strides: [...config.strides], pads });
}

/** The mean or the maximum of all rows and columns. */
export function convertGlobalPool({ graph, inputs, outputShape }: Conversion, op: string): string {
  return graph.add('Reshape', [graph.add(op, inputs), graph.list([0, ...outputShape])]);
}
