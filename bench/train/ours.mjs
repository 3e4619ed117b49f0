/**
 * Our side of a benchmark, in a process of its own: `node ours.mjs '{"network": "mirror", ...}'`. Prints JSON like the peer does.
 * With "check": a folder, it writes weights and images there, trains five steps and prints the losses instead of times.
 */
import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { makeTraining } from './training.mjs';

const options = JSON.parse(process.argv[2]);
const { network, batch, threads, optimizer = 'sgd', forwardOnly = false, seconds = 5, check, native } = options;

/** The engine, and what it says of its version; native TensorFlow is that of `npm run test:native`, and always on all cores. */
const { version, stop } = native ? await startNative() : await startWasm();

async function startWasm() {
  const { initWasm } = await import('@ae/layers/backends/wasm');
  const engine = await initWasm({ threads });
  return { version: engine.simd, stop: () => engine.dispose() };
}

async function startNative() {
  const [{ useBackend }, { laneFolder }] = await Promise.all([
    import('@ae/autoencoder'),
    import('../../scripts/lane.mjs'),
  ]);
  const { version } = await useBackend('tensorflow', { tensorflowCache: laneFolder('native') });
  return { version, stop: () => process.exit() };
}

const { variables, frozen, images, trainOnce, forwardOnce } = await makeTraining(network, batch, optimizer);

/**
 * Gives a kernel that begins with zeros other weights. Gradients of next to nothing are all rounding, of which Adam makes steps of full size.
 */
function drawIfZero(variable, seed) {
  if (variable.shape.length < 2 || variable.dataSync().some((value) => value !== 0)) return;
  tf.tidy(() => variable.assign(tf.randomNormal(variable.shape, 0, 0.05, 'float32', seed)));
}

/** Runs f for some seconds and says how it went. */
function time(f) {
  const sinceStartMs = performance.now();
  for (let i = 0; i < 3; i++) f();
  const times = [];
  const cpu = process.cpuUsage();
  const begin = performance.now();
  while (performance.now() - begin < seconds * 1000 || times.length < 3) {
    const start = performance.now();
    f();
    times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  return {
    imagesPerSecond: (batch / times[times.length >> 1]) * 1000,
    cpuMsPerImage: (user + system) / 1000 / times.length / batch,
    steps: times.length,
    firstStepMs: sinceStartMs,
    maxRssMiB: process.resourceUsage().maxRSS / 1024,
    version: `Node.js ${process.versions.node}, ${version}`,
  };
}

if (check) {
  for (const [index, variable] of variables.entries()) drawIfZero(variable, index + 1);
  const write = (name, tensor) => fs.writeFileSync(path.join(check, name), tensor.dataSync());
  for (const [index, variable] of variables.entries()) write(`weight-${index}`, variable);
  for (const [index, variable] of frozen.entries()) write(`frozen-${index}`, variable);
  write('images', images);
  console.log(JSON.stringify({ losses: Array.from({ length: 5 }, trainOnce) }));
} else {
  const f = forwardOnly ? forwardOnce : trainOnce;
  const start = performance.now();
  f();
  const firstStepMs = performance.now();
  console.log(JSON.stringify({ ...time(f), firstStepMs, firstStepAloneMs: firstStepMs - start }));
}
stop();
