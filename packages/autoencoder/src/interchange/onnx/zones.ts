/** Zonal codes, of vectors or of each position of an image. */
import type { Weight } from '../weights';
import type { Conversion } from './conversion';
import type { OnnxGraph } from './onnx-graph';
import { elementTypes } from './protobuf';
import { channelsFirst, channelsLast } from './shapes';

/** `[..., C]` -> `[..., numbers]`: the zone that keeps most, and its values. */
export function convertZones({ graph, weights, inputs, inputShape, outputShape }: Conversion): string {
  const { positions, means } = weights;
  const [size] = means.shape;
  const rows = channelsLast(graph, inputs[0], inputShape);
  const deviations = graph.add('Sub', [rows, graph.weight('means', means)]);
  const squares = graph.add('Mul', [deviations, deviations]);
  const kept = graph.add('MatMul', [squares, graph.weight('zones', membership(positions, size))]);
  const zone = graph.add('ArgMax', [kept], { axis: -1 });
  const index = graph.add('Cast', [zone], { to: elementTypes.float32 });
  const first = graph.add('Div', [index, graph.number(positions.shape[0])]);
  const indices = graph.weight('positions', inRange(positions, size), 'int64');
  const values = gather(graph, deviations, inputShape.length, indices, withoutLast(graph, zone));
  return channelsFirst(graph, graph.add('Concat', [first, values], { axis: -1 }), outputShape);
}

/** `[..., numbers]` -> `[..., C]`: the values in their places, and means elsewhere. */
export function convertInverseZones({ graph, weights, inputs, inputShape, outputShape }: Conversion): string {
  const { positions, means } = weights;
  const [zones, size] = positions.shape;
  const code = channelsLast(graph, inputs[0], inputShape);
  const part = (from: number, to: number) =>
    graph.add('Slice', [code, graph.list([from]), graph.list([to]), graph.list([-1])]);
  const index = graph.add('Round', [graph.add('Mul', [part(0, 1), graph.number(zones)])]);
  // What is not above 0, such as NaN, is 0.
  const isAbove = graph.add('Greater', [index, graph.number(0)]);
  const atLeast = graph.add('Where', [isAbove, index, graph.number(0)]);
  const limited = graph.add('Min', [atLeast, graph.number(zones - 1)]);
  const zone = graph.add('Cast', [limited], { to: elementTypes.int64 });
  const places = graph.weight('places', placesOf(positions, means.shape[0]), 'int64');
  const spread = gather(graph, part(1, 1 + size), inputShape.length, places, withoutLast(graph, zone));
  return channelsFirst(graph, graph.add('Add', [spread, graph.weight('means', means)]), outputShape);
}

/** Gathers values `[..., S]` by the row of a table that each position's zone has; `S` in the table stands for 0. */
function gather(graph: OnnxGraph, values: string, rank: number, table: string, zone: string): string {
  const pads = [...new Array<number>(2 * rank + 1).fill(0), 1];
  const padded = graph.add('Pad', [values, graph.list(pads)]);
  return graph.add('GatherElements', [padded, graph.add('Gather', [table, zone])], { axis: -1 });
}

function withoutLast(graph: OnnxGraph, value: string): string {
  return graph.add('Squeeze', [value, graph.list([-1])]);
}

/** Replaces positions outside of rows of a size by that size. */
function inRange({ shape, values }: Weight, size: number): Weight {
  return { shape, values: values.map((at) => (at >= 0 && at < size ? Math.trunc(at) : size)) };
}

/** `[size, Z]`: 1 for values that a zone keeps, 0 for others. */
function membership(positions: Weight, size: number): Weight {
  const [zones, kept] = positions.shape;
  const values = new Float32Array(size * zones);
  for (const [i, at] of inRange(positions, size).values.entries()) {
    if (at < size) values[at * zones + Math.floor(i / kept)]++;
  }
  return { shape: [size, zones], values };
}

/** Inverts positions: `[Z, size]`, the place of each value among the S that a zone keeps, or S. */
function placesOf(positions: Weight, size: number): Weight {
  const [zones, kept] = positions.shape;
  const values = new Float32Array(zones * size).fill(kept);
  for (const [i, at] of inRange(positions, size).values.entries()) {
    if (at < size) values[Math.floor(i / kept) * size + at] = i % kept;
  }
  return { shape: [zones, size], values };
}
