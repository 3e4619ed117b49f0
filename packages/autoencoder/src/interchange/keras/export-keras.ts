import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Autoencoder } from '../../autoencoder/autoencoder';
import { checkKeys, checkText, invalidOption } from '../../errors/errors';
import { writeFileAtomically } from '../../files/atomic-file';
import { weightsOf } from '../../network/named-variables';
import { checkFinite } from '../../network/not-finite';
import { metadataKey } from '../../network/saved-model/metadata';
import { checkAutoencoder } from '../check-autoencoder';
import { assertFree } from '../foreign-file';
import { type CutNetwork, cutNetwork, type Step } from '../network-plan';
import { readWeights as readLayerWeights, type Weight, weightName } from '../weights';
import { groupNames } from './group-names';
import { configFile, encodeKerasFile, metadataFile, weightsFile } from './keras-file';
import { type KerasLayer, kerasLayer } from './layer-table';
import { encodeWeights } from './weights-file';

/** Options of `exportKeras`. */
export interface KerasOptions {
  /** Whether to overwrite an existing file. Default false. */
  readonly overwrite?: boolean;
}

/** The version of Keras that files name as their format's. */
const kerasVersion = '3.0.0';

/**
 * Writes a network as a file of Keras 3 (.keras), which works in the network's units on `[N, H, W, C]`. Keras has no max-unpooling and no
 * block transforms, so presets mirror, torch7 and transform cannot be written. Throws INVALID_OPTION for a layer without an equivalent in
 * Keras, naming it; OUTPUT_EXISTS; WEIGHTS_NOT_FINITE.
 */
export async function exportKeras(autoencoder: Autoencoder, file: string, options: KerasOptions = {}): Promise<void> {
  checkAutoencoder('exportKeras', autoencoder);
  checkText('exportKeras, file', file);
  checkKeys('exportKeras', options, ['overwrite']);
  if (!file.endsWith('.keras')) throw invalidOption('exportKeras, file', 'a name that ends in .keras', file);
  if (!options.overwrite) await assertFree(file);
  await checkFinite('exportKeras', weightsOf(autoencoder.model), 'train or load it again; nothing was written');
  const writer = new KerasWriter(cutNetwork(autoencoder.model));
  const metadata = {
    keras_version: kerasVersion,
    date_saved: new Date().toISOString(),
    [metadataKey]: { version: 1, pixels: autoencoder.pixels },
  };
  const weights = await writer.weights();
  const bytes = encodeKerasFile({
    [metadataFile]: jsonBytes(metadata),
    [configFile]: jsonBytes(writer.config),
    [weightsFile]: weights,
  });
  await writeFileAtomically(file, (handle) => handle.writeFile(bytes));
}

function jsonBytes(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A layer, its application, and its name in Keras. */
interface WrittenStep extends KerasLayer {
  readonly step: Step;
  readonly name: string;
}

class KerasWriter {
  readonly #cut: CutNetwork;
  readonly #steps: readonly WrittenStep[];
  /** The layer that computes each tensor. */
  readonly #makers = new Map<SymbolicTensor, string>();

  constructor(cut: CutNetwork) {
    this.#cut = cut;
    const { steps, inputs } = cut.network;
    const used = new Set(steps.flatMap((step) => step.inputs));
    this.#makers.set(inputs[0], 'images');
    this.#steps = steps.map((step) => {
      const { layer, outputs } = step;
      const name = layer.name.replaceAll('/', '_');
      this.#makers.set(outputs[0], name);
      return { step, name, ...kerasLayer(step, outputs.length > 1 && used.has(outputs[1])) };
    });
  }

  get config(): object {
    const { inputs, outputs } = this.#cut.network;
    const input = {
      ...entryOf('InputLayer', 'images', { batch_shape: inputs[0].shape, dtype: 'float32' }),
      inbound_nodes: [],
    };
    const layers = this.#steps.map(({ className, name, config, step }) => ({
      ...entryOf(className, name, config),
      build_config: { input_shape: shapesOf(step.inputs) },
      inbound_nodes: [{ args: this.#argumentsOf(step), kwargs: {} }],
    }));
    const config = {
      name: 'autoencoder',
      trainable: true,
      layers: [input, ...layers],
      input_layers: [['images', 0, 0]],
      output_layers: [[this.#makers.get(outputs[0]), 0, 0]],
    };
    return { module: 'keras.src.models.functional', class_name: 'Functional', config, registered_name: 'Functional' };
  }

  async weights(): Promise<Uint8Array> {
    const groups = groupNames(['InputLayer', ...this.#steps.map(({ className }) => className)]);
    const written = [{ group: groups[0], name: 'images', weights: [] as Weight[] }];
    for (const [i, { step, name, weights }] of this.#steps.entries()) {
      const values = await readLayerWeights(step.layer);
      const names = weights ?? step.layer.weights.map(weightName);
      written.push({ group: groups[i + 1], name, weights: names.map((each) => values[each]) });
    }
    return encodeWeights(written);
  }

  #argumentsOf({ inputs }: Step): unknown[] {
    const tensors = inputs.map((input) => ({
      class_name: '__keras_tensor__',
      config: { shape: input.shape, dtype: 'float32', keras_history: [this.#makers.get(input), 0, 0] },
    }));
    return tensors.length === 1 ? tensors : [tensors];
  }
}

function entryOf(className: string, name: string, config: object) {
  return { module: 'keras.layers', class_name: className, config: { name, ...config }, registered_name: null, name };
}

function shapesOf(inputs: readonly SymbolicTensor[]): unknown {
  return inputs.length === 1 ? inputs[0].shape : inputs.map(({ shape }) => shape);
}
