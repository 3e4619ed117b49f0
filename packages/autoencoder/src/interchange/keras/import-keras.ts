import type * as tf from '@tensorflow/tfjs-core';
import type { Autoencoder } from '../../autoencoder/autoencoder';
import type { PixelFormat } from '../../data/pixels';
import { checkKeys, checkText } from '../../errors/errors';
import { joined } from '../../network/saved-model/half-floats';
import { parseJson } from '../../network/saved-model/json-document';
import { metadataKey } from '../../network/saved-model/metadata';
import { Place } from '../../network/saved-model/place';
import { adoptModel } from '../layers-model/adopt-model';
import { checkClasses, isNetwork, type LayerEntry, layersIn, nameOf, unknownLayer } from '../layers-model/topology';
import { groupNames } from './group-names';
import { configFile, metadataFile, readKerasFile } from './keras-file';
import { camelCasedConfig, convertNetwork } from './read-config';
import { weightNamesOf } from './weight-names';
import { containers, readWeights, type WeightsReader } from './weights-file';

/** What a Keras file may not say about its network. */
export interface KerasImportOptions {
  /** The conversion of pixels. Default: what exportKeras recorded, or bytes divided by 255, red first. */
  readonly pixels?: Partial<PixelFormat>;
}

/** The weights of one layer, as model.json lists them. */
interface ListedWeights {
  readonly specs: tf.io.WeightsManifestEntry[];
  readonly parts: Uint8Array[];
}

/**
 * Reads a network from a file of Keras 3 (.keras), whichever backend wrote it. It must map images to images of the same size, channels
 * last. Throws MODEL_NOT_FOUND, and MODEL_INVALID for a file that is damaged or has an unknown layer, naming it.
 */
export async function importKeras(file: string, options: KerasImportOptions = {}): Promise<Autoencoder> {
  checkText('importKeras, file', file);
  checkKeys('importKeras', options, ['pixels']);
  const { config, metadata, weights } = await readKerasFile(file);
  const place = new Place(`${file}, ${configFile}`);
  const described = camelCasedConfig(parseJson(config, place));
  if (!isNetwork(described)) throw place.at('class_name').unlike('"Sequential" or "Functional"', described.className);
  const network = convertNetwork(file, described);
  checkClasses(file, network);
  const listed: ListedWeights = { specs: [], parts: [] };
  await readWeights(file, weights, (reader) => collect(file, network, reader, '', listed));
  const noted = metadata && notedPixels(metadata, file);
  const { specs, parts } = listed;
  return adoptModel({ file, network, specs, bytes: joined(parts) }, { ...noted, ...options.pixels });
}

/** Collects the weights of a network's layers, including those of nested networks. */
function collect(file: string, network: LayerEntry, reader: WeightsReader, above: string, to: ListedWeights): void {
  const container = containers.find((name) => reader.layersAt(`${above}${name}`).size > 0) ?? containers[0];
  const there = reader.layersAt(`${above}${container}`);
  // A Sequential does not count its input.
  const layers = layersIn(network).filter(
    ({ className }) => network.className !== 'Sequential' || className !== 'InputLayer',
  );
  const groups = groupNames(layers.map(({ className }) => className));
  for (const [i, layer] of layers.entries()) {
    const named = [...there].find(([, name]) => name === nameOf(layer))?.[0];
    const group = `${above}${container}/${named ?? groups[i]}`;
    if (isNetwork(layer)) collect(file, layer, reader, `${group}/`, to);
    else add(file, layer, reader, group, to);
  }
}

function add(
  file: string,
  layer: LayerEntry,
  reader: WeightsReader,
  group: string,
  { specs, parts }: ListedWeights,
): void {
  const names = weightNamesOf(layer);
  const weights = reader.weightsOf(group);
  if (weights.length !== names.length) {
    throw unknownLayer(file, layer, `and expected ${names.length} weights, received ${weights.length} (${group})`);
  }
  for (const [i, { shape, values }] of weights.entries()) {
    specs.push({ name: `${nameOf(layer)}/${names[i]}`, shape: [...shape], dtype: 'float32' });
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
}

/** Reads what exportKeras recorded about pixels. */
function notedPixels(bytes: Uint8Array, file: string): Partial<PixelFormat> {
  const noted = parseJson(bytes, new Place(`${file}, ${metadataFile}`))[metadataKey] as
    | { pixels?: unknown }
    | undefined;
  const { scale, channelOrder } = (noted?.pixels ?? {}) as Partial<PixelFormat>;
  const isScale = typeof scale === 'number' && scale > 0 && Number.isFinite(scale);
  const isOrder = channelOrder === 'rgb' || channelOrder === 'bgr';
  return { ...(isScale && { scale }), ...(isOrder && { channelOrder }) };
}
