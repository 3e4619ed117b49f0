import { type LayersError, splitModel } from '@ae/layers';
import type * as tf from '@tensorflow/tfjs-core';
import { Autoencoder } from '../../autoencoder/autoencoder';
import { type PixelFormat, resolvePixels } from '../../data/pixels';
import { invalidFile } from '../../files/model-file';
import { codeLayerName } from '../../network/presets';
import { NetworkBuilder } from '../../network/saved-model/build-network';
import { metadataKey } from '../../network/saved-model/metadata';
import { Place } from '../../network/saved-model/place';
import { chainOf, checkClasses, isNetwork, type LayerEntry, layersIn, nameOf, renamed } from './topology';

/** A network from another program: its layers, and their weights as model.json lists them. */
export interface ForeignModel {
  /** Its name in errors. */
  readonly file: string;
  readonly network: LayerEntry;
  readonly specs: readonly tf.io.WeightsManifestEntry[];
  /** In the order of `specs`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The most common conversion: bytes divided by 255, red first. */
export const usualPixels: PixelFormat = { scale: 1 / 255, channelOrder: 'rgb' };

/**
 * Makes an autoencoder from another program's network. A chain becomes a list of layers, with nested networks expanded in place. The code
 * is the output of the layer with that name, or else the smallest. Throws MODEL_INVALID.
 */
export async function adoptModel(
  { file, network, specs, bytes }: ForeignModel,
  pixels: Partial<PixelFormat> = {},
): Promise<Autoencoder> {
  checkClasses(file, network);
  const chain = chainOf(network);
  const flat: LayerEntry = chain
    ? { className: 'Sequential', config: { name: 'autoencoder', layers: chain } }
    : network;
  const code = findCode(file, flat, specs);
  const isWhole = layersIn(flat).some((layer) => nameOf(layer) === code && isNetwork(layer));
  const toCode = (name: string) =>
    !isWhole && name.startsWith(`${code}/`) ? `${codeLayerName}${name.slice(code.length)}` : name;
  const artifacts = {
    modelTopology: renamed(flat, code, codeLayerName),
    weightSpecs: specs.map((spec) => ({ ...spec, name: toCode(spec.name) })),
    weightData: bytes.buffer,
    userDefinedMetadata: { [metadataKey]: { version: 1, pixels: resolvePixels({ ...usualPixels, ...pixels }) } },
  };
  return Autoencoder.load({ load: async () => artifacts as unknown as tf.io.ModelArtifacts });
}

/** Returns the name of the layer whose output is the code. */
function findCode(file: string, network: LayerEntry, specs: readonly tf.io.WeightsManifestEntry[]): string {
  if (layersIn(network).some((layer) => nameOf(layer) === codeLayerName)) return codeLayerName;
  const builder = new NetworkBuilder(specs);
  // TensorFlow.js modifies its input.
  const model = builder.build(structuredClone(network) as unknown as Record<string, unknown>, new Place(file));
  try {
    return splitModel(model).codeLayerName;
  } catch (cause) {
    const { state, expected, received } = cause as LayersError;
    const reason = state ?? `expected ${expected}, received ${received}`;
    throw invalidFile(file, reason, `name the encoder's last layer "code"`, cause);
  } finally {
    builder.dispose();
  }
}
