import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sharedFolder } from '@ae/testing/scratch';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../src/entries/index';
import { importTfjs } from '../../src/entries/interchange';
import { tiedSamples } from './networks';

const folder = sharedFolder();

beforeAll(async () => {
  await useBackend('wasm');
});

let count = 0;

/** Saves a model as TensorFlow.js does, with its weights in two files; `change` alters its description. */
async function saved(network: LayersModel, change: (json: string) => string = (json) => json): Promise<string> {
  const place = path.join(folder, `model-${count++}`);
  mkdirSync(place);
  await network.save(
    tf.io.withSaveHandler(async ({ weightData, weightSpecs, ...rest }) => {
      const bytes = new Uint8Array(weightData as ArrayBuffer);
      writeFileSync(path.join(place, 'group1-shard1of2.bin'), bytes.subarray(0, 100));
      writeFileSync(path.join(place, 'group1-shard2of2.bin'), bytes.subarray(100));
      const paths = ['group1-shard1of2.bin', 'group1-shard2of2.bin'];
      writeFileSync(
        path.join(place, 'model.json'),
        change(JSON.stringify({ ...rest, weightsManifest: [{ paths, weights: weightSpecs }] })),
      );
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  return place;
}

/** The model of most tutorials: an encoder and a decoder, each a network of its own. */
function tutorial(): LayersModel {
  const encoder = sequential({ name: 'encoder' });
  encoder.add(layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }));
  encoder.add(layers.maxPooling2d({ poolSize: 2 }));
  encoder.add(layers.flatten());
  encoder.add(layers.dense({ units: 6, name: 'bottleneck' }));
  const code = input({ shape: [6] });
  const spread = layers.reshape({ targetShape: [4, 4, 2] }).apply(layers.dense({ units: 32 }).apply(code));
  const up = layers.upSampling2d({ size: [2, 2] }).apply(spread);
  const image = layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same' }).apply(up) as SymbolicTensor;
  const decoder = model({ inputs: code, outputs: image, name: 'decoder' });
  const whole = sequential();
  whole.add(encoder);
  whole.add(decoder);
  return whole;
}

describe('importTfjs', () => {
  it('makes a list of layers from nested networks, with the smallest output as the code', async () => {
    const theirs = tutorial();
    const network = await importTfjs(await saved(theirs), { pixels: { channelOrder: 'bgr' } });
    expect(network.codeSize).toBe(6);
    expect(network.pixels).toEqual({ scale: 1 / 255, channelOrder: 'bgr' });
    expect(network.model.layers.some((layer) => 'layers' in layer)).toBe(false);
    tf.tidy(() => {
      const images = tf.randomUniform<tf.Rank.R4>([2, 8, 8, 3], 0, 1, 'float32', 3);
      expect(network.forward(images).dataSync()).toEqual((theirs.predict(images) as tf.Tensor).dataSync());
      const { code, masks } = network.encode(images);
      expect(code.shape).toEqual([2, 6]);
      expect(masks).toEqual([]);
    });
    const { epochs } = await network.train(tiedSamples(8, [8, 8, 3]), { epochs: 3, recipe: 'plain', batchSize: 4 });
    expect(epochs[2].loss).toBeLessThan(epochs[0].loss);
    network.dispose();
    theirs.dispose();
  });

  it('says why it cannot accept a model, and names the layer', async () => {
    const strange = await saved(tutorial(), (json) =>
      json.replace('"class_name":"UpSampling2D"', '"class_name":"Lambda"'),
    );
    await expect(importTfjs(strange)).rejects.toThrow(
      /model\.json: layer "up_sampling2d_UpSampling2D\d+" is of class "Lambda", which TensorFlow\.js does not know; register/,
    );
    const graph = await saved(tutorial(), () => JSON.stringify({ format: 'graph-model', modelTopology: { node: [] } }));
    await expect(importTfjs(graph)).rejects.toThrow(
      'model.json: it is a GraphModel, which has no layers anymore; convert the original to a LayersModel.',
    );
    const image = input({ shape: [4, 4, 1] });
    const first = layers.conv2d({ filters: 1, kernelSize: 1 }).apply(image) as SymbolicTensor;
    const small = layers.globalAveragePooling2d({}).apply(first) as SymbolicTensor;
    const wide = layers
      .reshape({ targetShape: [4, 4, 1] })
      .apply(layers.dense({ units: 16 }).apply(small)) as SymbolicTensor;
    const skipping = model({ inputs: image, outputs: layers.add().apply([first, wide]) as SymbolicTensor });
    await expect(importTfjs(await saved(skipping))).rejects.toThrow(
      /model\.json: the decoder after "global_\S+" needs more than the code and pooling masks: .*; name the encoder's last/,
    );
  });
});
