import { MaxPooling2D, MaxUnpooling2D } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, model, type Shape, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import { checkFields } from './layer-fields';
import { type GraphNode, type NetworkGraph, readGraph, readLayerClass, type Source } from './network-graph';
import type { Place } from './place';
import { watchWeights } from './watch-weights';
import type { WeightSpec } from './weights-manifest';

type Layer = layers.Layer;
type DescribedLayer = ReturnType<typeof readLayerClass>;

/** More numbers than any engine accepts in one tensor, for one image. */
const maxTensorSize = 2 ** 30;

const networkClasses = ['Model', 'Functional', 'Sequential'];
/** Fields that contain whole layers, in layers that wrap others. */
const wrappedFields = ['layer', 'backwardLayer', 'cell', 'cells'];

/**
 * Builds the network that an untrusted model.json describes, with weights of 0. Every layer is checked before it is created, its shapes
 * before it is connected, and its weights against the manifest before they are allocated. Throws MODEL_INVALID.
 */
export class NetworkBuilder {
  readonly #made: Layer[] = [];
  readonly #specs: ReadonlyMap<string, WeightSpec>;
  #room: number;

  constructor(specs: readonly WeightSpec[]) {
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
    this.#room = specs.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape), 0);
  }

  /** Builds the network of a topology with `className` and `config`; if that fails, nothing stays in memory. */
  build(topology: Record<string, unknown>, place: Place): LayersModel {
    try {
      const { className, config } = topology;
      if (!networkClasses.includes(className as string)) {
        throw place.at('class_name').unlike(networkClasses.map((name) => `"${name}"`).join(' or '), className);
      }
      return this.#buildNetwork(className as string, place.at('config').object(config), place.at('config'));
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Frees the weights of all layers that were created, including unconnected ones. */
  dispose(): void {
    for (const layer of this.#made) for (const weight of layer.weights) weight.dispose();
  }

  #buildNetwork(className: string, config: Record<string, unknown>, place: Place): LayersModel {
    if (className === 'Sequential') return this.#buildSequential(config, place);
    const graph = readGraph(config, place);
    const outputs = new Map<string, SymbolicTensor[][]>();
    const made = new Map<string, Layer>();
    for (const layer of graph.layers) {
      const instance = this.#makeLayer(layer);
      made.set(layer.name, instance);
      outputs.set(layer.name, layer.nodes.length > 0 ? [] : [inputOf(instance, layer.place)]);
    }
    const find = (source: Source, at: Place) => findTensor(source, outputs, at);
    for (const node of graph.order) {
      const inputs = node.sources.map((source, i) => find(source, node.place.at(i)));
      const connected = this.#connect(made.get(node.layer.name) as Layer, inputs, node);
      (outputs.get(node.layer.name) as SymbolicTensor[][])[node.layer.nodes.indexOf(node)] = connected;
    }
    return connectEnds(graph, find, place);
  }

  #buildSequential(config: Record<string, unknown>, place: Place): LayersModel {
    const chain = sequential(typeof config.name === 'string' ? { name: config.name } : {});
    for (const [i, entry] of place.at('layers').list(config.layers).entries()) {
      const described = readLayerClass(entry, place.at('layers').at(i));
      const layer = this.#makeLayer(described);
      const shape = chain.layers.length > 0 ? (chain.outputShape as Shape) : undefined;
      if (shape) checkShapes(outputShapes(layer, [shape], described.place), described.place);
      this.#watched(layer, described.place, () => chain.add(layer));
    }
    if (chain.layers.length === 0) throw place.at('layers').error('expected at least one layer, received none');
    attempt(place, () => chain.build());
    return chain;
  }

  #makeLayer({ className, config, place }: DescribedLayer): Layer {
    if (networkClasses.includes(className)) return this.#buildNetwork(className, config, place.at('config'));
    checkConfig(config, place.at('config'));
    const [cls, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap[className];
    if (!(cls.prototype instanceof layers.Layer)) throw place.at('class_name').unlike('a kind of layer', className);
    const layer = attempt(place, () => fromConfig(cls, config as tf.serialization.ConfigDict)) as Layer;
    this.#made.push(layer);
    return layer;
  }

  #connect(
    layer: Layer,
    inputs: SymbolicTensor[],
    { place, training, layer: { place: at } }: GraphNode,
  ): SymbolicTensor[] {
    checkMasks(layer, inputs, place);
    const shapes = inputs.map(({ shape }) => shape);
    checkShapes(outputShapes(layer, shapes, at), at);
    const call = training === undefined ? undefined : { training };
    const outputs = this.#watched(layer, at, () => layer.apply(inputs.length === 1 ? inputs[0] : inputs, call));
    const list = [outputs].flat() as SymbolicTensor[];
    checkShapes(
      list.map(({ shape }) => shape),
      at,
    );
    return list;
  }

  /** Runs code that may create weights of a layer, each of which must be in the manifest. */
  #watched<T>(layer: Layer, place: Place, work: () => T): T {
    const release = watchWeights(layer, (name, shape) => {
      const spec = this.#specs.get(`${layer.name}/${name}`);
      const size = tf.util.sizeFromShape(shape);
      this.#room -= size;
      if (!(spec && !tf.util.arraysEqual(spec.shape, shape)) && this.#room >= 0) return;
      const received = spec ? `one of ${formatShape(spec.shape)}` : 'none of that size';
      throw place.error(
        `expected the weight "${name}" of ${formatShape(shape)} in weightsManifest, received ${received}`,
      );
    });
    try {
      return attempt(place, work);
    } finally {
      release();
    }
  }
}

