import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** Reads a model directory (model.json and weights.bin) for `tf.loadLayersModel`. */
export function readSavedModel(directory: URL): tf.io.IOHandler {
  const { weightsManifest, ...artifacts } = JSON.parse(readFileSync(new URL('model.json', directory), 'utf8'));
  const bytes = readFileSync(new URL('weights.bin', directory));
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return tf.io.fromMemory({ ...artifacts, weightSpecs: weightsManifest[0].weights, weightData });
}

/** Saves a model in memory. */
export async function saveInMemory(model: LayersModel): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  // What a file would hold: text, not the objects of the running model.
  return { ...saved, modelTopology: JSON.parse(JSON.stringify(saved.modelTopology)) };
}
