/** The files of a saved model, wherever they are: in a folder, in a browser's storage, among files that a user chose, or in memory. */
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { AutoencoderError, invalidOption, inWords } from '../../errors/errors';
import { readModelFile } from '../../files/model-file';
import { joined } from './half-floats';
import { Place } from './place';

export const topologyFile = 'model.json';
export const weightsFile = 'weights.bin';

/** A named file in memory, such as a File that the user of a page chose. */
export interface NamedFile {
  readonly name: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Where `save` can write: to a folder, an address such as 'indexeddb://name', or a handler of tf.io. */
export type SavePlace = string | Pick<tf.io.IOHandler, 'save'>;

/** Where `load` can read: from any of those, or from the files themselves. */
export type LoadPlace = string | Pick<tf.io.IOHandler, 'load'> | Iterable<NamedFile> | ArrayLike<NamedFile>;

/** Reads the files of a model by name. */
export interface ModelFiles {
  /** Returns the name of a file in errors. */
  nameOf(file: string): string;
  /** Throws MODEL_NOT_FOUND, or MODEL_INVALID if it is too large or not a file. */
  read(file: string, maxBytes: number): Promise<Uint8Array>;
}

const addresses = /^(indexeddb|localstorage|downloads):\/\//;

/** Returns the handler for an address or an object, or undefined for a folder. Throws INVALID_OPTION. */
export function saveHandlerOf(place: SavePlace): Pick<tf.io.IOHandler, 'save'> | undefined {
  if (typeof place !== 'string') {
    if (typeof place?.save === 'function') return place;
    throw invalidOption('save, place', "a folder, 'indexeddb://name', or a handler of tf.io", place);
  }
  if (place === '') throw invalidOption('save, place', 'the name of a folder', place);
  return addresses.test(place) ? registered('save', place, tf.io.getSaveHandlers(place)) : undefined;
}

function registered<T>(where: string, place: string, [handler]: readonly T[]): T {
  if (handler) return handler;
  throw invalidOption(`${where}, place`, 'an address that exists here', place, "a browser's address needs a browser");
}

/** Opens a model, wherever it is. Throws INVALID_OPTION, MODEL_NOT_FOUND. */
export async function openModelFiles(place: LoadPlace): Promise<ModelFiles> {
  if (typeof place === 'string' && place !== '') {
    if (!addresses.test(place)) return folderFiles(place);
    return handlerFiles(registered('load', place, tf.io.getLoadHandlers(place)), place);
  }
  const { load } = (place ?? {}) as Partial<tf.io.IOHandler>;
  if (typeof load === 'function') return handlerFiles(place as tf.io.IOHandler, 'the model');
  const isList = typeof place === 'object' && place !== null && (Symbol.iterator in place || 'length' in place);
  const files = isList ? Array.from(place as Iterable<NamedFile>) : [];
  const areFiles = files.every((file) => typeof file?.name === 'string' && typeof file.arrayBuffer === 'function');
  if (files.length > 0 && areFiles) return chosenFiles(files);
  const expected = "a folder, an address such as 'indexeddb://name', a handler of tf.io, or the files of a model";
  throw invalidOption('load, place', expected, place);
}

function folderFiles(folder: string): ModelFiles {
  const advice = 'name the folder that save() or ae train wrote';
  const nameOf = (file: string) => path.join(folder, file);
  return { nameOf, read: (file, maxBytes) => readModelFile(nameOf(file), maxBytes, advice) };
}

/** Presents what a handler of tf.io loads as the files that `save` would have written. */
async function handlerFiles(handler: Pick<tf.io.IOHandler, 'load'>, name: string): Promise<ModelFiles> {
  const artifacts = await handler.load?.().catch((cause: unknown) => {
    const state = `${name} could not be loaded (${cause instanceof Error ? cause.message.replace(/\.$/, '') : inWords(cause)})`;
    throw new AutoencoderError('MODEL_NOT_FOUND', { state, todo: 'name what save() wrote' }, { cause });
  });
  const { weightData, weightSpecs, ...rest } = (artifacts ?? {}) as tf.io.ModelArtifacts;
  const manifest = weightSpecs && [{ paths: [weightsFile], weights: weightSpecs }];
  const contents: Record<string, Uint8Array> = {
    [topologyFile]: new TextEncoder().encode(JSON.stringify({ ...rest, weightsManifest: manifest })),
    [weightsFile]: bytesOf(weightData),
  };
  return { nameOf: (file) => `${name}, ${file}`, read: async (file) => contents[file] };
}

/** Joins weights that are in one or several buffers. */
export function bytesOf(weightData: tf.io.WeightData | undefined): Uint8Array<ArrayBuffer> {
  return joined([weightData ?? []].flat().map((buffer) => new Uint8Array(buffer as ArrayBuffer)));
}

/** Files that a user chose: the one that ends in .json, and those that it names. */
function chosenFiles(files: readonly NamedFile[]): ModelFiles {
  const topology = files.find(({ name }) => name.endsWith('.json'));
  const nameOf = (file: string) => (file === topologyFile ? (topology?.name ?? file) : file.replace(/^\.\//, ''));
  return {
    nameOf,
    read: async (file, maxBytes) => {
      const name = nameOf(file);
      const found = files.find((each) => each.name === name);
      if (!found) {
        const names = files.map((each) => each.name).join(', ');
        throw new AutoencoderError('MODEL_NOT_FOUND', {
          state: `${name} is missing from the files (${names})`,
          todo: 'add it',
        });
      }
      const bytes = new Uint8Array(await found.arrayBuffer());
      if (bytes.length <= maxBytes) return bytes;
      throw new Place(name).error(`the file has ${bytes.length} bytes, more than the limit of ${maxBytes}`);
    },
  };
}
