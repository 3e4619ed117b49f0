/** The description of a network in TensorFlow.js's model.json, with fields in camel case, as its classes have them. */
import { AutoencoderError } from '../../errors/errors';
import { isRegistered } from '../../network/saved-model/layer-fields';

/** A layer or a network: its class, its configuration and, within a graph, its name and connections. */
export interface LayerEntry {
  readonly className: string;
  readonly config: LayerFields;
  readonly name?: string;
  readonly inboundNodes?: unknown;
}

export type LayerFields = Readonly<Record<string, unknown>>;

const networkClasses = ['Model', 'Functional', 'Sequential'];

export function isNetwork({ className }: LayerEntry): boolean {
  return networkClasses.includes(className);
}

/** Returns the layers of a network; in old files, a Sequential has them in place of its configuration. */
export function layersIn({ config }: LayerEntry): readonly LayerEntry[] {
  const list: unknown = Array.isArray(config) ? config : config?.layers;
  return Array.isArray(list) ? list.filter(isEntry) : [];
}

function isEntry(value: unknown): value is LayerEntry {
  const { className, config } = (value ?? {}) as Partial<LayerEntry>;
  return typeof className === 'string' && typeof config === 'object' && config !== null;
}

export function nameOf({ name, config }: LayerEntry): string {
  return String(name ?? config.name);
}

/** Throws INVALID_OPTION, naming the layer, for a class that TensorFlow.js does not know. */
export function checkClasses(file: string, entry: LayerEntry): void {
  for (const layer of layersIn(entry)) {
    if (isNetwork(layer)) checkClasses(file, layer);
    else if (!isRegistered(layer.className)) {
      throw unknownLayer(file, layer, 'which TensorFlow.js does not know', 'register its class first');
    }
  }
}

/** Makes the error for a layer that does not exist here. */
export function unknownLayer(file: string, layer: LayerEntry, why: string, todo?: string): AutoencoderError {
  const state = `${file}: layer "${nameOf(layer)}" is of class ${JSON.stringify(layer.className)}, ${why}`;
  return new AutoencoderError('MODEL_INVALID', { state, ...(todo && { todo }) });
}

/**
 * Returns the layers of a network that is a chain, with nested networks expanded in place; undefined for any other network. Inputs are left
 * out except the first.
 */
export function chainOf(entry: LayerEntry): readonly LayerEntry[] | undefined {
  const own = entry.className === 'Sequential' ? layersIn(entry) : inOrder(entry);
  if (!own) return undefined;
  const all: LayerEntry[] = [];
  for (const [i, layer] of own.entries()) {
    const inner = isNetwork(layer) ? chainOf(layer) : [layer];
    if (!inner) return undefined;
    all.push(...(i === 0 ? inner : inner.filter(({ className }) => className !== 'InputLayer')));
  }
  const names = new Set(all.map(nameOf));
  return names.size === all.length ? all.map(withoutShape) : undefined;
}

/** The input of all layers but the first follows from the layer before. */
function withoutShape({ className, config }: LayerEntry, i: number): LayerEntry {
  if (i === 0) return { className, config };
  const { batchInputShape: _, inputShape: __, ...rest } = config;
  return { className, config: rest };
}

/** Returns the layers of a graph in order if each has the one before as its only input. */
function inOrder(entry: LayerEntry): readonly LayerEntry[] | undefined {
  const layers = layersIn(entry);
  const first = layers.filter(({ className }) => className === 'InputLayer');
  if (first.length !== 1) return undefined;
  const after = new Map<string, LayerEntry>();
  for (const layer of layers) {
    if (layer === first[0]) continue;
    const source = onlySource(layer);
    if (source === undefined || after.has(source)) return undefined;
    after.set(source, layer);
  }
  const order = [...first];
  for (let next = after.get(nameOf(first[0])); next && order.length < layers.length; next = after.get(nameOf(next)))
    order.push(next);
  return order.length === layers.length ? order : undefined;
}

/** Returns the layer that is the only input of a layer: `[[[name, 0, 0, {}]]]`. */
function onlySource({ inboundNodes }: LayerEntry): string | undefined {
  const nodes = inboundNodes as [name: string, node: number, tensor: number][][] | undefined;
  if (!Array.isArray(nodes) || nodes.length !== 1 || !Array.isArray(nodes[0]) || nodes[0].length !== 1)
    return undefined;
  const [name, node, tensor] = nodes[0][0] ?? [];
  return node === 0 && tensor === 0 ? name : undefined;
}

/** Renames a layer of a network, including the connections to it. */
export function renamed(entry: LayerEntry, from: string, to: string): LayerEntry {
  const swap = (value: unknown): unknown => {
    if (!Array.isArray(value)) return value;
    return value[0] === from ? [to, ...value.slice(1)] : value.map(swap);
  };
  const layers = layersIn(entry).map((layer) => {
    const isIt = nameOf(layer) === from;
    const config = isIt ? { ...layer.config, name: to } : layer.config;
    const name = layer.name === undefined ? {} : { name: isIt ? to : layer.name };
    return {
      ...layer,
      ...name,
      config,
      ...(layer.inboundNodes !== undefined && { inboundNodes: swap(layer.inboundNodes) }),
    };
  });
  const { inputLayers, outputLayers } = entry.config;
  const ends = {
    ...(inputLayers !== undefined && { inputLayers: swap(inputLayers), outputLayers: swap(outputLayers) }),
  };
  return { className: entry.className, config: { ...entry.config, layers, ...ends } };
}
