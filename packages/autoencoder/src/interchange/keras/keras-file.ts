/** Files of Keras 3: a zip of config.json, metadata.json and weights as HDF5. */
import { unzipSync, zipSync } from 'fflate';
import { invalidFile, readModelFile } from '../../files/model-file';
import { maxJsonBytes } from '../../network/saved-model/json-document';

export const configFile = 'config.json';
export const metadataFile = 'metadata.json';
export const weightsFile = 'model.weights.h5';

/** Maximum sizes of the unpacked parts. */
const limits: Readonly<Record<string, number>> = {
  [configFile]: maxJsonBytes,
  [metadataFile]: maxJsonBytes,
  [weightsFile]: 2 ** 31 - 1,
};

/** The parts of a file. */
export interface KerasFile {
  readonly config: Uint8Array;
  readonly metadata: Uint8Array | undefined;
  readonly weights: Uint8Array;
}

/** Reads the parts of an untrusted file. Throws MODEL_NOT_FOUND, MODEL_INVALID. */
export async function readKerasFile(file: string): Promise<KerasFile> {
  const bytes = await readModelFile(file, 2 ** 32);
  const parts = unzip(file, bytes);
  const { [configFile]: config, [weightsFile]: weights, [metadataFile]: metadata } = parts;
  if (config && weights) return { config, metadata, weights };
  throw invalidFile(
    file,
    `it contains no ${config ? weightsFile : configFile}`,
    'save the network with Keras 3, as .keras',
  );
}

function unzip(file: string, bytes: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!Object.hasOwn(limits, name)) return false;
        if (originalSize <= limits[name]) return true;
        throw invalidFile(file, `its ${name} would have ${originalSize} bytes, more than the limit of ${limits[name]}`);
      },
    });
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'MODEL_INVALID') throw cause;
    const isHdf5 = bytes[0] === 0x89 && bytes[1] === 0x48;
    const todo = isHdf5 ? 'load a .h5 file in Keras and save it as .keras' : undefined;
    throw invalidFile(file, 'it is not a readable zip file, as Keras 3 files are', todo, cause);
  }
}

/** Returns the bytes of a file; like Keras, it stores the parts uncompressed. */
export function encodeKerasFile(parts: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return zipSync({ ...parts }, { level: 0 });
}
