import { unsupported } from '../layer-config';
import { reshaped, type Weight } from '../weights';
import { channelAxis } from './activations';
import type { Conversion } from './conversion';

/** Normalizes with the means and variances that training has collected. */
export function convertBatchNormalization(conversion: Conversion): string {
  const { graph, inputs, weights, inputShape, config } = conversion;
  const { epsilon = 1e-3 } = config;
  checkAxis(conversion);
  const size = inputShape[inputShape.length - 1];
  const all = (value: number): Weight => ({ shape: [size], values: new Float32Array(size).fill(value) });
  const scale = graph.weight('weight', weights.gamma ?? all(1));
  const bias = graph.weight('bias', weights.beta ?? all(0));
  const mean = graph.weight('running_mean', weights.moving_mean);
  const variance = graph.weight('running_var', weights.moving_variance);
  if (channelAxis(inputShape) !== 1) {
    throw unsupported(conversion, 'has a two-dimensional input', 'normalize features or images');
  }
  return graph.add('BatchNormalization', [inputs[0], scale, bias, mean, variance], { epsilon: { float: epsilon } });
}

/**
 * Normalizes the channels or features of each position with their own mean and variance. It consists of several operators, because there is
 * a single one only from opset 17 on, and that one uses the last axes, which are not the channels.
 */
export function convertLayerNormalization(conversion: Conversion): string {
  const { graph, inputs, weights, inputShape, config } = conversion;
  checkAxis(conversion);
  const size = inputShape[inputShape.length - 1];
  const axes = graph.list([channelAxis(inputShape)]);
  const meanOf = (value: string) => graph.add('Div', [graph.add('ReduceSum', [value, axes]), graph.number(size)]);
  const deviations = graph.add('Sub', [inputs[0], meanOf(inputs[0])]);
  const variance = meanOf(graph.add('Mul', [deviations, deviations]));
  const deviation = graph.add('Sqrt', [graph.add('Add', [variance, graph.number(config.epsilon ?? 1e-3)])]);
  const byChannel = (weight: Weight) => (inputShape.length === 3 ? reshaped(weight, [size, 1, 1]) : weight);
  let result = graph.add('Div', [deviations, deviation]);
  if (weights.gamma) result = graph.add('Mul', [result, graph.weight('weight', byChannel(weights.gamma))]);
  if (weights.beta) result = graph.add('Add', [result, graph.weight('bias', byChannel(weights.beta))]);
  return result;
}

function checkAxis(conversion: Conversion): void {
  const { axis = -1 } = conversion.config;
  // A layer that has been built has a list of them.
  const axes: number[] = [axis].flat();
  if (axes.length === 1 && [-1, conversion.inputShape.length].includes(axes[0])) return;
  throw unsupported(
    conversion,
    `normalizes along axis ${axes.join(', ')}`,
    'normalize along the last one, the channels',
  );
}
