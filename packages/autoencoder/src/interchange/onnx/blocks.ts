/** The block transforms of preset transform: cosine transforms as products of matrices. */
import type { InverseBlockTransform2D } from '@ae/layers';
import { cosineMatrix } from '@ae/layers/ops';
import { permuted, reshaped, type Weight } from '../weights';
import type { Conversion } from './conversion';
import type { OnnxGraph } from './onnx-graph';
import { cutImages } from './shapes';

/** Row k: the cosine of frequency k. */
function cosines(size: number): Weight {
  return { shape: [size, size], values: Float32Array.from(cosineMatrix(size)) };
}

/** Images to the coefficients of their blocks. */
export function convertBlocks(conversion: Conversion): string {
  const { graph, weights, config, inputShape, inputs, anySize } = conversion;
  const [height, width] = config.blockSize;
  const channels = inputShape[2];
  const whole = anySize ? inputs[0] : extended(graph, inputs[0], inputShape, config.blockSize);
  const colors = reshaped(permuted(weights.colors, [1, 0]), [channels, channels, 1, 1]);
  const mixed = channels === 1 ? whole : graph.add('Conv', [whole, graph.weight('colors', colors)]);
  // [N, C, H, columns, x] -> frequencies u along the width
  const byColumns = graph.add('Reshape', [mixed, graph.list([0, 0, 0, -1, width])]);
  const across = graph.add('MatMul', [byColumns, graph.weight('cosines', permuted(cosines(width), [1, 0]))]);
  // [N, C, columns, u, rows, y] -> frequencies v along the height
  const turned = graph.add('Transpose', [across], { perm: [0, 1, 3, 4, 2] });
  const byRows = graph.add('Reshape', [turned, graph.list([0, 0, 0, 0, -1, height])]);
  const both = graph.add('MatMul', [byRows, graph.weight('cosines', permuted(cosines(height), [1, 0]))]);
  // [N, rows, columns, C, u, v]
  const blocks = graph.add('Transpose', [both], { perm: [0, 4, 2, 1, 3, 5] });
  const all = graph.add('Reshape', [blocks, graph.list([0, 0, 0, channels * width * height])]);
  const kept = graph.add('Gather', [all, graph.list([...weights.positions.values])], { axis: 3 });
  return graph.add('Transpose', [kept], { perm: [0, 3, 1, 2] });
}

/** Coefficients to images. */
export function convertInverseBlocks(conversion: Conversion): string {
  const { graph, weights, config, inputs, outputShape, anySize, layer } = conversion;
  const [height, width] = config.blockSize;
  const [, , channels] = (layer as InverseBlockTransform2D).imageShape;
  const last = graph.add('Transpose', [inputs[0]], { perm: [0, 2, 3, 1] });
  const padded = graph.add('Pad', [last, graph.list([0, 0, 0, 0, 0, 0, 0, 1])]);
  const spread = graph.add('Gather', [padded, graph.list([...weights.places.values])], { axis: 3 });
  // [N, rows, columns, C, u, v] -> v becomes y, u becomes x
  const all = graph.add('Reshape', [spread, graph.list([0, 0, 0, channels, width, height])]);
  const down = graph.add('MatMul', [all, graph.weight('cosines', cosines(height))]);
  const turned = graph.add('Transpose', [down], { perm: [0, 3, 2, 1, 5, 4] });
  const both = graph.add('MatMul', [turned, graph.weight('cosines', cosines(width))]);
  // [N, C, columns, rows, y, x] -> [N, C, columns, x, H] -> [N, C, H, W]
  const apart = graph.add('Transpose', [both], { perm: [0, 1, 2, 5, 3, 4] });
  const rows = graph.add('Reshape', [apart, graph.list([0, 0, 0, 0, -1])]);
  const ordered = graph.add('Transpose', [rows], { perm: [0, 1, 4, 2, 3] });
  const images = graph.add('Reshape', [ordered, graph.list([0, 0, 0, -1])]);
  const colors = reshaped(weights.colors, [channels, channels, 1, 1]);
  const mixed = channels === 1 ? images : graph.add('Conv', [images, graph.weight('colors', colors)]);
  const isWhole = outputShape[0] % height === 0 && outputShape[1] % width === 0;
  return anySize || isWhole ? mixed : cutImages(graph, mixed, [0, outputShape[0]], [0, outputShape[1]]);
}

/** Pads images of one size with their mirror images to whole blocks. */
function extended(
  graph: OnnxGraph,
  value: string,
  [height, width]: readonly number[],
  block: readonly number[],
): string {
  const sizes = [height, width];
  return sizes.reduce((images, size, i) => {
    const whole = Math.ceil(size / block[i]) * block[i];
    if (whole === size) return images;
    const rows = Array.from({ length: whole }, (_, at) => Math.min(at % (2 * size), 2 * size - 1 - (at % (2 * size))));
    return graph.add('Gather', [images, graph.list(rows)], { axis: i + 2 });
  }, value);
}

/** Pads images of any size in the same way. */
export function extendAnySize(graph: OnnxGraph, value: string, block: readonly [number, number]): string {
  return [2, 3].reduce((images, axis) => {
    const size = graph.add('Gather', [graph.add('Shape', [images]), graph.integer(axis)]);
    const side = graph.integer(block[axis - 2]);
    const one = graph.integer(1);
    const count = graph.add('Div', [graph.add('Sub', [graph.add('Add', [size, side]), one]), side]);
    const all = graph.add('Range', [graph.integer(0), graph.add('Mul', [count, side]), one]);
    const twice = graph.add('Add', [size, size]);
    const forth = graph.add('Mod', [all, twice]);
    const back = graph.add('Sub', [graph.add('Sub', [twice, one]), forth]);
    return graph.add('Gather', [images, graph.add('Min', [forth, back])], { axis });
  }, value);
}
