import type { Autoencoder } from '../../autoencoder/autoencoder';
import type { PixelFormat } from '../../data/pixels';
import { checkKeys } from '../../errors/errors';
import { invalidFile } from '../../files/model-file';
import { readGroup } from '../../network/model-folder';
import { joined } from '../../network/saved-model/half-floats';
import { camelCased, maxJsonBytes, parseJson } from '../../network/saved-model/json-document';
import { type LoadPlace, openModelFiles, topologyFile } from '../../network/saved-model/model-files';
import { Place } from '../../network/saved-model/place';
import { checkManifest } from '../../network/saved-model/weights-manifest';
import { adoptModel } from './adopt-model';
import { isNetwork, type LayerEntry } from './topology';

/** What a LayersModel does not say about its network. */
export interface TfjsImportOptions {
  /** The conversion of pixels. Default: bytes divided by 255, red first. */
  readonly pixels?: Partial<PixelFormat>;
}

/**
 * Reads a LayersModel of TensorFlow.js that another program saved or converted: a folder with model.json and weight files, or anything else
 * that `Autoencoder.load` accepts. It must map images to images of the same size. Throws MODEL_NOT_FOUND, and MODEL_INVALID for a model
 * that is damaged or has an unknown layer, naming it.
 */
export async function importTfjs(from: LoadPlace, options: TfjsImportOptions = {}): Promise<Autoencoder> {
  checkKeys('importTfjs', options, ['pixels']);
  const files = await openModelFiles(from);
  const file = files.nameOf(topologyFile);
  const place = new Place(file);
  const json = parseJson(await files.read(topologyFile, maxJsonBytes), place);
  const isGraph = json.format === 'graph-model' || (json.modelTopology as { node?: unknown } | undefined)?.node;
  if (isGraph) {
    throw invalidFile(file, 'it is a GraphModel, which has no layers anymore', 'convert the original to a LayersModel');
  }
  if (!json.modelTopology || !json.weightsManifest) {
    throw place.error('expected modelTopology and weightsManifest, which are missing');
  }
  const topology = camelCased(place.at('modelTopology').object(json.modelTopology)) as Record<string, unknown>;
  const network = (topology.modelConfig ?? topology) as LayerEntry;
  if (!isNetwork(network))
    throw place.at('modelTopology').unlike('a Sequential or Functional network', network.className);
  const groups = checkManifest(json.weightsManifest, place.at('weightsManifest'));
  const parts: Uint8Array[] = [];
  for (const group of groups) parts.push(await readGroup(group, files));
  const specs = groups.flatMap((group) => group.specs);
  return adoptModel({ file, network, specs, bytes: joined(parts) }, options.pixels);
}
