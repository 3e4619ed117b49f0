import path from 'node:path';
import type { Autoencoder } from '../../autoencoder/autoencoder';
import { checkKeys, checkText, invalidOption } from '../../errors/errors';
import { writeTextAtomically } from '../../files/atomic-file';
import { weightsOf } from '../../network/named-variables';
import { checkFinite } from '../../network/not-finite';
import { checkAutoencoder } from '../check-autoencoder';
import { assertFree } from '../foreign-file';
import { writeSafetensors } from '../safetensors';
import { describePyTorch } from './describe-pytorch';

/** Options of `exportPyTorch`. */
export interface PyTorchOptions {
  /** Whether to overwrite existing files. Default false. */
  readonly overwrite?: boolean;
}

/**
 * Writes a network for PyTorch: its weights to `file`, a safetensors file with PyTorch's names and layouts, and next to it a module with
 * the same name and `.py`, which depends only on torch and whose path is returned. The module's `forward`, `encode` and `decode` work in
 * the network's units; `reconstruct` takes images from 0 to 255, red first.
 *
 * Throws INVALID_OPTION for a layer without an equivalent in PyTorch, naming it; OUTPUT_EXISTS; WEIGHTS_NOT_FINITE.
 */
export async function exportPyTorch(
  autoencoder: Autoencoder,
  file: string,
  options: PyTorchOptions = {},
): Promise<string> {
  checkAutoencoder('exportPyTorch', autoencoder);
  checkText('exportPyTorch, file', file);
  checkKeys('exportPyTorch', options, ['overwrite']);
  if (!file.endsWith('.safetensors'))
    throw invalidOption('exportPyTorch, file', 'a name that ends in .safetensors', file);
  const module = moduleFile(file);
  if (!options.overwrite) for (const each of [file, module]) await assertFree(each);
  await checkFinite('exportPyTorch', weightsOf(autoencoder.model), 'train or load it again; nothing was written');
  const { source, tensors, metadata } = await describePyTorch(autoencoder, path.basename(file));
  await writeSafetensors(file, tensors, metadata);
  await writeTextAtomically(module, source);
  return module;
}

/** Returns the name of the module, which Python must be able to import. */
function moduleFile(file: string): string {
  const name = path
    .basename(file, '.safetensors')
    .replace(/\W/g, '_')
    .replace(/^(?=\d)/, '_');
  return path.join(path.dirname(file), `${name || 'model'}.py`);
}
