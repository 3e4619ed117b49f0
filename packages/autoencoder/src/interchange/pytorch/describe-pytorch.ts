import type { Autoencoder } from '../../autoencoder/autoencoder';
import { describeNetwork } from '../network-description';
import { cutNetwork, wholeBlocks } from '../network-plan';
import type { SafetensorsTensor } from '../safetensors';
import { moduleSource } from './module-source';
import { type Program, writeProgram } from './program-writer';
import { type TorchTensor, toTorch } from './torch-tensors';

/** A network in PyTorch's form. */
export interface PyTorchNetwork {
  /** model.py: a module that depends only on torch, with `load` and `save` for its weights. */
  readonly source: string;
  /** Its state, with PyTorch's names and layouts. */
  readonly tensors: readonly SafetensorsTensor[];
  /** A description of the network, for the metadata of the file, from which importPyTorch rebuilds it. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Which tensor corresponds to which weight here. */
  readonly places: readonly TorchTensor[];
}

/**
 * Converts a network to a PyTorch module with its weights. `weightsFile` is the name of the weights file in the module's example. Throws
 * INVALID_OPTION for a layer without an equivalent in PyTorch, naming it.
 */
export async function describePyTorch(
  autoencoder: Autoencoder,
  weightsFile = 'model.safetensors',
): Promise<PyTorchNetwork> {
  const { inputShape, codeSize, pixels } = autoencoder;
  const { cut, block, program } = programOf(autoencoder);
  const source = moduleSource(program, cut, { inputShape, codeSize, pixels, block, weightsFile });
  const tensors: SafetensorsTensor[] = [];
  for (const place of program.tensors) {
    const { values } = await toTorch(place);
    tensors.push({ name: place.name, type: place.type, shape: place.shape, bytes: bytesOf(values, place.type) });
  }
  return { source, tensors, metadata: { format: 'pt', ...describeNetwork(autoencoder) }, places: program.tensors };
}

/** Returns the correspondence between PyTorch's tensors and a network's weights. */
export function torchTensorsOf(autoencoder: Autoencoder): readonly TorchTensor[] {
  return programOf(autoencoder).program.tensors;
}

function programOf(autoencoder: Autoencoder) {
  const cut = cutNetwork(autoencoder.model);
  const block = wholeBlocks(autoencoder, cut);
  const program: Program = writeProgram(cut, block !== undefined);
  return { cut, block, program };
}

function bytesOf(values: Float32Array, type: TorchTensor['type']): Uint8Array {
  const typed = type === 'I64' ? BigInt64Array.from(values, (value) => BigInt(value)) : values;
  return new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);
}
