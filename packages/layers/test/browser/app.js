/** What a user's page does: builds a model, trains it and reconstructs, on both engines. Loaded as it is, and bundled. */
import {
  conv2d,
  conv2dTranspose,
  flatten,
  linear,
  maxPooling2d,
  maxUnpooling2d,
  relu,
  reshape,
  Sequential,
} from '@ae/layers';
import { initWasm } from '@ae/layers/backends/wasm';
import { registerWebglKernels } from '@ae/layers/backends/webgl';
import { initWebgpu } from '@ae/layers/backends/webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-webgl';

function buildModel() {
  const network = new Sequential({ inputShape: [12, 12, 3] })
    .add(conv2d({ filters: 4, kernelSize: 3 }))
    .add(relu())
    .add(maxPooling2d({ poolSize: 2 }))
    .add(flatten())
    .add(linear({ units: 10 }))
    .add(linear({ units: 100 }))
    .add(reshape({ targetShape: [5, 5, 4] }))
    .add(maxUnpooling2d())
    .add(conv2dTranspose({ filters: 3, kernelSize: 3 }));
  return network.build();
}

/** The same numbers on every engine: a GPU has a sine of its own. */
const waves = (shape, phase, scale) =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => scale * Math.sin(i + phase)),
    shape,
  );

async function train() {
  const model = buildModel();
  model.setWeights(model.getWeights().map(({ shape }, i) => waves(shape, i, 0.3)));
  const x = tf.abs(waves([2, 12, 12, 3], 0, 1));
  const optimizer = tf.train.sgd(0.1);
  const losses = [];
  for (let step = 0; step < 3; step++) {
    const loss = optimizer.minimize(() => tf.losses.meanSquaredError(x, model.apply(x)), true);
    losses.push((await loss.data())[0]);
  }
  return { losses, pixels: Array.from(await model.predict(x).data()) };
}

/** Reconstructs images with a model that was saved in Node.js. */
async function reconstruct() {
  const { x } = await (await fetch('/saved-model/expected.json')).json();
  const model = await loadLayersModel('/saved-model/model.json');
  return Array.from(await model.predict(tf.tensor(x.values, x.shape)).data());
}

async function main() {
  const { threads, simd } = await initWasm({ tfjsBinary: '/tfjs/tfjs-backend-wasm-simd.wasm' });
  const wasm = { ...(await train()), reconstructions: await reconstruct() };
  registerWebglKernels();
  await tf.setBackend('webgl');
  const webgl = { ...(await train()), reconstructions: await reconstruct() };
  const webgpu = await initWebgpu().then(
    () => 'started',
    (error) => error.message,
  );
  return { isolated: crossOriginIsolated, cores: navigator.hardwareConcurrency, threads, simd, wasm, webgl, webgpu };
}

globalThis.results = main();
