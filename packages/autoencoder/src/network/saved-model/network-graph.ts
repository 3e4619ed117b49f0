import { isRegistered } from './layer-fields';
import type { Place } from './place';

/** One output of one application of a layer. */
export interface Source {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}

/** One application of a layer to the outputs of others. */
export interface GraphNode {
  readonly layer: GraphLayer;
  readonly sources: readonly Source[];
  readonly training?: boolean;
  readonly place: Place;
}

/** A layer as model.json describes it. */
export interface GraphLayer {
  readonly name: string;
  readonly className: string;
  /** With field names as in the classes of tf.layers. */
  readonly config: Record<string, unknown>;
  readonly nodes: GraphNode[];
  readonly place: Place;
}

/** A network as model.json describes it. */
export interface NetworkGraph {
  readonly name?: string;
  readonly layers: readonly GraphLayer[];
  /** Each after those it depends on. */
  readonly order: readonly GraphNode[];
  readonly inputs: readonly Source[];
  readonly outputs: readonly Source[];
}

const maxLayers = 2000;
const maxNodes = 10_000;
/** The names that tf.layers accepts. */
const layerName = /^[A-Za-z0-9][-A-Za-z0-9._/]*$/;

/** Checks that layers lead from inputs to outputs without cycles, and orders them. Throws MODEL_INVALID. */
export function readGraph(config: Record<string, unknown>, place: Place): NetworkGraph {
  const layers = new Map<string, GraphLayer>();
  const list = place.at('layers').list(config.layers, maxLayers);
  for (const [i, entry] of list.entries()) {
    const layer = readLayer(entry, place.at('layers').at(i));
    if (layers.has(layer.name))
      throw layer.place.error(`expected names of layers that differ, received "${layer.name}" twice`);
    layers.set(layer.name, layer);
  }
  const all = [...layers.values()];
  const ends = (key: 'inputLayers' | 'outputLayers', file: string) => {
    const sources = place.at(file).list(config[key], maxLayers);
    if (sources.length === 0) throw place.at(file).error('expected at least one layer, received none');
    return sources.map((source, i) => readSource(source, layers, place.at(file).at(i)));
  };
  for (const { nodes } of all) {
    for (const node of nodes)
      for (const [i, source] of node.sources.entries()) checkSource(source, layers, node.place.at(i));
  }
  return {
    name: config.name === undefined ? undefined : readName(config.name, place.at('name')),
    layers: all,
    order: putInOrder(all, place),
    inputs: ends('inputLayers', 'input_layers'),
    outputs: ends('outputLayers', 'output_layers'),
  };
}

/** Reads the class and the configuration of a layer, without its connections. */
export function readLayerClass(value: unknown, place: Place): Omit<GraphLayer, 'nodes'> {
  const entry = place.object(value);
  const className = place.at('class_name').text(entry.className);
  if (!isRegistered(className)) {
    throw place
      .at('class_name')
      .error(
        `expected a layer that TensorFlow.js knows, received ${JSON.stringify(className)}; register its class before loading`,
      );
  }
  const config = place.at('config').object(entry.config);
  const name = readName(entry.name ?? config.name, place.at('name'));
  if (config.name !== undefined && config.name !== name) {
    throw place
      .at('config')
      .at('name')
      .unlike(`the layer's name ${JSON.stringify(name)}`, config.name);
  }
  return { name, className, config: { ...config, name }, place };
}

function readLayer(value: unknown, place: Place): GraphLayer {
  const layer: GraphLayer = { ...readLayerClass(value, place), nodes: [] };
  const nodes = place.at('inbound_nodes').list(place.object(value).inboundNodes, maxNodes);
  for (const [i, node] of nodes.entries()) layer.nodes.push(readNode(node, layer, place.at('inbound_nodes').at(i)));
  const isInput = layer.className === 'InputLayer';
  if (isInput !== (nodes.length === 0)) {
    const expected = isInput ? 'none for an input layer' : 'at least one for a layer that is no input';
    throw place.at('inbound_nodes').error(`expected ${expected}, received ${nodes.length}`);
  }
  return layer;
}

