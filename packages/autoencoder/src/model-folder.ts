import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { AutoencoderError } from './errors';
import type { PixelFormat } from './pixels';

/** What a saved model needs to know beside its network; kept as userDefinedMetadata of model.json. */
export interface ModelMetadata {
  readonly version: 1;
  readonly pixels: PixelFormat;
}

const metadataKey = 'ae';
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
  await checkTarget(target, overwrite);
  const temporary = `${target}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    await mkdir(temporary, { recursive: true });
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
    ? 'it holds no saved model, so it is left alone'
    : 'name another folder, or ask to overwrite it';
  throw new AutoencoderError('OUTPUT_EXISTS', `${target}: expected a folder that does not exist yet; ${advice}.`);
}

/** What is renamed into place must be on the disk before. */
const onDisk = { flush: true };

async function writeArtifacts(artifacts: tf.io.ModelArtifacts, folder: string): Promise<tf.io.SaveResult> {
  const { weightData, weightSpecs, ...rest } = artifacts;
  const json = { ...rest, weightsManifest: [{ paths: [weightsFile], weights: weightSpecs }] };
  const buffers = [weightData ?? []].flat() as ArrayBuffer[];
  await writeFile(path.join(folder, weightsFile), Buffer.concat(buffers.map((buffer) => Buffer.from(buffer))), onDisk);
  await writeFile(path.join(folder, topologyFile), JSON.stringify(json), onDisk);
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

/** Reads what `saveModel` wrote; throws MODEL_NOT_FOUND or MODEL_INVALID with the file, what was expected and what is there. */
export async function loadModel(folder: string): Promise<{ model: LayersModel; metadata: ModelMetadata }> {
  const topologyPath = path.join(folder, topologyFile);
  const weightsPath = path.join(folder, weightsFile);
  const json = parseTopology(await readModelFile(topologyPath), topologyPath);
  const weights = await readModelFile(weightsPath);
  const weightSpecs = json.weightsManifest.flatMap((group) => group.weights);
  checkWeightBytes(weightSpecs, weights, weightsPath);
  const metadata = json.userDefinedMetadata?.[metadataKey] as ModelMetadata | undefined;
  if (metadata?.version !== 1) {
    throw new AutoencoderError(
      'MODEL_INVALID',
      `${topologyPath}: expected an autoencoder saved by @ae/autoencoder (format version 1), received ` +
        `${metadata ? `version ${metadata.version}; install a newer @ae/autoencoder` : 'another tfjs model; save it from an Autoencoder'}.`,
    );
  }
  const weightData = weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength) as ArrayBuffer;
  const artifacts = { ...json, weightSpecs, weightData } as tf.io.ModelArtifacts;
  return { model: await loadLayersModel(tf.io.fromMemory(artifacts)), metadata };
}

type ModelJson = tf.io.ModelJSON & { userDefinedMetadata?: Record<string, unknown> };

function parseTopology(bytes: Uint8Array, file: string): ModelJson {
  let json: ModelJson;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new AutoencoderError(
      'MODEL_INVALID',
      `${file}: expected JSON, received something else; the file is damaged.`,
      { cause },
    );
  }
  if (!json?.modelTopology || !Array.isArray(json.weightsManifest)) {
    throw new AutoencoderError(
      'MODEL_INVALID',
      `${file}: expected modelTopology and weightsManifest, which are missing.`,
    );
  }
  return json;
}

function checkWeightBytes(specs: tf.io.WeightsManifestEntry[], weights: Uint8Array, file: string): void {
  const expected = specs.reduce((sum, { shape }) => sum + 4 * tf.util.sizeFromShape(shape), 0);
  if (weights.length === expected) return;
  throw new AutoencoderError(
    'MODEL_INVALID',
    `${file}: expected ${expected} bytes of weights, received ${weights.length}; the file is truncated or of another model.`,
  );
}

async function readModelFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new AutoencoderError(
      'MODEL_NOT_FOUND',
      `${file}: expected a file of a saved model, which could not be read (${(cause as NodeJS.ErrnoException).code}); ` +
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
