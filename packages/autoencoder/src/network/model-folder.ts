import { randomUUID } from 'node:crypto';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type LayersError, splitModel } from '@ae/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { AutoencoderError } from '../errors';
import { makeFolder } from '../files/make-folder';
import { readRegularFile, UnfitFile } from '../files/regular-file';
import { weightsOf } from './named-variables';
import type { NetworkParts } from './network';
import { checkFinite } from './not-finite';
import { codeLayerName } from './presets';
import { NetworkBuilder } from './saved-model/build-network';
import { fillWeights } from './saved-model/fill-weights';
import { camelCased, maxJsonBytes, parseJson } from './saved-model/json-document';
import { type ModelMetadata, metadataKey, readMetadata } from './saved-model/metadata';
import { Place } from './saved-model/place';
import { tryOut } from './saved-model/try-out';
import { checkManifest, checksumOf, decodeWeights, type WeightGroup } from './saved-model/weights-manifest';

export type { ModelMetadata } from './saved-model/metadata';

const topologyFile = 'model.json';
const weightsFile = 'weights.bin';

/** Writes the model in tfjs' own format into `folder`, by way of a temporary folder beside it. */
export async function saveModel(
  model: LayersModel,
  metadata: ModelMetadata,
  folder: string,
  overwrite: boolean,
): Promise<void> {
  const target = path.resolve(folder);
  await checkFinite('save', weightsOf(model), 'train or load it again; nothing was written');
  await checkTarget(target, overwrite);
  const temporary = `${target}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    await makeFolder(temporary);
    model.setUserDefinedMetadata({ [metadataKey]: metadata });
    await model.save(tf.io.withSaveHandler((artifacts) => writeArtifacts(artifacts, temporary)));
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
    ? 'it contains no saved model, so it is not overwritten; name another folder'
    : 'name another folder, or set overwrite';
  throw new AutoencoderError('OUTPUT_EXISTS', `${target} already exists; ${advice}.`);
}

/** What is renamed into place must be on the disk before. */
const onDisk = { flush: true };

async function writeArtifacts(artifacts: tf.io.ModelArtifacts, folder: string): Promise<tf.io.SaveResult> {
  const { weightData, weightSpecs, ...rest } = artifacts;
  const buffers = [weightData ?? []].flat() as ArrayBuffer[];
  const weights = Buffer.concat(buffers.map((buffer) => Buffer.from(buffer)));
  const group = { paths: [weightsFile], weights: weightSpecs, crc32: checksumOf(weights) };
  await writeFile(path.join(folder, weightsFile), weights, onDisk);
  await writeFile(path.join(folder, topologyFile), JSON.stringify({ ...rest, weightsManifest: [group] }), onDisk);
  return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
}

/** Moves `from` to `to`; what stood there is moved aside first and removed last, so that one of the two is always whole. */
async function replaceFolder(from: string, to: string): Promise<void> {
  const aside = `${from}.old`;
  const replaced = await exists(to);
  if (replaced) await rename(to, aside);
  await rename(from, to);
  if (replaced) await rm(aside, { recursive: true, force: true });
}

/** A network that was read, whole and in its two parts. */
export interface LoadedModel extends NetworkParts {
  readonly metadata: ModelMetadata;
  /** What is odd about it though it can be used, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Reads what `saveModel` wrote. The files may be anybody's: everything in them is checked before TensorFlow.js sees it or memory is taken
 * for it. Throws MODEL_NOT_FOUND, or MODEL_INVALID with the file, the place in it, what was expected and what is there.
 */
export async function loadModel(folder: string): Promise<LoadedModel> {
  const file = path.join(folder, topologyFile);
  const place = new Place(file);
  const json = parseJson(await readModelFile(file, maxJsonBytes), place);
  if (!json.modelTopology || !json.weightsManifest) {
    throw place.error('expected modelTopology and weightsManifest, which are missing');
  }
  const metadata = readMetadata(json.userDefinedMetadata, place);
  const groups = checkManifest(json.weightsManifest, place.at('weightsManifest'));
  const stored: Uint8Array[] = [];
  for (const group of groups) stored.push(await readGroup(group, folder));
  const topology = camelCased(place.at('modelTopology').object(json.modelTopology)) as Record<string, unknown>;
  const builder = new NetworkBuilder(groups.flatMap(({ specs }) => specs));
  const model = builder.build((topology.modelConfig as Record<string, unknown>) ?? topology, place.at('modelTopology'));
  try {
    const values = groups.map((group, i) => decodeWeights(group, stored[i], placeOf(group, folder)));
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

/** Returns why a network cannot be split, without the name of the function that says so. */
function reasonOf({ state, expected, received, todo }: LayersError): string {
  return `${state ?? `expected ${expected}, received ${received}`}${todo ? `; ${todo}` : ''}`;
}

/** Reads the files of a group one after the other. */
async function readGroup({ files, bytes }: WeightGroup, folder: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let room = bytes;
  for (const file of files) {
    const part = await readModelFile(path.join(folder, file), room);
    room -= part.length;
    parts.push(part);
  }
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(bytes - room);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function placeOf({ files }: WeightGroup, folder: string): Place {
  return new Place(files.length === 1 ? path.join(folder, files[0]) : folder);
}

async function readModelFile(file: string, maxBytes: number): Promise<Uint8Array> {
  try {
    return await readRegularFile(file, maxBytes);
  } catch (cause) {
    if (cause instanceof UnfitFile) {
      const more = cause.size === undefined ? '' : `, more than the ${maxBytes} that are read`;
      throw new Place(file).error(`${cause.message}${more}`, cause);
    }
    throw new AutoencoderError(
      'MODEL_NOT_FOUND',
      `${file} could not be read (${(cause as NodeJS.ErrnoException).code}); ` +
        'name the folder that save() or ae train wrote.',
      { cause },
    );
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