function readName(value: unknown, place: Place): string {
  const name = place.text(value, 200);
  if (layerName.test(name)) return name;
  throw place.unlike('letters, digits and - . _ /, beginning with a letter or digit', name);
}

function readNode(value: unknown, layer: GraphLayer, place: Place): GraphNode {
  const entries = place.list(value, maxNodes);
  if (entries.length === 0) throw place.error('expected at least one input, received none');
  let training: boolean | undefined;
  const sources = entries.map((entry, i) => {
    const [name, node, tensor, call] = place.at(i).list(entry, 4);
    training = readCall(call, place.at(i).at(3)) ?? training;
    return indicesOf(name, node, tensor, place.at(i));
  });
  return { layer, sources, training, place };
}

/** Reads the arguments of a layer's call other than its inputs. */
function readCall(value: unknown, place: Place): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  const { training, ...others } = place.object(value);
  const [other] = Object.keys(others);
  if (other !== undefined) throw place.error(`expected no argument but "training", received ${JSON.stringify(other)}`);
  if (training === undefined || training === null) return undefined;
  if (typeof training !== 'boolean') throw place.at('training').unlike('true or false', training);
  return training;
}

function indicesOf(name: unknown, node: unknown, tensor: unknown, place: Place): Source {
  return {
    layer: place.at(0).text(name),
    node: place.at(1).integer(node, 0, maxNodes),
    tensor: place.at(2).integer(tensor, 0, maxNodes),
  };
}

function readSource(value: unknown, layers: ReadonlyMap<string, GraphLayer>, place: Place): Source {
  const [name, node, tensor] = place.list(value, 4);
  const source = indicesOf(name, node, tensor, place);
  checkSource(source, layers, place);
  return source;
}

function checkSource({ layer, node }: Source, layers: ReadonlyMap<string, GraphLayer>, place: Place): void {
  const found = layers.get(layer);
  if (!found)
    throw place.error(`expected a layer of the network, received ${JSON.stringify(layer)}, which it does not have`);
  const count = Math.max(1, found.nodes.length);
  if (node < count) return;
  throw place.error(`expected one of the ${count} applications of layer "${layer}", received number ${node}`);
}

/** Orders nodes so that each comes after those it depends on (Kahn, 1962). */
function putInOrder(layers: readonly GraphLayer[], place: Place): GraphNode[] {
  const nodes = layers.flatMap((layer) => layer.nodes);
  if (nodes.length > maxNodes) throw place.error(`expected at most ${maxNodes} connections, received ${nodes.length}`);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const before = new Map(nodes.map((node) => [node, dependencies(node, byName)]));
  const waiting = new Map(nodes.map((node) => [node, before.get(node)?.size ?? 0]));
  const followers = new Map<GraphNode, GraphNode[]>(nodes.map((node) => [node, []]));
  for (const [node, others] of before) for (const other of others) followers.get(other)?.push(node);
  const order = nodes.filter((node) => waiting.get(node) === 0);
  for (const node of order) {
    for (const follower of followers.get(node) ?? []) {
      const left = (waiting.get(follower) ?? 0) - 1;
      waiting.set(follower, left);
      if (left === 0) order.push(follower);
    }
  }
  if (order.length === nodes.length) return order;
  const done = new Set(order);
  const stuck = findCycle(nodes.filter((node) => !done.has(node))[0], (node) => {
    return [...(before.get(node) ?? [])].find((other) => !done.has(other)) ?? node;
  });
  throw stuck.place.error(
    `expected layers that lead from the input to the output, received a cycle: layer "${stuck.layer.name}" depends on its own output`,
  );
}

/** Follows the dependencies from a node until one repeats. */
function findCycle(start: GraphNode, next: (node: GraphNode) => GraphNode): GraphNode {
  const seen = new Set<GraphNode>();
  let node = start;
  for (; !seen.has(node); node = next(node)) seen.add(node);
  return node;
}

function dependencies({ sources }: GraphNode, layers: ReadonlyMap<string, GraphLayer>): Set<GraphNode> {
  return new Set(sources.flatMap(({ layer, node }) => layers.get(layer)?.nodes[node] ?? []));
}
