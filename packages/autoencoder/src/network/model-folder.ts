import { randomUUID } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolders } from '@ae/ground/make-folders';
import { rename } from '@ae/ground/rename';
import { type LayersError, splitModel } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { AutoencoderError } from '../errors/errors';
import { weightsOf } from './named-variables';
import type { NetworkParts } from './network';
import { checkFinite } from './not-finite';
import { codeLayerName } from './presets';
import { NetworkBuilder } from './saved-model/build-network';
import { fillWeights } from './saved-model/fill-weights';
import { halveWeights, joined } from './saved-model/half-floats';
import { camelCased, maxJsonBytes, parseJson } from './saved-model/json-document';
import { type ModelMetadata, metadataKey, readMetadata } from './saved-model/metadata';
import {
  bytesOf,
  type ModelFiles,
  type SavePlace,
  saveHandlerOf,
  topologyFile,
  weightsFile,
} from './saved-model/model-files';
import { Place } from './saved-model/place';
import { tryOut } from './saved-model/try-out';
import { checkManifest, checksumOf, decodeWeights, type WeightGroup } from './saved-model/weights-manifest';

export type { ModelMetadata } from './saved-model/metadata';

/** Options for saving a model. */
export interface SaveOptions {
  /** Replace an existing saved model. Default false. */
  readonly overwrite?: boolean;
  /**
   * Store weights as 32-bit floats, unchanged, or as 16-bit floats: half the size, and reconstructions differ by less than 0.05 dB. Default
   * 'float32'.
   */
  readonly weights?: 'float32' | 'float16';
}

/**
 * Writes the model in the format of TensorFlow.js: to a folder, through a temporary folder beside it, or wherever a handler of tf.io stores
 * it.
 */
export async function saveModel(
  model: LayersModel,
  metadata: ModelMetadata,
  place: SavePlace,
  { overwrite = false, weights = 'float32' }: SaveOptions = {},
): Promise<void> {
  const handler = saveHandlerOf(place);
  await checkFinite('save', weightsOf(model), 'train or load it again; nothing was written');
  const isHalf = weights === 'float16';
  if (handler) await saveByHandler(model, metadata, handler, isHalf);
  else await saveInFolder(model, metadata, path.resolve(place as string), { overwrite, isHalf });
}

/** The checksum of the weights is part of the metadata, which every handler keeps. */
async function saveByHandler(
  model: LayersModel,
  metadata: ModelMetadata,
  handler: Pick<tf.io.IOHandler, 'save'>,
  isHalf: boolean,
): Promise<void> {
  const save = async (artifacts: tf.io.ModelArtifacts) => {
    const { specs, bytes } = weightsIn(artifacts, isHalf);
    const userDefinedMetadata = { [metadataKey]: { ...metadata, crc32: checksumOf(bytes) } };
    const changed = { ...artifacts, weightSpecs: specs, weightData: bytes.buffer as ArrayBuffer, userDefinedMetadata };
    return (handler.save as tf.io.SaveHandler)(changed);
  };
  try {
    await model.save(tf.io.withSaveHandler(save));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
    throw new AutoencoderError('SAVE_FAILED', { state: `The network could not be saved (${reason})` }, { cause });
  }
}

function weightsIn({ weightData, weightSpecs = [] }: tf.io.ModelArtifacts, isHalf: boolean) {
  const bytes = bytesOf(weightData);
  return isHalf ? halveWeights(weightSpecs, bytes) : { specs: weightSpecs, bytes };
}