function checkConfig(config: Record<string, unknown>, place: Place): void {
  checkFields(config, place);
  for (const field of wrappedFields) {
    if (config[field] === undefined || config[field] === null) continue;
    for (const inner of [config[field]].flat()) {
      const { className, config: innerConfig, place: at } = readLayerClass(inner, place.at(field));
      if (networkClasses.includes(className)) throw at.error('expected a layer, received a whole network');
      checkConfig(innerConfig, at.at('config'));
    }
  }
}

/** Runs code of TensorFlow.js, whose errors describe its own internals rather than the file. */
function attempt<T>(place: Place, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'MODEL_INVALID') throw cause;
    throw place.error(
      `expected a layer that TensorFlow.js can create, received one that it cannot (${reasonOf(cause)})`,
      cause,
    );
  }
}

/** Returns what an error of TensorFlow.js says, as part of a sentence. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof TypeError || cause instanceof RangeError) return 'its configuration lacks something';
  const message = cause instanceof Error ? cause.message : String(cause);
  return message
    .replace(/^\[[a-z-]+\] /, '')
    .split(/\n|[.] This may be due/)[0]
    .slice(0, 300)
    .replace(/[.\s]+$/, '');
}

function inputOf(layer: Layer, place: Place): SymbolicTensor[] {
  const tensors = layer.inboundNodes[0]?.outputTensors ?? [];
  const shape = tensors[0]?.shape;
  if (!shape || shape[0] !== null || shape.length < 2) {
    throw place.at('config').at('batch_input_shape').unlike('[null, height, width, channels]', shape);
  }
  checkShapes([shape], place);
  return tensors;
}

function findTensor(
  { layer, node, tensor }: Source,
  outputs: Map<string, SymbolicTensor[][]>,
  place: Place,
): SymbolicTensor {
  const found = outputs.get(layer)?.[node];
  if (found && tensor < found.length) return found[tensor];
  throw place
    .at(2)
    .error(`expected one of the ${found?.length ?? 0} outputs of layer "${layer}", received number ${tensor}`);
}

/**
 * Masks of a pooling layer may only go to unpooling layers of the same size, and those accept nothing else: masks are positions in an
 * image.
 */
function checkMasks(layer: Layer, inputs: readonly SymbolicTensor[], place: Place): void {
  for (const [i, input] of inputs.entries()) {
    const wanted = layer instanceof MaxUnpooling2D && i === 1;
    const pool = input.sourceLayer;
    const isMask = pool instanceof MaxPooling2D && input.outputTensorIndex === 1;
    if (wanted !== isMask) {
      throw place
        .at(i)
        .error(
          wanted
            ? `expected the mask of a pooling layer, received an output of layer "${pool.name}"`
            : `expected values, received the mask of layer "${pool.name}", which only unpooling takes`,
        );
    }
    if (!wanted) continue;
    const size = attempt(place, () => (layer.getConfig() as { outputSize: number[] }).outputSize);
    const source = (pool as MaxPooling2D).inboundNodes[input.nodeIndex].inputTensors[0].shape.slice(1, 3);
    if (String(size) !== String(source)) {
      throw place.error(
        `expected an output_size of ${formatShape(source)}, the input size of pooling layer "${pool.name}", received ${formatShape(size)}`,
      );
    }
  }
}

/** Checks with a batch of one image: if the number is unknown, the standard Reshape does not compare sizes. */
function outputShapes(layer: Layer, inputs: readonly Shape[], place: Place): Shape[] {
  const single = inputs.map((shape): Shape => [1, ...shape.slice(1)]);
  const shapes = attempt(place, () => layer.computeOutputShape(single.length === 1 ? single[0] : single));
  return (Array.isArray(shapes[0]) ? shapes : [shapes]) as Shape[];
}

function checkShapes(shapes: readonly Shape[], place: Place): void {
  for (const shape of shapes) {
    if (!Array.isArray(shape)) throw place.error('expected an output of a known shape, received one without');
    const sizes = shape.slice(1);
    const count = sizes.reduce<number>((product, size) => product * (size ?? Number.NaN), 1);
    if (sizes.every((size) => Number.isInteger(size) && (size as number) >= 1) && count <= maxTensorSize) continue;
    throw place.error(
      `expected an output of at most ${maxTensorSize} numbers, each size of it at least 1, received ${formatShape(sizes)}`,
    );
  }
}

function connectEnds(
  graph: NetworkGraph,
  find: (source: Source, at: Place) => SymbolicTensor,
  place: Place,
): LayersModel {
  const tensorsOf = (sources: readonly Source[], file: string) =>
    sources.map((source, i) => find(source, place.at(file).at(i)));
  const inputs = tensorsOf(graph.inputs, 'input_layers');
  const wrong = inputs.findIndex(({ sourceLayer }) => sourceLayer.getClassName() !== 'InputLayer');
  if (wrong >= 0) throw place.at('input_layers').at(wrong).unlike('an InputLayer', graph.inputs[wrong].layer);
  const outputs = tensorsOf(graph.outputs, 'output_layers');
  return attempt(place, () => model({ inputs, outputs, ...(graph.name !== undefined && { name: graph.name }) }));
}

function formatShape(shape: readonly (number | null)[]): string {
  return shape.length === 0 ? 'a single number' : shape.map((size) => size ?? '?').join('x');
}
