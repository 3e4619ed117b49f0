/** A network as text that any file can contain: its layers, the shapes of its weights, and its conversion of pixels. */
import type * as tf from '@tensorflow/tfjs-core';
import { Autoencoder } from '../autoencoder/autoencoder';
import { AutoencoderError } from '../errors/errors';
import { weightsOf } from '../network/named-variables';
import { metadataKey } from '../network/saved-model/metadata';

/** The key of the description in the metadata of other formats. */
const descriptionKey = 'ae.network';

/** Describes a network. */
export function describeNetwork({ model, pixels }: Autoencoder): Readonly<Record<string, string>> {
  const weights = Object.entries(weightsOf(model)).map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
  const modelTopology = model.toJSON(undefined, false);
  const userDefinedMetadata = { [metadataKey]: { version: 1, pixels } };
  return { [descriptionKey]: JSON.stringify({ modelTopology, weights, userDefinedMetadata }) };
}

/**
 * Builds the network that `describeNetwork` described, with weights of 0; undefined if there is no description. Errors in it are
 * MODEL_INVALID of `file`. `numbers` is the maximum number of weights.
 */
export async function networkOfDescription(
  metadata: Readonly<Record<string, string>>,
  file: string,
  numbers: number,
): Promise<Autoencoder | undefined> {
  const text = Object.hasOwn(metadata, descriptionKey) ? metadata[descriptionKey] : undefined;
  if (text === undefined) return undefined;
  const name = `${file}: ${descriptionKey}`;
  const described = parse(text, name);
  const size = sizeOf(described.weights);
  if (size > numbers) {
    const state = `${name}: the description has ${size} weights, the file ${numbers} numbers`;
    throw new AutoencoderError('MODEL_INVALID', { state });
  }
  const { modelTopology, weights, userDefinedMetadata } = described;
  const weightsManifest = [{ paths: ['weights.bin'], weights }];
  const topology = JSON.stringify({ modelTopology, weightsManifest, userDefinedMetadata });
  return Autoencoder.load([
    { name: `${name}.json`, arrayBuffer: async () => new TextEncoder().encode(topology).buffer as ArrayBuffer },
    { name: 'weights.bin', arrayBuffer: async () => new ArrayBuffer(4 * size) },
  ]);
}

interface Description {
  readonly modelTopology?: unknown;
  readonly weights: readonly tf.io.WeightsManifestEntry[];
  readonly userDefinedMetadata?: unknown;
}

function parse(text: string, name: string): Description {
  try {
    const described = JSON.parse(text);
    if (typeof described === 'object' && described !== null) return described as Description;
  } catch {
    // Said below.
  }
  throw new AutoencoderError('MODEL_INVALID', { state: `${name} is not the JSON of a network` });
}

/** Counts weights; errors in their sizes are reported when the network is built. */
function sizeOf(weights: unknown): number {
  if (!Array.isArray(weights)) return 0;
  const sizes = weights.map((weight: { shape?: unknown } | null) => {
    const shape: unknown = weight?.shape;
    const count = Array.isArray(shape) ? shape.reduce((product: number, size) => product * Number(size), 1) : 0;
    return Number.isSafeInteger(count) && count > 0 ? count : 0;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}
