import { Autoencoder } from '../../autoencoder/autoencoder';
import type { AutoencoderOptions } from '../../autoencoder/autoencoder-options';
import { AutoencoderError, checkKeys, checkText } from '../../errors/errors';
import { invalidFile } from '../../files/model-file';
import { asLoaded, assignValues } from '../imported-layers';
import { networkOfDescription } from '../network-description';
import { type ReadTensor, readSafetensors, type SafetensorsFile } from '../safetensors';
import { torchTensorsOf } from './describe-pytorch';
import { fromTorch, type TorchTensor } from './torch-tensors';

/** What a file of PyTorch may not say about its network. */
export interface PyTorchImportOptions {
  /** The options of `new Autoencoder` for the network, if the file does not describe it. */
  readonly network?: AutoencoderOptions;
}

/** Prefixes that PyTorch's wrappers add to all names: data-parallel training, and torch.compile. */
const wrappers = ['module.', '_orig_mod.'];

/**
 * Reads a network from a safetensors file of PyTorch: one that `exportPyTorch` or `save` of its module wrote, or a `state_dict` of such a
 * module, whose network `options.network` then describes. Numbers of 16 and 64 bits become float32. Throws MODEL_NOT_FOUND, and
 * MODEL_INVALID if names or shapes are not those of the network.
 */
export async function importPyTorch(file: string, options: PyTorchImportOptions = {}): Promise<Autoencoder> {
  checkText('importPyTorch, file', file);
  checkKeys('importPyTorch', options, ['network']);
  const found = await readSafetensors(file);
  const autoencoder = await emptyNetwork(file, found, options.network);
  try {
    fillNetwork(autoencoder, file, found.tensors);
    return options.network ? await asLoaded(autoencoder) : autoencoder;
  } catch (error) {
    autoencoder.dispose();
    throw error;
  }
}

async function emptyNetwork(
  file: string,
  { metadata, tensors }: SafetensorsFile,
  given: AutoencoderOptions | undefined,
): Promise<Autoencoder> {
  if (given) {
    const autoencoder = new Autoencoder(given);
    await autoencoder.initialize({ draw: false });
    return autoencoder;
  }
  const numbers = [...tensors.values()].reduce((sum, { values }) => sum + values.length, 0);
  const described = await networkOfDescription(metadata, file, numbers);
  if (described) return described;
  throw new AutoencoderError('MODEL_INVALID', {
    state: `${file} does not say which network its weights belong to`,
    todo: "pass it as 'network', or write the file with save() of the exported module",
  });
}

/** Gives a network the weights of a file. */
function fillNetwork(autoencoder: Autoencoder, file: string, found: ReadonlyMap<string, ReadTensor>): void {
  const tensors = withoutWrappers(found);
  const places = torchTensorsOf(autoencoder);
  checkNames(file, places, tensors);
  for (const place of places) {
    const values = readPlace(file, place, tensors.get(place.name));
    if (place.variable) assignValues(place.variable, fromTorch(place, values));
  }
}

function withoutWrappers(tensors: ReadonlyMap<string, ReadTensor>): ReadonlyMap<string, ReadTensor> {
  const wrapper = wrappers.find((start) => [...tensors.keys()].every((name) => name.startsWith(start)));
  if (wrapper === undefined || tensors.size === 0) return tensors;
  return withoutWrappers(new Map([...tensors].map(([name, tensor]) => [name.slice(wrapper.length), tensor])));
}

function checkNames(file: string, places: readonly TorchTensor[], tensors: ReadonlyMap<string, ReadTensor>): void {
  const known = new Set(places.map(({ name }) => name));
  // The number of batches that a batch normalization was trained with, which nothing here depends on.
  const strange = [...tensors.keys()].find((name) => !known.has(name) && !name.endsWith('.num_batches_tracked'));
  if (strange === undefined) return;
  const problem = `expected tensors of the network's layers, received ${JSON.stringify(strange)}, which no layer has`;
  throw invalidFile(file, problem);
}

function readPlace(file: string, { name, shape, constant, variable }: TorchTensor, found?: ReadTensor): Float32Array {
  const received = found ? `one of [${found.shape.join(', ')}]` : 'none';
  if (!found || String(found.shape) !== String(shape)) {
    throw invalidFile(
      file,
      `expected the tensor ${JSON.stringify(name)} of [${shape.join(', ')}], received ${received}`,
    );
  }
  const wrong = found.values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw invalidFile(file, `the tensor ${JSON.stringify(name)} contains ${wrong}`);
  if (!variable && found.values.some((value) => value !== constant)) {
    throw invalidFile(
      file,
      `expected the tensor ${JSON.stringify(name)} to be ${constant} everywhere, as in its layer`,
    );
  }
  return found.values;
}
