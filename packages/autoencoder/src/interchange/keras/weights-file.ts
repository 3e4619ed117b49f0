/** The weights of a Keras file: HDF5, with a group for each layer that numbers its weights in a group `vars`. */
import type { Group } from 'h5wasm';
import { AutoencoderError } from '../../errors/errors';
import { isMissingPackage } from '../../errors/missing-package';
import { invalidFile } from '../../files/model-file';
import type { Weight } from '../weights';

/** Reads the weights of layers. */
export interface WeightsReader {
  /** Returns the weights of a layer in order; `groups` is the path to it, such as `layers/dense_1`. */
  weightsOf(groups: string): Weight[];
  /** Returns the groups within a group, each with the layer name that it records. */
  layersAt(groups: string): ReadonlyMap<string, string | undefined>;
}

/** The path of all layers' groups: `layers`, or a longer one in files of the first versions. */
export const containers = ['layers', '_layer_checkpoint_dependencies'];

let opened = 0;

/** Loads the HDF5 library. It is large and needed only for Keras files, so users install it themselves. */
async function loadLibrary() {
  // Caught by the caller, so that bundlers accept pages that do not need it.
  try {
    return await import('h5wasm');
  } catch (cause) {
    if (!isMissingPackage(cause, 'h5wasm')) throw cause;
    const state = 'Keras stores weights as HDF5, which needs the package h5wasm, but that is not installed';
    const todo = 'run npm install h5wasm (with -g if this package was installed with -g)';
    throw new AutoencoderError('DEPENDENCY_MISSING', { state, todo }, { cause });
  }
}

/** Loads the library and makes it throw its errors, which it prints by default. Throws DEPENDENCY_MISSING. */
async function openLibrary() {
  const hdf5 = await loadLibrary();
  const module = await hdf5.ready;
  module.activate_throwing_error_handler();
  return { hdf5, FS: module.FS };
}

/** Opens HDF5 in memory, runs `work` on it, and closes it. Throws MODEL_INVALID. */
export async function readWeights<T>(file: string, bytes: Uint8Array, work: (reader: WeightsReader) => T): Promise<T> {
  const { hdf5, FS } = await openLibrary();
  const name = `/read-${opened++}.h5`;
  FS.writeFile(name, bytes);
  try {
    const root = new hdf5.File(name, 'r');
    try {
      return work(readerOf(file, root, bytes.length));
    } finally {
      root.close();
    }
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== undefined) throw cause;
    throw invalidFile(file, 'its weights are not a readable HDF5 file', undefined, cause);
  } finally {
    FS.unlink(name);
  }
}

function readerOf(file: string, root: Group, size: number): WeightsReader {
  // Uncompressed data takes at least as much space in the file as in memory.
  let room = size;
  const groupAt = (path: string) => {
    const found = root.get(path);
    return found && 'keys' in found ? (found as Group) : undefined;
  };
  return {
    weightsOf(groups) {
      const vars = groupAt(`${groups}/vars`);
      const keys = vars?.keys() ?? [];
      return keys.map((_, i) => {
        const dataset = vars?.get(String(i));
        if (!dataset || !('shape' in dataset) || !dataset.shape) {
          throw invalidFile(file, `its weights ${groups}/vars/${i} are missing`);
        }
        const shape = dataset.shape;
        room -= shape.reduce((product, each) => product * each, 4);
        if (room < 0) throw invalidFile(file, `its weights ${groups}/vars/${i} are larger than the file`);
        const { value } = dataset;
        if (!(value instanceof Float32Array || value instanceof Float64Array)) {
          throw invalidFile(file, `its weights ${groups}/vars/${i} are ${dataset.dtype}, not numbers of 32 or 64 bits`);
        }
        return { shape, values: Float32Array.from(value) };
      });
    },
    layersAt(groups) {
      const names = (groupAt(groups)?.keys() ?? []).map((key) => {
        const name = groupAt(`${groups}/${key}/vars`)?.attrs.name?.value;
        return [key, typeof name === 'string' ? name : undefined] as const;
      });
      return new Map(names);
    },
  };
}

/** A layer's group and its weights. */
export interface WrittenLayer {
  readonly group: string;
  readonly name: string;
  readonly weights: readonly Weight[];
}

/** Returns the bytes of a file of weights. */
export async function encodeWeights(layers: readonly WrittenLayer[]): Promise<Uint8Array> {
  const { hdf5, FS } = await openLibrary();
  const name = `/write-${opened++}.h5`;
  try {
    const root = new hdf5.File(name, 'w');
    const all = root.create_group('layers');
    root.create_group('vars');
    for (const layer of layers) {
      const vars = all.create_group(layer.group).create_group('vars');
      vars.create_attribute('name', layer.name);
      for (const [i, { shape, values }] of layer.weights.entries()) {
        vars.create_dataset({ name: String(i), data: values, shape: [...shape], dtype: '<f4' });
      }
    }
    root.close();
    return FS.readFile(name);
  } finally {
    FS.unlink(name);
  }
}
