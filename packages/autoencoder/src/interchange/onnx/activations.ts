import { unsupported } from '../layer-config';
import type { Conversion } from './conversion';
import type { OnnxGraph } from './onnx-graph';

type Activation = (graph: OnnxGraph, value: string, axis: number) => string;

const activations: Readonly<Record<string, Activation>> = {
  linear: (_graph, value) => value,
  relu: (graph, value) => graph.add('Relu', [value]),
  relu6: (graph, value) => graph.add('Clip', [value, graph.number(0), graph.number(6)]),
  sigmoid: (graph, value) => graph.add('Sigmoid', [value]),
  tanh: (graph, value) => graph.add('Tanh', [value]),
  elu: (graph, value) => graph.add('Elu', [value]),
  selu: (graph, value) => graph.add('Selu', [value]),
  softplus: (graph, value) => graph.add('Softplus', [value]),
  softsign: (graph, value) => graph.add('Softsign', [value]),
  softmax: (graph, value, axis) => graph.add('Softmax', [value], { axis }),
  hardSigmoid: (graph, value) => graph.add('HardSigmoid', [value], { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
  swish: (graph, value) => graph.add('Mul', [value, graph.add('Sigmoid', [value])]),
};

/** Adds the activation that a layer has, if any, to its result. */
export function activated(conversion: Conversion, value: string): string {
  const { graph, config, outputShape } = conversion;
  const name = config.activation ?? 'linear';
  if (!Object.hasOwn(activations, name)) {
    const known = Object.keys(activations).join(', ');
    throw unsupported(conversion, `has the activation ${name}, which is not exported`, `choose one of ${known}`);
  }
  return activations[name](graph, value, channelAxis(outputShape));
}

/** Returns the axis of channels or features in the graph. */
export function channelAxis(shape: readonly number[]): number {
  return shape.length === 3 ? 1 : shape.length;
}