async function saveInFolder(
  model: LayersModel,
  metadata: ModelMetadata,
  target: string,
  { overwrite, isHalf }: { readonly overwrite: boolean; readonly isHalf: boolean },
): Promise<void> {
  await checkTarget(target, overwrite);
  const temporary = `${target}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    makeFolders(temporary);
    model.setUserDefinedMetadata({ [metadataKey]: metadata });
    await model.save(tf.io.withSaveHandler((artifacts) => writeArtifacts(artifacts, temporary, isHalf)));
    await replaceFolder(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

async function checkTarget(target: string, overwrite: boolean): Promise<void> {
  if (!(await exists(target))) return;
  if (overwrite && (await exists(path.join(target, topologyFile)))) return;
  const advice = overwrite
    ? 'it contains no saved model, so it is not overwritten; choose another folder'
    : 'choose another folder, or set overwrite';
  throw new AutoencoderError('OUTPUT_EXISTS', `${target} already exists; ${advice}.`);
}

/** What is renamed into place must be on the disk first. */
const onDisk = { flush: true };

async function writeArtifacts(
  artifacts: tf.io.ModelArtifacts,
  folder: string,
  isHalf: boolean,
): Promise<tf.io.SaveResult> {
  const { weightData: _, weightSpecs: __, ...rest } = artifacts;
  const { specs, bytes } = weightsIn(artifacts, isHalf);
  const group = { paths: [weightsFile], weights: specs, crc32: checksumOf(bytes) };
  await writeFile(path.join(folder, weightsFile), bytes, onDisk);
  await writeFile(path.join(folder, topologyFile), JSON.stringify({ ...rest, weightsManifest: [group] }), onDisk);
  return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
}

/** Moves `from` to `to`; what was there is moved aside first and removed last, so that one of the two is always complete. */
async function replaceFolder(from: string, to: string): Promise<void> {
  const aside = `${from}.old`;
  const replaced = await exists(to);
  if (replaced) await rename(to, aside);
  await rename(from, to);
  if (replaced) await rm(aside, { recursive: true, force: true });
}

/** A network that was read, whole and in its two halves. */
export interface LoadedModel extends NetworkParts {
  readonly metadata: ModelMetadata;
  /** Warnings about a network that can be used anyway, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Reads what `saveModel` wrote. The files are untrusted: everything in them is checked before TensorFlow.js sees it or memory is allocated
 * for it. Throws MODEL_NOT_FOUND, or MODEL_INVALID with the file, the position in it, what was expected and what was found.
 */
export async function loadModel(files: ModelFiles): Promise<LoadedModel> {
  const place = new Place(files.nameOf(topologyFile));
  const json = parseJson(await files.read(topologyFile, maxJsonBytes), place);
  if (!json.modelTopology || !json.weightsManifest) {
    throw place.error('expected modelTopology and weightsManifest, which are missing');
  }
  const { crc32, ...metadata } = readMetadata(json.userDefinedMetadata, place);
  const groups = checkManifest(json.weightsManifest, place.at('weightsManifest'), crc32);
  const stored: Uint8Array[] = [];
  for (const group of groups) stored.push(await readGroup(group, files));
  const topology = camelCased(place.at('modelTopology').object(json.modelTopology)) as Record<string, unknown>;
  const builder = new NetworkBuilder(groups.flatMap(({ specs }) => specs));
  const model = builder.build((topology.modelConfig as Record<string, unknown>) ?? topology, place.at('modelTopology'));
  try {
    const values = groups.map((group, i) => decodeWeights(group, stored[i], placeOf(group, files)));
    const warnings = fillWeights(weightsOf(model), Object.assign({}, ...values), place);
    model.setUserDefinedMetadata({ [metadataKey]: metadata });
    const parts = split(model, place);
    tryOut(model, place);
    return { ...parts, model, metadata, warnings };
  } catch (error) {
    builder.dispose();
    throw error;
  }
}

function split(model: LayersModel, place: Place): Omit<NetworkParts, 'model'> {
  const [inputs, outputs] = [model.inputs, model.outputs].map((tensors) => tensors.map(({ shape }) => shape.slice(1)));
  if (inputs.length !== 1 || outputs.length !== 1) {
    throw place.error(
      `expected a network with one input and one output, received ${inputs.length} and ${outputs.length}`,
    );
  }
  if (inputs[0].length !== 3 || String(inputs[0]) !== String(outputs[0])) {
    throw place.error(
      `expected a network from height x width x channels to the same, received one from ${inputs[0].join('x')} to ${outputs[0].join('x')}`,
    );
  }
  try {
    return splitModel(model, codeLayerName);
  } catch (cause) {
    throw place.error(reasonOf(cause as LayersError), cause);
  }
}

/** Returns why a network cannot be split, without the name of the function that reports it. */
function reasonOf({ state, expected, received, todo }: LayersError): string {
  return `${state ?? `expected ${expected}, received ${received}`}${todo ? `; ${todo}` : ''}`;
}

/** Reads the files of a group one after the other. */
export async function readGroup({ files, bytes }: WeightGroup, model: ModelFiles): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let room = bytes;
  for (const file of files) {
    const part = await model.read(file, room);
    room -= part.length;
    parts.push(part);
  }
  return parts.length === 1 ? parts[0] : joined(parts);
}

function placeOf({ files }: WeightGroup, model: ModelFiles): Place {
  return new Place(model.nameOf(files.length === 1 ? files[0] : ''));
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
