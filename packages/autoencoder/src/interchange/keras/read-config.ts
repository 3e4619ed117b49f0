/** Converts layer descriptions of Keras 3 to those of TensorFlow.js, which are those of Keras 2. */
import { camelCased } from '../../network/saved-model/json-document';
import { isNetwork, type LayerEntry, type LayerFields, unknownLayer } from '../layers-model/topology';

/** A layer of config.json, with fields in camel case. */
interface KerasEntry extends LayerEntry {
  readonly registeredName?: unknown;
}

/** Fields that do not affect what a layer computes: how weights are initialized, and what only Keras knows. */
const leftOut =
  /(Initializer|^dtype|^synchronized|^renorm.*|^sharedObjectId|^optional|^ragged|^sparse|^groups|^outputPadding|^lora.*|^quantization.*|^threshold|^keepdims|^batchShape)$/;

/** Fields that must have the only value that exists here. */
const fixed: Readonly<Record<string, readonly unknown[]>> = {
  groups: [1],
  dataFormat: ['channels_last', 'channelsLast'],
  outputPadding: [null],
  activityRegularizer: [null],
  renorm: [false],
  interpolation: ['nearest'],
  threshold: [0],
  keepdims: [false],
};

/** Converts a network and its nested networks. Throws MODEL_INVALID, naming the layer. */
export function convertNetwork(file: string, entry: LayerEntry): LayerEntry {
  const { layers, inputLayers, outputLayers, name } = entry.config as LayerFields & { layers?: unknown };
  const converted = (Array.isArray(layers) ? (layers as KerasEntry[]) : []).map((layer) => convertLayer(file, layer));
  const ends =
    entry.className === 'Sequential' ? {} : { inputLayers: listed(inputLayers), outputLayers: listed(outputLayers) };
  return { className: entry.className, config: { name, layers: converted, ...ends } };
}

/** A single connection is not in its own list. */
function listed(ends: unknown): unknown {
  return Array.isArray(ends) && typeof ends[0] === 'string' ? [ends] : ends;
}

function convertLayer(file: string, layer: KerasEntry): LayerEntry {
  const connected = layer.inboundNodes === undefined ? {} : { name: layer.name, inboundNodes: nodesOf(file, layer) };
  if (isNetwork(layer)) {
    const { className, config } = convertNetwork(file, layer);
    return { className, config: { ...config, name: layer.config.name }, ...connected };
  }
  return { className: layer.className, config: fieldsOf(file, layer), ...connected };
}

function fieldsOf(file: string, layer: KerasEntry): LayerFields {
  const { config, className } = layer;
  for (const [field, allowed] of Object.entries(fixed)) {
    if (config[field] === undefined || allowed.includes(config[field])) continue;
    throw unknownLayer(file, layer, `whose ${field} ${JSON.stringify(config[field])} has no counterpart here`);
  }
  const entries = Object.entries(config).filter(([field]) => !leftOut.test(field));
  const fields: Record<string, unknown> = Object.fromEntries(
    entries.map(([field, value]) => [field, convertValue(file, layer, field, value)]),
  );
  if (config.batchShape !== undefined) fields.batchInputShape = config.batchShape;
  if (className === 'LeakyReLU') {
    const { negativeSlope, ...rest } = fields;
    return { ...rest, alpha: negativeSlope };
  }
  if (className === 'ReLU') {
    const { negativeSlope, ...rest } = fields;
    if (negativeSlope) throw unknownLayer(file, layer, `whose negativeSlope ${negativeSlope} has no counterpart here`);
    return rest;
  }
  return fields;
}

function convertValue(file: string, layer: KerasEntry, field: string, value: unknown): unknown {
  if (field === 'activation') return activationOf(file, layer, value);
  const { className, config } = (value ?? {}) as Partial<LayerEntry>;
  if (className === undefined) return value;
  // L1, L2 and both together are one class here.
  if (/^L1|^L2/.test(className)) return { className: 'L1L2', config: { l1: config?.l1 ?? 0, l2: config?.l2 ?? 0 } };
  return { className, config };
}

function activationOf(file: string, layer: KerasEntry, value: unknown): unknown {
  const name = typeof value === 'string' ? value : ((value as { config?: unknown } | null)?.config ?? value);
  if (name === null || name === undefined) return 'linear';
  if (name === 'silu') return 'swish';
  // Keras 3 has a different one under that name.
  if (typeof name === 'string' && name !== 'hardSigmoid' && name !== 'hard_sigmoid') return name;
  throw unknownLayer(file, layer, `whose activation ${JSON.stringify(name)} has no counterpart here`);
}

/** `{ args: [tensor or list of tensors], kwargs }` -> `[[name, node, tensor, {}], ...]`. */
function nodesOf(file: string, layer: KerasEntry): unknown[] {
  const nodes = Array.isArray(layer.inboundNodes) ? layer.inboundNodes : [];
  return nodes.map((node: { args?: unknown[]; kwargs?: Record<string, unknown> }) => {
    const tensors = (node?.args ?? []).flat() as { className?: string; config?: { kerasHistory?: unknown[] } }[];
    const stray = Object.entries(node?.kwargs ?? {}).find(([key, value]) => value !== null && key !== 'training');
    const histories = tensors.map((tensor) => tensor?.config?.kerasHistory);
    if (stray || !histories.every(Array.isArray))
      throw unknownLayer(file, layer, 'which is called with more than its inputs');
    return histories.map((history) => [...(history as unknown[]), {}]);
  });
}

/** Reads config.json with fields in camel case; layer names in connections are left unchanged. */
export function camelCasedConfig(json: unknown): LayerEntry {
  return camelCased(json) as LayerEntry;
}
