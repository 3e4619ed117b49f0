/**
 * Measures training with plain tfjs (tf.train.sgd, no fused steps) on one engine: `node scripts/measure-engines.mjs ENGINE [BATCH] [STEPS]`.
 *
 * ENGINE is cpu, wasm, tensorflow or webgpu; the last two need the folders that test-native.mjs and test-webgpu.mjs fill. Prints one
 * line of JSON: images a second, median and range of the steps after the first two. For comparisons of engines on one machine; the
 * training loop of @ae/autoencoder, with its fused steps, is measured in bench/.
 */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { laneFolder, root } from './lane.mjs';

const [engine = 'wasm', batch = '32', steps = '6'] = process.argv.slice(2);
const fromLayers = createRequire(join(root, 'packages/layers/package.json'));
const load = (name) => import(pathToFileURL(join(root, 'packages/layers/dist', name)).href);
const tf = fromLayers('@tensorflow/tfjs-core');

const start = {
  cpu: async () => {
    (await load('backends/cpu.js')).registerCpuKernels();
    await tf.setBackend('cpu');
  },
  wasm: async () => {
    await (await load('backends/wasm/index.js')).initWasm();
  },
  tensorflow: async () => {
    createRequire(join(laneFolder('native'), 'package.json'))('@tensorflow/tfjs-node');
    (await load('backends/tensorflow/index.js')).registerTensorflowKernels();
    await tf.setBackend('tensorflow');
  },
  webgpu: async () => {
    const { initWebgpu, provideWebgpu } = await load('backends/webgpu/index.js');
    const fromLane = createRequire(join(laneFolder('webgpu'), 'package.json'));
    provideWebgpu(await import(pathToFileURL(fromLane.resolve('webgpu')).href));
    fromLane('@tensorflow/tfjs-backend-webgpu');
    const { adapter } = await initWebgpu();
    return adapter;
  },
}[engine];

/** The network of the quickstart: 3 x 64 x 64, code of 1568. */
async function buildMirror() {
  const l = await load('index.js');
  const layers = [
    ...[l.conv2d({ filters: 12, kernelSize: 3 }), l.relu(), l.conv2d({ filters: 12, kernelSize: 3 }), l.relu()],
    ...[
      l.maxPooling2d({ poolSize: 2 }),
      l.conv2d({ filters: 24, kernelSize: 3 }),
      l.relu(),
      l.maxPooling2d({ poolSize: 2 }),
    ],
    ...[l.flatten(), l.linear({ units: 1568 }), l.linear({ units: 4704 }), l.reshape({ targetShape: [14, 14, 24] })],
    ...[l.maxUnpooling2d(), l.conv2dTranspose({ filters: 12, kernelSize: 3 }), l.relu()],
    ...[l.maxUnpooling2d(), l.conv2dTranspose({ filters: 12, kernelSize: 3 }), l.relu()],
    l.conv2dTranspose({ filters: 3, kernelSize: 3 }),
  ];
  const network = new l.Sequential({ inputShape: [64, 64, 3] });
  for (const layer of layers) network.add(layer);
  return network.build();
}

const adapter = await start();
const model = await buildMirror();
const x = tf.randomUniform([Number(batch), 64, 64, 3], 0, 1, 'float32', 1);
const optimizer = tf.train.sgd(0.01);
const rates = [];
for (let step = 0; step < Number(steps); step++) {
  const before = performance.now();
  const loss = optimizer.minimize(() => tf.losses.meanSquaredError(x, model.apply(x)), true);
  await loss.data();
  loss.dispose();
  if (step >= 2) rates.push((1000 * Number(batch)) / (performance.now() - before));
}
rates.sort((a, b) => a - b);
const [slowest, median, fastest] = [rates[0], rates[Math.floor(rates.length / 2)], rates.at(-1)].map(
  (rate) => +rate.toFixed(1),
);
const machine = `${cpus().length} x ${cpus()[0].model}, Node.js ${process.version}`;
console.log(JSON.stringify({ engine, batch: +batch, imagesPerSecond: { median, slowest, fastest }, adapter, machine }));
process.exit(0);
