/** Reads the graph of a tf.LayersModel and finds the chains of layers that can be fused. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Chain } from './chain';
import { convGroup, convPoolGroup, convTransposeGroup, denseGroup, type Group, reshapeGroup } from './groups';

/** One use of a layer in the model. */
export interface Call {
  layer: layers.Layer;
  inputs: SymbolicTensor[];
  outputs: SymbolicTensor[];
}

/** A part of the plan: a chain that runs fused, from one tensor to another, or a layer that runs by itself. */
export type Part = (Chain & { input: SymbolicTensor; output: SymbolicTensor }) | Call;

/** Groups of calls, before they become chains. */
interface Match {
  group: Group;
  input: SymbolicTensor;
  output: SymbolicTensor;
  calls: Call[];
  /** The mask that it creates or needs. */
  makes?: SymbolicTensor;
  needs?: SymbolicTensor;
}

/** Returns the parts of a model in the order in which they run. */
export function planOf(model: LayersModel): Part[] {
  const calls = callsOf(model);
  const graph = new Graph(calls, model);
  // A mask must not leave the chain that creates it: if one would, its pool and its unpooling run by themselves.
  const separate = new Set<number>();
  for (;;) {
    const { parts, stray } = partition(calls, graph, separate);
    if (stray.length === 0) return parts;
    for (const mask of stray) separate.add(mask.id);
  }
}

/** Lists the uses of layers that lead from the model's input to its outputs, inputs first. */
function callsOf(model: LayersModel): Call[] {
  const calls: Call[] = [];
  const seen = new Set<unknown>();
  const visit = (tensor: SymbolicTensor) => {
    const node = tensor.sourceLayer.inboundNodes[tensor.nodeIndex];
    if (!node || seen.has(node)) return;
    seen.add(node);
    if (model.inputs.some((input) => input.id === tensor.id)) return;
    for (const input of node.inputTensors) visit(input);
    calls.push({ layer: tensor.sourceLayer, inputs: node.inputTensors, outputs: node.outputTensors });
  };
  for (const output of model.outputs) visit(output);
  return calls;
}

/** Which calls use which tensors. */
class Graph {
  private readonly users = new Map<number, Call[]>();
  private readonly results: Set<number>;

  constructor(calls: readonly Call[], model: LayersModel) {
    for (const call of calls) {
      for (const input of call.inputs) this.users.set(input.id, [...(this.users.get(input.id) ?? []), call]);
    }
    this.results = new Set(model.outputs.map((output) => output.id));
  }

  /** Lists the calls that use a tensor. */
  usersOf(tensor: SymbolicTensor): readonly Call[] {
    return this.users.get(tensor.id) ?? [];
  }

  /** Says whether the model returns this tensor. */
  isResult(tensor: SymbolicTensor): boolean {
    return this.results.has(tensor.id);
  }

  /** Returns the call that uses a tensor, if it is the only one. */
  onlyUserOf(tensor: SymbolicTensor | undefined): Call | undefined {
    if (!tensor || this.isResult(tensor)) return undefined;
    const users = this.usersOf(tensor);
    return users.length === 1 ? users[0] : undefined;
  }
}

/** Combines calls to groups and groups to chains. `stray`: masks that would leave their chain. */
function partition(
  calls: readonly Call[],
  graph: Graph,
  separate: ReadonlySet<number>,
): { parts: Part[]; stray: SymbolicTensor[] } {
  const parts: Part[] = [];
  const taken = new Set<Call>();
  const stray: SymbolicTensor[] = [];
  for (const call of calls) {
    if (taken.has(call)) continue;
    const chain: Match[] = [];
    for (let match = matchAt(call, graph, separate); match; ) {
      chain.push(match);
      const next = graph.onlyUserOf(match.output);
      match = next && matchAt(next, graph, separate);
    }
    const [first, last] = [chain[0], chain.at(-1)];
    if (!first || !last) {
      parts.push(call);
      continue;
    }
    for (const match of chain) for (const member of match.calls) taken.add(member);
    const made = chain.flatMap(({ makes }) => makes ?? []);
    const needed = chain.flatMap(({ needs }) => needs ?? []);
    const inside = (user: Call) => chain.some((match) => match.calls.includes(user));
    stray.push(...made.filter((mask) => graph.isResult(mask) || !graph.usersOf(mask).every(inside)));
    stray.push(...needed.filter((mask) => !made.some(({ id }) => id === mask.id)));
    const groups = chain.map(({ group }) => group);
    const sum = sumAfter(first, last, graph);
    if (sum) taken.add(sum);
    parts.push({ groups, residual: sum !== undefined, input: first.input, output: sum?.outputs[0] ?? last.output });
  }
  return { parts, stray };
}

/** Finds the layer that adds the input of a chain only to its output, if the groups at both ends support that. */
function sumAfter(first: Match, last: Match, graph: Graph): Call | undefined {
  const sum = graph.onlyUserOf(last.output);
  const canAdd = first.group.adds === 'input gradient' && last.group.adds === 'output';
  if (!canAdd || sum?.layer.getClassName() !== 'Add' || sum.inputs.length !== 2) return undefined;
  return sum.inputs.some(({ id }) => id === first.input.id) ? sum : undefined;
}

/** Finds the group that starts with a call, if there is one. */
function matchAt(call: Call, graph: Graph, separate: ReadonlySet<number>): Match | undefined {
  switch (call.layer.getClassName()) {
    case 'Conv2D':
      return matchConv(call, graph, separate);
    case 'Conv2DTranspose':
      return matchConvTranspose(call, graph);
    case 'MaxUnpooling2D':
      return matchUnpool(call, graph, separate);
    case 'Dense':
      return matchDense(call, graph);
    case 'Flatten':
    case 'Reshape':
      return matchReshape(call);
    default:
      return undefined;
  }
}

