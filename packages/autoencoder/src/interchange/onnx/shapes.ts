/** Changes of shape. */
import type { Conversion } from './conversion';
import type { OnnxGraph } from './onnx-graph';

const toRowsFirst = [0, 2, 3, 1];
const toChannelsFirst = [0, 3, 1, 2];

/** Transposes a value to the order that it has here, channels last, in which it is flattened. */
export function channelsLast(graph: OnnxGraph, value: string, { length }: readonly number[]): string {
  return length === 3 ? graph.add('Transpose', [value], { perm: toRowsFirst }) : value;
}

/** Transposes a value from the order that it has here to that of the graph. */
export function channelsFirst(graph: OnnxGraph, value: string, { length }: readonly number[]): string {
  return length === 3 ? graph.add('Transpose', [value], { perm: toChannelsFirst }) : value;
}

/** Flatten and Reshape. */
export function convertReshape({ graph, inputs, inputShape, outputShape, anySize }: Conversion): string {
  // Codes of blocks remain small images if images may have any size.
  if (anySize) return inputs[0];
  const flat = channelsLast(graph, inputs[0], inputShape);
  return channelsFirst(graph, graph.add('Reshape', [flat, graph.list([0, ...outputShape])]), outputShape);
}

/** Permute: of axes in the order that they have here, excluding the batch. */
export function convertPermutation({ graph, inputs, inputShape, outputShape, config }: Conversion): string {
  const ours = channelsLast(graph, inputs[0], inputShape);
  return channelsFirst(graph, graph.add('Transpose', [ours], { perm: [0, ...config.dims] }), outputShape);
}

/** Cuts rows and columns `[from, to)` of a value. */
export function cutImages(
  graph: OnnxGraph,
  value: string,
  rows: readonly [number, number],
  columns: readonly [number, number],
): string {
  const ends = [rows[1], columns[1]];
  return graph.add('Slice', [value, graph.list([rows[0], columns[0]]), graph.list(ends), graph.list([2, 3])]);
}

/** Pads a value with rows and columns of a constant. */
export function padImages(
  graph: OnnxGraph,
  value: string,
  [rows, columns]: readonly [readonly [number, number], readonly [number, number]],
  filling = 0,
): string {
  const pads = [0, 0, rows[0], columns[0], 0, 0, rows[1], columns[1]];
  if (pads.every((size) => size === 0)) return value;
  return graph.add('Pad', [value, graph.list(pads), graph.number(filling)]);
}

export function convertPadding({ graph, inputs, config, anySize }: Conversion): string {
  const { padding } = config;
  return anySize || typeof padding === 'string' ? inputs[0] : padImages(graph, inputs[0], padding);
}

export function convertCropping({ graph, inputs, inputShape, config, anySize }: Conversion): string {
  if (anySize) return inputs[0];
  const [[top, bottom], [left, right]] = config.cropping;
  return cutImages(graph, inputs[0], [top, inputShape[0] - bottom], [left, inputShape[1] - right]);
}

/** Crops a value to the height and width of another. */
export function cutLike(graph: OnnxGraph, value: string, other: string): string {
  const shape = graph.add('Shape', [other]);
  const ends = graph.add('Slice', [shape, graph.list([2]), graph.list([4])]);
  return graph.add('Slice', [value, graph.list([0, 0]), ends, graph.list([2, 3])]);
}