/** The relevant parts of a layer's configuration. */
interface Config {
  strides: [number, number];
  padding: 'valid' | 'same';
  dilationRate: number | [number, number];
  dataFormat: string;
  activation: string;
  filters: number;
}

function configOf({ layer }: Call): Config {
  return layer.getConfig() as unknown as Config;
}

const weightsOf = (call: Call) => () => call.layer.weights.map((weight) => weight.read() as Variable);

/** Finds a layer's own ReLU, or the ReLU layer after it; undefined for another activation, which is not supported here. */
function matchRelu(call: Call, graph: Graph): { relu: boolean; output: SymbolicTensor; calls: Call[] } | undefined {
  const { activation } = configOf(call);
  const output = call.outputs[0] as SymbolicTensor;
  if (activation === 'relu') return { relu: true, output, calls: [call] };
  if (activation !== 'linear') return undefined;
  const next = graph.onlyUserOf(output);
  if (!next || !isRelu(next.layer)) return { relu: false, output, calls: [call] };
  return { relu: true, output: next.outputs[0] as SymbolicTensor, calls: [call, next] };
}

function isRelu(layer: layers.Layer): boolean {
  const config = layer.getConfig();
  if (layer.getClassName() === 'Activation') return config.activation === 'relu';
  return layer.getClassName() === 'ReLU' && (config.maxValue === null || config.maxValue === undefined);
}

function matchConv(call: Call, graph: Graph, separate: ReadonlySet<number>): Match | undefined {
  const { strides, padding, dilationRate, dataFormat } = configOf(call);
  const finished = matchRelu(call, graph);
  const input = call.inputs[0] as SymbolicTensor;
  if (!finished || dataFormat === 'channelsFirst') return undefined;
  const dilations: [number, number] = Array.isArray(dilationRate) ? dilationRate : [dilationRate, dilationRate];
  const attrs = { strides, pad: padding, dilations, relu: finished.relu };
  const pool = graph.onlyUserOf(finished.output);
  const mask = pool?.outputs[1];
  if (pool && mask && isPoolOf2x2(pool.layer) && !separate.has(mask.id)) {
    const group = convPoolGroup(weightsOf(call), attrs, mask.id);
    return { group, input, output: pool.outputs[0] as SymbolicTensor, calls: [...finished.calls, pool], makes: mask };
  }
  return { group: convGroup(weightsOf(call), attrs), input, ...finished };
}

/** Tells whether a layer is max-pooling with indices over 2 x 2 windows side by side, without padding. */
function isPoolOf2x2(layer: layers.Layer): boolean {
  if (layer.getClassName() !== 'MaxPoolingWithIndices2D') return false;
  const { poolSize, strides, padding } = layer.getConfig();
  const twice = (size: unknown) => JSON.stringify(size) === '[2,2]';
  return twice(poolSize) && twice(strides) && ['"valid"', '[[0,0],[0,0]]'].includes(JSON.stringify(padding));
}

function matchConvTranspose(call: Call, graph: Graph): Match | undefined {
  const { strides, padding, dataFormat, filters } = configOf(call);
  const finished = matchRelu(call, graph);
  if (!finished || dataFormat === 'channelsFirst') return undefined;
  const group = convTransposeGroup(weightsOf(call), { strides, pad: padding, filters, relu: finished.relu });
  return { group, input: call.inputs[0] as SymbolicTensor, ...finished };
}

/** Matches an unpooling and the transposed convolution after it. */
function matchUnpool(call: Call, graph: Graph, separate: ReadonlySet<number>): Match | undefined {
  const [input, mask] = call.inputs as [SymbolicTensor, SymbolicTensor];
  const next = graph.onlyUserOf(call.outputs[0]);
  const config = call.layer.getConfig();
  if (next?.layer.getClassName() !== 'Conv2DTranspose' || config.mask !== 'strict' || separate.has(mask.id))
    return undefined;
  const transposed = matchConvTranspose(next, graph);
  if (!transposed) return undefined;
  const { strides, padding, filters } = configOf(next);
  const unpooledSize = config.outputSize as [number, number];
  const attrs = { strides, pad: padding, filters, unpooledSize, relu: transposed.group.relu };
  const group = convTransposeGroup(weightsOf(next), attrs, mask.id);
  return { group, input, output: transposed.output, calls: [call, ...transposed.calls], needs: mask };
}

function matchDense(call: Call, graph: Graph): Match | undefined {
  const input = call.inputs[0] as SymbolicTensor;
  const finished = matchRelu(call, graph);
  if (!finished || input.shape.length < 2) return undefined;
  return { group: denseGroup(weightsOf(call), finished.relu), input, ...finished };
}

function matchReshape(call: Call): Match | undefined {
  const [input, output] = [call.inputs[0], call.outputs[0]] as [SymbolicTensor, SymbolicTensor];
  const [from, to] = [input.shape.slice(1), output.shape.slice(1)];
  if ([...from, ...to].some((size) => size === null) || configOf(call).dataFormat === 'channelsFirst') return undefined;
  return { group: reshapeGroup(from as number[], to as number[]), input, output, calls: [call] };
}

/** Runs a layer by itself on tensors. */
export function runLayer({ layer }: Call, inputs: Tensor[], training: boolean): Tensor[] {
  const outputs = layer.apply(inputs.length === 1 ? (inputs[0] as Tensor) : inputs, { training }) as Tensor | Tensor[];
  return Array.isArray(outputs) ? outputs : [outputs];
}
